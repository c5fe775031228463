"""The manifest of the evidence finds every change."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from labkit.core import manifest
from labkit.core.errors import LabError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Make a data folder with one case of two files and its manifest."""
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "a.log").write_text("one\n", encoding="utf-8")
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(b"{}\n", mtime=0))
    case = manifest.describe_case(folder, scenario="s", seed=1, scale=1.0, labkit_version="0")
    manifest.write_manifest(tmp_path, [case])
    return tmp_path


def test_untouched_data_passes(data: Path) -> None:
    """Data as it was made passes, and the number of files is returned."""
    assert manifest.check(data) == 2


def test_a_remake_is_compared_by_content(data: Path) -> None:
    """The checksum of the content does not depend on how it is compressed."""
    (case,) = manifest.read_manifest(data)
    path = data / "case" / "b.jsonl.gz"
    path.write_bytes(gzip.compress(b"{}\n", compresslevel=0, mtime=7))
    again = manifest.describe(path)
    assert again.sha256 != case.files[1].sha256
    assert again.content_sha256 == case.files[1].content_sha256


@pytest.mark.parametrize("damage", ["change", "remove", "add", "remove-folder"])
def test_damage_is_named(data: Path, damage: str) -> None:
    """A changed, missing or foreign file is an error that names it and the way back."""
    path = data / "case" / "a.log"
    if damage == "change":
        path.write_text("two\n", encoding="utf-8")
    elif damage == "add":
        (path.parent / "a.log.extra").write_text("", encoding="utf-8")
    else:
        path.unlink()
        if damage == "remove-folder":
            (data / "case" / "b.jsonl.gz").unlink()
            (data / "case").rmdir()
    with pytest.raises(LabError, match=r"a\.log.*git checkout"):
        manifest.check(data)


def test_hidden_files_are_left_alone(data: Path) -> None:
    """A file that an operating system hides in a folder is no damage."""
    (data / "case" / ".DS_Store").write_text("", encoding="utf-8")
    assert manifest.check(data) == 2


def test_no_manifest_says_what_to_do(tmp_path: Path) -> None:
    """A folder without a manifest is an error with the next step."""
    with pytest.raises(LabError, match="no manifest"):
        manifest.check(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"cases": [{}]}', '{"cases": [{"files": [{}]}]}'])
def test_a_broken_manifest_is_one_clear_error(tmp_path: Path, text: str) -> None:
    """A manifest that is no manifest is reported, not raised through."""
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match="does not read as one"):
        manifest.check(tmp_path)


def test_truncated_gzip_is_one_clear_error(data: Path) -> None:
    """A gzip file that was cut off is reported by name."""
    path = data / "case" / "b.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(LabError, match=r"b\.jsonl\.gz"):
        manifest.describe(path)


def test_nothing_half_written_stays(data: Path) -> None:
    """Writing the manifest leaves no second file."""
    assert [path.name for path in data.iterdir() if path.is_file()] == ["manifest.json"]
    assert json.loads((data / "manifest.json").read_text(encoding="utf-8"))["cases"][0]["seed"] == 1
