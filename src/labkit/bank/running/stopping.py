"""Stopping a bank from another process: asked first, ended if it does not hear."""

from __future__ import annotations

import os
import time
from pathlib import Path

from labkit.bank.running.state import State, ask_to_stop, forget
from labkit.core.errors import LabError

_PATIENCE_S = 60
_EVERY_S = 0.05


def stop_bank(folder: Path) -> bool:
    """Stop the bank in a folder and wait until it is gone; tell whether one was running.

    Its web processes and its server end with the process that runs it, however that ends.

    Raises
    ------
    LabError
        Where the bank is part of another program, which has to close it itself.
    """
    import psutil

    folder = folder.expanduser().resolve()
    state = State.read(folder)
    if state is None:
        return False
    if not state.service:
        raise LabError(
            f"this bank is part of another program, process {state.pid}",
            found=str(folder),
            next_step="End that program, or let it close the bank.",
        )
    ask_to_stop(folder)
    if not _is_gone(folder, state):
        psutil.Process(state.pid).terminate()
        if not _is_gone(folder, state):
            psutil.Process(state.pid).kill()
        forget(folder)
    return True


def _is_gone(folder: Path, state: State) -> bool:
    until = time.monotonic() + _PATIENCE_S
    while State.read(folder) is not None or (state.is_alive and state.pid != os.getpid()):
        if time.monotonic() > until:
            return False
        time.sleep(_EVERY_S)
    return True
