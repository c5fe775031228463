"""List every question of the course with its counts, as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from labkit.classroom.build import lab_names
from labkit.classroom.checks.authored import RIGHT
from labkit.classroom.checks.census import known_answers
from labkit.classroom.checks.reference import Reference
from labkit.classroom.seal import EVIDENCE, lab_references

_INTRO = """\
# The questions of the labs

Made by `labkit questions --out docs/questions.md` from the labs' sources and the evidence of the course; no
answer stands here. How questions are written and sealed is in [checks.md](checks.md).

*Mistakes*: misconceptions with feedback of their own. *Known wrong answers*: the answers that lead there in
the seed incident. Of these, those *as right* are near enough to the right answer to pass, and those *as
another* fall together with a mistake that is listed earlier.
"""
_HEADS = (
    "question",
    "kind",
    "asks",
    "tolerance",
    "mistakes",
    "known wrong answers",
    "as right",
    "as another",
    "hints",
)


def questions_page(project: Path) -> str:
    """Write the page: one table a lab, and the totals.

    Raises
    ------
    LabError
        A lab's checks or answers are at fault.
    """
    from labkit.evidence.load import load

    con = load(project / EVIDENCE)
    labs = {name: lab_references(project / "labs" / name, con) for name in lab_names(project)}
    tables = [f"\n## {name}\n{_table(found)}" for name, found in labs.items() if found]
    return _INTRO + f"\n{_totals(labs.values())}\n" + "".join(tables)


def _totals(labs: Iterable[tuple[Reference, ...]]) -> str:
    found = [one for references in labs for one in references]
    mistakes = sum(len(one.authored.misconceptions) for one in found)
    known = sum(len(known_answers(one)) for one in found)
    return f"In all {len(found)} questions, {mistakes} mistakes with feedback, {known} known wrong answers."


def _table(found: tuple[Reference, ...]) -> str:
    rows = [_HEADS, ("---",) * len(_HEADS), *map(_row, found)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(found: Reference) -> tuple[str, ...]:
    question, known = found.authored.question, known_answers(found)
    as_right = sum(one.judged_as == RIGHT for one in known)
    own = sum(one.judged_as == one.misconception for one in known)
    counts = (len(found.authored.misconceptions), len(known), as_right, len(known) - own - as_right)
    asks = " ".join(question.asks.split()).replace("|", "\\|")
    return (
        f"`{question.id}`",
        question.kind,
        asks,
        _tolerance(question.tolerance),
        *map(str, counts),
        str(len(question.hints)),
    )


def _tolerance(given: object) -> str:
    if isinstance(given, dict):
        return ", ".join(f"{column} {one}" for column, one in given.items())
    return "exact" if given is None else str(given)
