"""A sample of the practice cases can be solved and has no label; the command surveys as many as wanted."""

from __future__ import annotations

import dataclasses

import pytest

from labkit.classroom.practice.solving import BY_CORRECTNESS, BY_FAILURES
from labkit.classroom.practice.survey import Surveyed, as_markdown, survey, survey_seed

#: One of each sort: silent, slow to set in, without a deployment at the onset, two files missing.
SAMPLE = (24, 2, 14, 13)
MADE = Surveyed(0, "debacle", BY_FAILURES, 3.0, (), 1, "a", 3, 0, ())


@pytest.mark.slow
@pytest.mark.parametrize("seed", SAMPLE)
def test_a_case_can_be_solved_and_carries_no_label(seed):
    """The reference investigation solves it, or the indicator of correctness does; no file has a label."""
    found = survey_seed(seed)
    assert found.by in (BY_FAILURES, BY_CORRECTNESS)
    assert (found.by == BY_CORRECTNESS) == (found.scenario == "staging-database")
    assert found.labels == ()
    assert found.onset_off_s <= 60


def test_the_survey_counts_and_hides_which_seed_is_which():
    """Overall figures and one row a fault; no row tells a seed."""
    found = (
        MADE,
        dataclasses.replace(MADE, seed=1, signature="b", left_aside=("overload",), level=3),
        dataclasses.replace(MADE, seed=2, scenario="staging-database", by=BY_CORRECTNESS, labels=("x: y",)),
    )
    text = as_markdown(found)
    assert "3 cases. 2 are solved by the reference investigation" in text
    assert "1 are silent" in text
    assert "2 were solved as drawn first; in 1 a draw was left aside" in text
    assert "2 different combinations" in text
    assert "1 labels in files" in text
    assert "Difficulty: 2 gentle, 0 fair, 1 hard, 0 very hard." in text
    assert "| `wrong-port` | 2 | 2 | 0 | 0 | gentle, hard |" in text
    assert "| `overload` | 0 | 0 | 0 | 1 | — |" in text
    assert "| `hba-rejection` (outlived-rule) | 0 |" in text


@pytest.mark.parametrize("workers", [1, 2])
def test_a_survey_goes_through_its_seeds_in_order(monkeypatch, workers):
    """However many processes there are, cases come in the order of their seeds, and progress is told."""
    monkeypatch.setattr("labkit.classroom.practice.survey.survey_seed", _quick)
    told = []
    found = survey(range(5), workers=workers, progress=lambda done, total: told.append((done, total)))
    assert [one.seed for one in found] == list(range(5))
    assert told == [(k, 5) for k in range(1, 6)]


def _quick(seed):
    return dataclasses.replace(MADE, seed=seed)
