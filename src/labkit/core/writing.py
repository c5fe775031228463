"""Write a file whole or not at all, and find out before long work whether it can be written."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from labkit.core.errors import LabError
from labkit.core.syncing import make_folder, sync_file, sync_folder

_TRIES, _EVERY_S = 50, 0.02


def require_place(path: Path) -> Path:
    """Refuse a place where no file can be written: a folder, or one whose folder is not there.

    Parameters
    ----------
    path : Path
        Where a file shall be written later.

    Raises
    ------
    LabError
        It is a folder, or its parent is missing or no folder.

    Examples
    --------
    >>> require_place(Path("nowhere/report.html"))
    Traceback (most recent call last):
    labkit.core.errors.LabError: no such folder for the file: 'nowhere'. Make it first.
    """
    if path.is_dir():
        raise LabError("this is a folder", found=path.as_posix(), next_step="Name a file in it.")
    if not path.parent.is_dir():
        raise LabError(
            "no such folder for the file", found=path.parent.as_posix(), next_step="Make it first."
        )
    return path


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 with ``\\n`` at the ends of lines, beside the place first and then renamed.

    A reader never meets half a file; what was there before stays until the new one is whole.

    Raises
    ------
    LabError
        The file cannot be written there; the system's words say why.
    """
    require_place(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        return put_in_place(beside, path)
    except OSError as error:
        raise LabError(
            "the file cannot be written",
            found=path.as_posix(),
            next_step=f"The system says: {error.strerror or error}.",
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> Path:
    """Write UTF-8 that its owner alone may read, and wait until the disk has it, over a loss of power.

    A reader finds what was there before or the new text, never a half. A folder that is missing is made.

    Raises
    ------
    OSError
        The disk does not take it.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_private(Path(folder, "bank", "current"), "1.8.0\\n").read_text(encoding="utf-8")
    '1.8.0\\n'
    """
    make_folder(path.parent)
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # 0600
    beside = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(text.encode())
            file.flush()
            sync_file(file.fileno())
        put_in_place(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)
    return path


def put_in_place(beside: Path, path: Path) -> Path:
    """Let a finished file take the place of another one, whose readers keep what they have open.

    Windows refuses that while somebody reads the old one, so it is tried again for a second.

    Raises
    ------
    OSError
        It cannot be done; the finished file is still where it was.
    """
    for left in reversed(range(_TRIES)):
        try:
            return beside.replace(path)
        except PermissionError:
            if not left:
                raise
            time.sleep(_EVERY_S)
    raise AssertionError("the last try returns or raises")
