"""What lab 08 says of its two cases is true of them, and its student notebook tells nothing of either."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from built import cells_of, notebook

from labkit.simulation.practice import deal

LOUD, QUIET = 107, 127
LAB = "08-capstone"


@pytest.fixture(scope="module")
def said():
    """Give the text of every output of the solution."""
    outputs = [o for c in cells_of(LAB, "solutions") if c["cell_type"] == "code" for o in c["outputs"]]
    return ["".join(o.get("text", o.get("data", {}).get("text/plain", ""))) for o in outputs]


def test_the_lab_works_on_the_cases_that_its_words_are_about():
    """The numbers in the source are those of this test."""
    source = "\n".join("".join(cell["source"]) for cell in cells_of(LAB, "student"))
    assert re.findall(r"labkit\.practice\((\d+)\)", source)[:2] == [str(LOUD), str(QUIET)]


def test_both_solutions_have_all_points(said):
    """The worked answers are right in every measure."""
    cards = [text for text in said if "Score card" in text]
    assert [card.partition(":")[0].split()[-1] for card in cards] == [f"{seed:04d}" for seed in (LOUD, QUIET)]
    assert all(": 10 of 10 points" in card for card in cards)


def test_the_loud_case_is_as_told():
    """A report before the page, three changes in half an hour, four settings, more workers, no log."""
    one = deal(LOUD)
    half_hour = [
        e
        for e in one.scenario.deployments
        if dt.timedelta(0) <= one.times.onset - e.at < dt.timedelta(minutes=30)
    ]
    assert one.withheld == ("app.log.jsonl",)
    assert one.times.detected.strftime("%H:%M:%S") == "07:11:53"
    assert next(m.channel for m in one.scenario.messages if m.at == one.times.detected) == "user-report"
    assert len({event.name for event in half_hour}) == 3
    assert [len(e.diff) for e in half_hour if e.at == one.times.onset] == [4]
    assert sum(edit.key == "DATABASE_URL" for e in half_hour for edit in e.diff) == 2
    assert [c.workers for c in one.scenario.capacities] == [4, 8]
    assert [r.dsn.user for r in one.scenario.releases[-3:]] == ["bank_app", "bank_owner", "bank_app"]


def test_the_quiet_case_is_as_told():
    """No request fails, nothing is missing, and it lasts about three quarters of an hour."""
    one = deal(QUIET)
    assert one.silent
    assert one.withheld == ()
    assert dt.timedelta(minutes=42) < one.times.recovered - one.times.onset < dt.timedelta(minutes=48)


def test_the_student_notebook_tells_nothing_of_the_cases():
    """Neither names nor values of the two faults stand in it."""
    text = json.dumps(notebook(LAB, "student"))
    told = (
        "bank_owner",
        "db-test",
        "staging",
        "permitted to log in",
        "28000",
        "07:08",
        "07:13",
        deal(LOUD).row.name,
    )
    assert [word for word in told if word in text] == []
