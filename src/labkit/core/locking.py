"""A lock between processes that ends with whoever holds it, even one that is killed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_EVERY_S = 0.01


class BusyError(Exception):
    """Somebody else holds the lock."""


@contextmanager
def locked(path: Path, *, patience_s: float | None = None) -> Iterator[None]:
    """Hold the lock of a file, which stays there, empty; threads of one process exclude each other too.

    Parameters
    ----------
    path : Path
        File whose lock it is; made where it is missing.
    patience_s : float, optional
        How long to wait for somebody else to let go, in seconds; without end unless given.

    Raises
    ------
    BusyError
        Where somebody else still holds it after that time.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder, "lock")):
    ...     with locked(Path(folder, "lock"), patience_s=0):
    ...         pass
    Traceback (most recent call last):
    labkit.core.locking.BusyError
    """
    with path.open("ab") as file:
        _acquire(file, patience_s)
        try:
            yield
        finally:
            _release(file)


def _acquire(file: IO[bytes], patience_s: float | None) -> None:
    if patience_s is None and _waited(file):
        return
    until = None if patience_s is None else time.monotonic() + patience_s
    while not _taken(file):
        if until is not None and time.monotonic() >= until:
            raise BusyError
        time.sleep(_EVERY_S)


if sys.platform == "win32":
    import msvcrt

    def _waited(file: IO[bytes]) -> bool:
        """Wait for nothing: the system's own waiting gives up after ten seconds."""
        return False

    def _taken(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _waited(file: IO[bytes]) -> bool:
        """Let the system wait, which is in order and at no cost."""
        fcntl.flock(file, fcntl.LOCK_EX)
        return True

    def _taken(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
