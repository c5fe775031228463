"""Seal the checks of a lab: a document that students may read and that holds no answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labkit.classroom.checks.authored import RIGHT
from labkit.classroom.checks.envelope import WORK, Lock, lock_for, seal
from labkit.classroom.checks.kinds import Answer, Element, addresses, same
from labkit.classroom.checks.question import Question
from labkit.classroom.checks.reference import Reference

FORMAT = 1
#: scrypt is never made cheaper than this, however many elements an answer has.
LEAST_WORK = 2**8
Contents = dict[str, list[dict[str, Any]]]


def seal_lab(lab: str, evidence: str, found: Iterable[Reference], *, work: int = WORK) -> dict[str, Any]:
    """Make the sealed checks of a lab for one evidence.

    Parameters
    ----------
    lab : str
        Its name, as '02-timeline'.
    evidence : str
        The fingerprint of the evidence that the answers were computed from.
    found : iterable of Reference
        Questions with their answers.
    work : int
        scrypt's cost of one check, a power of two.

    Returns
    -------
    dict
        What the JSON file holds; the same input gives the same document.
    """
    questions = [_sealed(lab, evidence, one, work) for one in found]
    return {"format": FORMAT, "lab": lab, "evidence": evidence, "questions": questions}


def _sealed(lab: str, evidence: str, found: Reference, work: int) -> dict[str, Any]:
    question = found.authored.question
    most = max(len(answer.elements) for several in found.answers.values() for answer in several)
    places = 1 << (most - 1).bit_length()
    lock = lock_for(lab, question.id, evidence, max(LEAST_WORK if work >= LEAST_WORK else 2, work // places))
    return {
        **question.as_json(),
        "work": lock.work,
        "elements_at_most": 2 * places,
        "envelopes": _envelopes(contents(found), lock),
    }


def contents(found: Reference) -> Contents:
    """List what lies in each cell: whose element it is, its exact value, and the text that goes with it."""
    cells: Contents = {}
    right = found.answers[RIGHT]
    for rank, (owner, several) in enumerate(found.answers.items()):
        text = found.authored.texts[owner]
        for version, answer in enumerate(several):
            for element in answer.elements:
                entry = {
                    "of": owner,
                    "rank": rank,
                    "version": version,
                    "elements": len(answer.elements),
                    "own": owner != RIGHT and not _part_of(element, right, found.authored.question),
                    "name": element.name,
                    "numbers": list(element.numbers),
                    "telling": element.telling,
                    "text": text,
                }
                for place in addresses(element, found.authored.question):
                    cells.setdefault(place, []).append(entry)
    return cells


def _part_of(element: Element, right: Iterable[Answer], question: Question) -> bool:
    return any(same(element, one, question) for answer in right for one in answer.elements)


def _envelopes(cells: Contents, lock: Lock) -> dict[str, str]:
    made = {}
    for place, entries in cells.items():
        name, key = lock.keys(place)
        made[name] = seal(entries, key, lock)
    return dict(sorted(made.items()))
