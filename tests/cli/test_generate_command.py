"""``labkit generate`` and ``labkit remake``: the same bytes, whoever makes them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from labkit.cli.main import main
from labkit.core import manifest

ROOT = Path(__file__).resolve().parents[2]


def fingerprint(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file of a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.slow
def test_workers_and_repetition_change_no_byte(tmp_path: Path) -> None:
    """The seed incident made twice, and with 1, 2 and 4 workers, has the same sha256 in every file."""
    prints = []
    for run, workers in enumerate(["1", "1", "2", "4"]):
        out = tmp_path / f"run-{run}"
        command = ["generate", "debacle", "--seed", "20231201", "--out", str(out), "--workers", workers]
        assert main(command) == 0
        prints.append(fingerprint(out))
    assert len(prints[0]) == 8
    assert all(one == prints[0] for one in prints)


@pytest.mark.slow
def test_the_committed_evidence_is_what_its_manifest_makes(tmp_path: Path) -> None:
    """Remaking ``data/`` by its manifest gives the same contents, file by file."""
    committed = manifest.read_manifest(ROOT / "data")
    manifest.write_manifest(tmp_path, committed)
    assert main(["remake", str(tmp_path)]) == 0
    remade = manifest.read_manifest(tmp_path)
    assert [case.folder for case in remade] == [case.folder for case in committed]
    for old, new in zip(committed, remade, strict=True):
        assert {f.name: f.content_sha256 for f in new.files} == {f.name: f.content_sha256 for f in old.files}


def test_the_committed_evidence_is_small() -> None:
    """``data/`` holds at most 6 MB and is as its manifest says."""
    assert manifest.check(ROOT / "data") >= 8
    assert sum(path.stat().st_size for path in (ROOT / "data").rglob("*") if path.is_file()) <= 6_000_000


def test_another_seed_is_another_afternoon(tmp_path: Path) -> None:
    """Two seeds share no line of the traces."""
    lines = []
    for seed in ("7", "8"):
        out = tmp_path / seed
        assert main(["generate", "debacle", "--seed", seed, "--out", str(out), "--scale", "0.05"]) == 0
        lines.append(set((out / "traces.otlp.jsonl").read_text(encoding="utf-8").splitlines()))
    assert lines[0] and not lines[0] & lines[1]


def test_an_unknown_scenario_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A scenario that does not exist is named, with those that do."""
    assert main(["generate", "debakle", "--seed", "1", "--out", str(tmp_path / "x")]) == 2
    message = capsys.readouterr().err
    assert "debakle" in message and "debacle" in message
    assert not (tmp_path / "x").exists()
