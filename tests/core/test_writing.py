"""Files are written whole or not at all, and only where they can be."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from labkit.core.errors import LabError
from labkit.core.writing import require_place, write_text


def test_a_text_is_written_as_given(tmp_path: Path) -> None:
    """UTF-8 and line ends are the same on every system, and nothing else is left beside the file."""
    assert write_text(tmp_path / "said.txt", "zwölf\n").read_bytes() == b"zw\xc3\xb6lf\n"
    assert [path.name for path in tmp_path.iterdir()] == ["said.txt"]


def test_what_was_there_stays_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves the old file as it was and nothing half-written beside it."""
    path = write_text(tmp_path / "said.txt", "old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(LabError, match="No space left on device"):
        write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["said.txt"]


def test_an_interrupt_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of writing removes the part."""

    def interrupted(path: Path, *_: object, **__: object) -> None:
        path.touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "said.txt", "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [".", "missing/said.txt", "file/said.txt"])
def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path, place: str) -> None:
    """A folder, a file in a missing folder and a file in a file are refused, each by what is wrong."""
    (tmp_path / "file").touch()
    with pytest.raises(LabError, match=r"this is a folder|no such folder for the file"):
        require_place(tmp_path / place)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_named(tmp_path: Path) -> None:
    """The system's own reason is passed on."""
    tmp_path.chmod(0o500)
    with pytest.raises(LabError, match="Permission denied"):
        write_text(tmp_path / "said.txt", "new")
