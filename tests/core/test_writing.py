"""Files are written whole or not at all, and only where they can be."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from labkit.core import writing
from labkit.core.errors import LabError
from labkit.core.writing import put_in_place, require_place, write_private, write_text


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


@pytest.mark.parametrize("write", [write_text, write_private])
def test_a_file_that_is_being_read_is_replaced_a_moment_later(
    write: Callable[[Path, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system refuses to replace a file that somebody reads, it is tried again."""
    path = write(tmp_path / "said.txt", "old")
    replace, refused = Path.replace, [PermissionError(13, "in use")] * 2

    def busy(beside: Path, target: Path) -> Path:
        if refused:
            raise refused.pop()
        return replace(beside, target)

    monkeypatch.setattr(Path, "replace", busy)
    write(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["said.txt"]


def test_a_file_that_is_read_for_ever_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a second the refusal is told, and both files are what they were."""
    beside, path = write_text(tmp_path / "beside.txt", "new"), write_text(tmp_path / "said.txt", "old")
    slept: list[float] = []

    def refuse(*_: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(writing, "time", SimpleNamespace(sleep=slept.append))
    with pytest.raises(PermissionError):
        put_in_place(beside, path)
    assert 0.5 < sum(slept) < 2
    assert (beside.read_text(encoding="utf-8"), path.read_text(encoding="utf-8")) == ("new", "old")


def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    """It comes with its folder, both closed to others, with the bytes as given and nothing beside it."""
    path = write_private(tmp_path / "bank" / "current", "zwölf\n")
    assert path.read_bytes() == b"zw\xc3\xb6lf\n"
    assert list(path.parent.iterdir()) == [path]
    if sys.platform != "win32":
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_private_file_that_does_not_reach_the_disk_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old text stays until the new one is on the disk, and no half of it is left beside."""
    path = write_private(tmp_path / "current", "old")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "sync_file", full)
    with pytest.raises(OSError, match="No space left"):
        write_private(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


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
