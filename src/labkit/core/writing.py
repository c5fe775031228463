"""Write a file whole or not at all, and find out before long work whether it can be written."""

from __future__ import annotations

import os
from pathlib import Path

from labkit.core.errors import LabError


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
        return beside.replace(path)
    except OSError as error:
        raise LabError(
            "the file cannot be written",
            found=path.as_posix(),
            next_step=f"The system says: {error.strerror or error}.",
        ) from error
    finally:
        beside.unlink(missing_ok=True)
