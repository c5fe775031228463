"""Stopping a bank from another process: asked first, ended if it does not hear."""

from __future__ import annotations

import time
from pathlib import Path

from labkit.bank.running.state import State, ask_to_stop, forget

_PATIENCE_S = 60
_EVERY_S = 0.05


def stop_bank(folder: Path) -> bool:
    """Stop the bank in a folder and wait until it is gone; tell whether one was running.

    Its web processes and its server end with the process that runs it, however that ends.
    """
    import psutil

    folder = folder.expanduser().resolve()
    state = State.read(folder)
    if state is None:
        return False
    ask_to_stop(folder)
    if not _is_gone(state):
        psutil.Process(state.pid).terminate()
        if not _is_gone(state):
            psutil.Process(state.pid).kill()
        forget(folder)
    return True


def _is_gone(state: State) -> bool:
    until = time.monotonic() + _PATIENCE_S
    while state.is_alive:
        if time.monotonic() > until:
            return False
        time.sleep(_EVERY_S)
    return True
