"""Bringing bytes to the disk before anyone is told that they are there."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path


def sync_file(number: int) -> None:
    """Wait until the disk has what was written to an open file.

    macOS answers ``fsync`` from the drive's cache, and asks for ``F_FULLFSYNC`` where that is not enough; not
    every disk of it can do that. Source: fsync(2) of both systems.
    """
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(number, fcntl.F_FULLFSYNC)
            return
    os.fsync(number)


def sync_folder(folder: Path) -> None:
    """Wait until the disk knows which files a folder has; Windows keeps that by itself."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, and those above it, so that they outlast a loss of power."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def open_to_append(path: Path) -> int:
    """Open a file to write at its end; a new one is made for its owner alone, and its folder knows it."""
    new = not path.exists()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    number = os.open(path, flags, 0o600)
    if new:
        sync_folder(path.parent)
    return number
