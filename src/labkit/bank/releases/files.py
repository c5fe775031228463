"""Small files that others read while they change: written beside and put in place, for our eyes only."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from labkit.core.errors import LabError

_TRIES = 50
_EVERY_S = 0.1
_PATIENCE_S = 30


def write_whole(path: Path, text: str) -> None:
    """Put a text in place of what is there, so that a reader finds either the one or the other."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _put_in_place(beside, path)


def _put_in_place(beside: Path, path: Path) -> None:
    """Replace a file; on Windows not while somebody reads it, so try again."""
    for left in reversed(range(_TRIES)):
        try:
            beside.replace(path)
            return
        except PermissionError:
            if not left:
                raise
            time.sleep(0.02)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Let one process at a time into the block; the others wait.

    Raises
    ------
    LabError
        After half a minute.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        until = time.monotonic() + _PATIENCE_S
        while not _locked(file):
            if time.monotonic() > until:
                raise LabError("another deployment is under way", next_step="Wait for its end.")
            time.sleep(_EVERY_S)
        try:
            yield
        finally:
            _unlock(file)


def _locked(file: IO[str]) -> bool:
    """Lock a file for as long as this process has it open; tell whether that was possible."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        with contextlib.suppress(OSError):
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
