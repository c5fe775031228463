"""The numbers that a teacher quotes are those of the replay, and the page of the docs has them."""

from __future__ import annotations

from pathlib import Path

import pytest

import labkit
from labkit.cli.main import main
from labkit.core.errors import LabError
from labkit.replay.quotes import questions, quotes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def recording():
    """Record the seed incident."""
    return labkit.record(labkit.load(ROOT / "data" / "debacle"))


@pytest.fixture(scope="module")
def results(recording):
    """Replay each question once."""
    return {words: labkit.replay(recording, asked) for words, asked in questions(recording)}


def test_the_docs_hold_what_the_command_writes(recording, tmp_path, monkeypatch):
    """``docs/replay.md`` is what ``labkit replay`` writes of the committed evidence."""
    monkeypatch.chdir(ROOT)
    page = tmp_path / "replay.md"
    assert main(["replay", "data/debacle", "--out", str(page)]) == 0
    assert page.read_text(encoding="utf-8") == (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8") == quotes(recording, "data/debacle")


def test_the_page_is_printed_too(monkeypatch, capsys):
    """Without a file the page goes to the screen."""
    monkeypatch.chdir(ROOT)
    assert main(["replay"]) == 0
    assert capsys.readouterr().out.startswith("# What would have happened\n")


def test_the_outage_is_the_one_of_the_postmortem(results):
    """As it was: two and a half hours, 347 % of the budget, noticed after a quarter of an hour."""
    was = results["as it was"]
    assert (was.outage_minutes, round(was.budget_burned, 2)) == (150, 3.47)
    assert (was.minutes_to_detect, was.minutes_to_mitigate) == (pytest.approx(15.17, abs=0.01), 150)


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("the corrected string", 0),
        ("the string fixed at 14:45", 15),
        ("the string fixed at 15:30", 60),
        ("never fixed (to the end of the record)", 180),
        ("twice the workers from 15:12", 150),
        ("a 14.4x burn-rate page", 136),
        ("a connectivity test in the pipeline", 0),
        ("a canary of 5 %", 0),
        ("a manual ledger", 150),
        ("a page, and rolled back five minutes later", 6),
    ],
)
def test_minutes_of_outage(results, words, minutes):
    """Each precaution leaves so many minutes of outage."""
    assert results[words].outage_minutes == minutes


def test_what_the_precautions_leave(results):
    """More machines save nothing, the test everything, the canary nearly so, the ledger one visit in six."""
    assert results["twice the workers from 15:12"].saved == 0
    assert results["a connectivity test in the pipeline"].failed == results["the corrected string"].failed
    assert 0 < results["a canary of 5 %"].visits_harmed < 0.01 * results["as it was"].visits_harmed
    ledger = results["a manual ledger"]
    assert 0.15 < ledger.visits_by_hand / ledger.visits_harmed < 0.2
    assert results["three retries with jitter"].saved < 0.002 * results["three retries with jitter"].retries


def test_evidence_without_a_changed_string_has_no_such_page(con):
    """Where no string was changed, the command says so."""
    con.execute("DELETE FROM deployments")
    with pytest.raises(LabError, match="no deployment in this evidence"):
        quotes(labkit.record(con), "elsewhere")
