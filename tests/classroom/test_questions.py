"""Every question of every lab: right answers pass, known mistakes hear why, others hear nothing of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from any_values import odd_values, wrong_answers
from small_checks import QUESTIONS, seal_checks

import labkit
from labkit.classroom.build import lab_names
from labkit.classroom.checks.authored import RIGHT
from labkit.classroom.checks.census import alike, known_answers, without_feedback
from labkit.classroom.checks.judging import judge
from labkit.classroom.checks.kinds import read_answer
from labkit.classroom.checks.reading import UnreadableError
from labkit.classroom.checks.sealed import open_document
from labkit.classroom.questions import questions_page
from labkit.classroom.seal import lab_references, sealed_text
from labkit.simulation.generate import generate

ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(1, 21)
#: Traffic of the twenty other afternoons, as a share of the seed incident's.
SCALE = 0.25
#: scrypt at its cheapest: what is tried here is the judgement, not the cost.
CHEAP = 2
STATES = {"right", "partly", "wrong", "unread", "open"}


def checked(con):
    """Give every question with its answers and its freshly sealed envelopes."""
    for lab in lab_names(ROOT):
        found = lab_references(ROOT / "labs" / lab, con)
        sealed = open_document(json.loads(sealed_text(lab, found, con, CHEAP))) if found else None
        for reference in found:
            yield (
                f"{lab} {reference.authored.question.id}",
                reference,
                sealed.question(reference.authored.question.id),
            )


def wrongly_judged(reference, sealed, seed):
    """List every answer that is not judged as it should be."""
    right = [value for value in reference.values[RIGHT] if judge(value, sealed).state != "right"]
    known = [
        one
        for one in known_answers(reference)
        if (judge(reference.values[one.misconception][one.number], sealed).because or RIGHT) != one.judged_as
    ]
    return [*right, *known, *met_by_chance(reference, sealed, seed)]


def met_by_chance(reference, sealed, seed):
    """List arbitrary wrong answers that pass or get the feedback of a known mistake."""
    question, listed = reference.authored.question, [a for many in reference.answers.values() for a in many]
    found = []
    for value in wrong_answers(question, reference.answers[RIGHT][0], seed):
        try:
            answer = read_answer(value, question)
        except UnreadableError:
            answer = None
        if answer is None or not any(alike(answer, other, question) for other in listed):
            verdict = judge(value, sealed)
            found += [value] if verdict.state == RIGHT or verdict.because else []
    return found


@pytest.fixture(scope="module")
def seed_incident():
    """Load the evidence that the labs are about."""
    return labkit.load(ROOT / "data" / "debacle")


@pytest.fixture(scope="module")
def questions(seed_incident):
    """Give the questions with their answers for the seed incident."""
    return list(checked(seed_incident))


def test_the_seed_incident_is_judged_as_meant(questions):
    """The right answers pass, each known wrong one gets its own feedback, ten others get none."""
    assert {name: found for name, r, s in questions if (found := wrongly_judged(r, s, 0))} == {}


def test_each_misconception_is_met_in_the_seed_incident(questions):
    """No feedback is written in vain: some answer in the course's own evidence leads to it."""
    assert {name: missing for name, r, _ in questions if (missing := without_feedback(r))} == {}


def test_no_value_makes_a_check_fail(questions, seed_incident):
    """Whatever a cell passes, a check says something and never raises."""
    for name, _, sealed in questions:
        for what, value in odd_values(seed_incident):
            verdict = judge(value, sealed)
            assert verdict.state in STATES, f"{name}: {what}"


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_kind_of_question_fails_or_is_fooled(name, tmp_path):
    """For every kind, no odd value raises or is right, and ten arbitrary answers are wrong."""
    [reference], sealed, _, con = seal_checks(tmp_path, {name: QUESTIONS[name]})
    for what, value in odd_values(con):
        assert judge(value, sealed.question(name)).state in STATES - {"right"}, what
    assert wrongly_judged(reference, sealed.question(name), 1) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_another_afternoon_is_judged_as_meant(seed, tmp_path):
    """On the same story with another seed the checks hold, as sealed for it."""
    generate("debacle", seed=seed, out=tmp_path, scale=SCALE)
    con = labkit.load(tmp_path)
    assert {name: found for name, r, s in checked(con) if (found := wrongly_judged(r, s, seed))} == {}
    con.close()


def test_the_page_of_questions_is_up_to_date():
    """docs/questions.md says what `labkit questions` says now."""
    page = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    assert page == questions_page(ROOT), "run: labkit questions --out docs/questions.md"
