"""``labkit catalogue`` writes what docs/catalogue.md has."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.cli.main import main
from labkit.simulation.faults import ROWS

ROOT = Path(__file__).parents[2]


def test_the_committed_catalogue_is_the_one_that_the_command_writes(tmp_path: Path) -> None:
    """docs/catalogue.md agrees in every byte with what the command writes now."""
    assert main(["catalogue", "--out", str(tmp_path / "made.md")]) == 0
    made = (tmp_path / "made.md").read_text(encoding="utf-8")
    assert made == (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")


def test_the_catalogue_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a file the table goes to standard output, one row a fault, and shows no password."""
    assert main(["catalogue"]) == 0
    shown = capsys.readouterr().out
    rows = [line for line in shown.splitlines() if line.startswith("| `")]
    assert len(rows) == len(ROWS)
    assert all(line.count(" | ") == 6 for line in rows)
    assert "ledger" not in shown
