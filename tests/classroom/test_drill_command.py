"""The command ``labkit drill``, as far as it starts no bank: lists, refusals, and kept drills judged anew."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from labkit.classroom.drill.asked import Told
from labkit.classroom.drill.faults import DRILLS, NOT_HERE
from labkit.classroom.drill.truth import DrillTruth
from labkit.classroom.drill.users import Counts
from labkit.cli.drill import _Screen
from labkit.cli.main import main
from labkit.simulation.generate import generate

TRUTH = DrillTruth(
    drill="debacle",
    fault="wrong-port",
    kind="misconfigured_connection",
    part="port",
    trigger="Routine update of the bank",
    onset="2023-12-01T14:30:00Z",
    recovered="2023-12-01T17:00:00Z",
    first_refusal=None,
    last_refusal=None,
    before="postgresql://bank_app:***@db-primary.bank.example:5432/bank",
    after="postgresql://bank_app:***@db-primary.bank.example:5433/bank",
    port="5433",
    lives_on=False,
    minutes=210.0,
    factor=1.0,
)


def test_the_list_names_every_drill_and_what_cannot_be_had(capsys):
    """Each has a line that says how it is made, or why it is not to be had."""
    assert main(["drill", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines if line} >= {*DRILLS, *NOT_HERE}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "what is to be drilled"),
        (["debacel"], "Did you mean"),
        (["network-loss"], "one machine"),
        (["debacle", "http-port"], "one drill at a time"),
        (["debacle", "--minutes", "0.01"], "so many minutes"),
        (["debacle", "--hosts", "0"], "so many hosts"),
        (["debacle", "--out", "taken"], "something in that folder"),
        (["debacle", "--retold", "taken"], "something in that folder"),
        (["--judge", "debacle", "--out", "nowhere/page.md"], "no such folder"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(arguments, says, tmp_path, monkeypatch, capsys):
    """Misuse ends at once with code 2 and one line that helps."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    assert main(["drill", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    ("port", "code", "verdict"), [("5433", 0, "| right |"), ("5434", 1, "**not right**")]
)
def test_kept_drills_are_judged_and_not_played_again(tmp_path, port, code, verdict):
    """A bundle with its truth is judged by the rules of now, and stands in the page."""
    generate("debacle", seed=5, out=tmp_path / "kept" / "debacle" / "evidence")
    replace(TRUTH, port=port).write(tmp_path / "kept" / "debacle" / "truth.json")
    page = tmp_path / "page.md"
    command = ["drill", "--judge", "debacle", "--keep", str(tmp_path / "kept"), "--out", str(page)]
    assert main(command) == code
    text = page.read_text(encoding="utf-8")
    assert verdict in text
    assert "1 drills of 210 min" in text


def test_a_watcher_sees_events_and_how_far_it_is(capsys):
    """Where somebody watches, a line moves; each event stays."""
    screen = _Screen()
    screen._moves = True
    at = dt.datetime(2023, 12, 1, 14, 45, 10, tzinfo=dt.UTC)
    with screen:
        screen.begins("debacle", 1, 1)
        screen(Told(at, 0.2, Counts(1200, 1190, 300), "user: It does not work."))
    shown = capsys.readouterr().err
    assert "14:45:10 UTC  user: It does not work.\n" in shown
    assert "20%  1,200 requests, 300 failed" in shown
