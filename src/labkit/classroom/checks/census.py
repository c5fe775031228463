"""Count a question's answers: which known wrong ones have feedback of their own, and which fall together."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.classroom.checks.authored import RIGHT
from labkit.classroom.checks.kinds import Answer, same
from labkit.classroom.checks.question import Question
from labkit.classroom.checks.reference import Reference


@dataclass(frozen=True, slots=True)
class Known:
    """One known wrong answer in one evidence.

    Attributes
    ----------
    misconception : str
        Whose it is.
    number : int
        Which of its answers, from 0.
    judged_as : str
        Whose text it gets: its own misconception's, 'right', or that of one listed earlier.
    """

    misconception: str
    number: int
    judged_as: str


def known_answers(found: Reference) -> tuple[Known, ...]:
    """List the known wrong answers of a question, each with the text that it will get."""
    return tuple(
        Known(owner, number, _judged_as(answer, owner, found))
        for owner, several in found.answers.items()
        if owner != RIGHT
        for number, answer in enumerate(several)
    )


def without_feedback(found: Reference) -> tuple[str, ...]:
    """Name the misconceptions that no answer leads to in this evidence."""
    heard = {one.judged_as for one in known_answers(found)}
    return tuple(name for name in found.answers if name != RIGHT and name not in heard)


def alike(answer: Answer, reference: Answer, question: Question) -> bool:
    """Tell whether an answer would be judged as the reference: equal or near enough in every element."""
    return len(answer.elements) == len(reference.elements) and all(
        any(same(element, other, question) for other in reference.elements) for element in answer.elements
    )


def _judged_as(answer: Answer, owner: str, found: Reference) -> str:
    for name, several in found.answers.items():
        if name == owner or any(alike(answer, other, found.authored.question) for other in several):
            return name
    raise AssertionError(f"{owner} is not among its own answers")
