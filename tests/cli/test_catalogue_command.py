"""``labkit catalogue`` writes the list of faults that docs/catalogue.md begins with, and judges it."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.classroom.trials import PLANES
from labkit.cli.main import main
from labkit.simulation.faults import ROWS

ROOT = Path(__file__).parents[2]


def test_the_committed_catalogue_is_the_one_that_the_command_writes(tmp_path: Path) -> None:
    """docs/catalogue.md begins with what the command writes now, in every byte; its report stays."""
    committed = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert main(["catalogue", "--out", str(tmp_path / "made.md")]) == 0
    made = (tmp_path / "made.md").read_text(encoding="utf-8")
    assert committed.startswith(made)
    (tmp_path / "made.md").write_text(committed, encoding="utf-8")
    assert main(["catalogue", "--out", str(tmp_path / "made.md")]) == 0
    assert (tmp_path / "made.md").read_text(encoding="utf-8") == committed


def test_the_catalogue_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a file the table goes to standard output, one row a fault, and shows no password."""
    assert main(["catalogue"]) == 0
    shown = capsys.readouterr().out
    rows = [line for line in shown.splitlines() if line.startswith("| `")]
    assert len(rows) == len(ROWS)
    assert all(line.count(" | ") == 6 for line in rows)
    assert "ledger" not in shown


def test_the_catalogue_is_judged_over_seeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every seed is judged once, the seeds named for it also with each plane withheld, and both are told."""
    keep = tmp_path / "kept.jsonl"
    command = ["catalogue", "--judge", "--only", "unfilled-host", "--seeds", "1-2", "--withheld", "2"]
    assert main([*command, "--keep", str(keep)]) == 0
    shown = capsys.readouterr().out
    assert "| `unfilled-host` | misconfigured_connection / host | 2/2 | 2/2 | 2/2 | — |" in shown
    assert "| access log | 100.0% | 100.0% | 100.0% | 0 | 1/1 |" in shown
    assert len(keep.read_text(encoding="utf-8").splitlines()) == 2 + len(PLANES)


def test_seeds_that_are_none_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A word where seeds belong is explained."""
    with pytest.raises(SystemExit):
        main(["catalogue", "--judge", "--seeds", "many"])
    assert "write 11-20, or 3,5,8" in capsys.readouterr().err
