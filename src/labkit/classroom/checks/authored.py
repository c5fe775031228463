"""Read ``checks.toml``: what a lab's author asks, hints and answers to known mistakes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.classroom.checks.kinds import KINDS, check_tolerance
from labkit.classroom.checks.question import Question
from labkit.core.errors import LabError

RIGHT = "right"
HINTS, LEAST_MISCONCEPTIONS = 3, 3
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TEXTS = ("id", "kind", "asks", "expects", "unit", RIGHT)
_LISTS = ("hints", "choices", "columns", "labels", "public")
_NEEDED = ("id", "kind", "asks", "expects", "hints", RIGHT, "misconception")
_KNOWN = (*_TEXTS, *_LISTS, "tolerance", "ordered", "misconception")
#: What a kind of question cannot do without.
_NEEDS = {"choice": "choices", "set": "choices", "table": "columns", "events": "labels"}


@dataclass(frozen=True, slots=True)
class Misconception:
    """A known wrong answer: its name, and what its holder gets to read."""

    id: str
    feedback: str


@dataclass(frozen=True, slots=True)
class Authored:
    """A question with the texts that are sealed: for the right answer, and for known wrong ones.

    What is `public` may stand in a student's files although it is an answer: the leak scan lets it pass.
    """

    question: Question
    right: str
    misconceptions: tuple[Misconception, ...]
    public: frozenset[str] = frozenset()

    @property
    def texts(self) -> dict[str, str]:
        """Map 'right' and each misconception's name to its text, in the order of the file."""
        return {RIGHT: self.right} | {one.id: one.feedback for one in self.misconceptions}


def read_checks(path: Path) -> tuple[Authored, ...]:
    """Read the questions of a lab in their order; a lab without the file has none.

    Raises
    ------
    LabError
        The file is no TOML, or a question lacks something; the message names the question and what it lacks.
    """
    if not path.is_file():
        return ()
    where = f"{path.parent.name}/{path.name}"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{where} is no TOML", next_step=f"It says: {error}.") from error
    if set(found) - {"question"}:
        raise LabError(f"{where}: only [[question]] may stand here", found=sorted(set(found) - {"question"}))
    questions = tuple(
        _question(one, f"{where}, question {n}") for n, one in enumerate(found.get("question", ()), 1)
    )
    ids = [one.question.id for one in questions]
    if len(set(ids)) < len(ids):
        raise LabError(f"{where}: two questions of one name", found=max(ids, key=ids.count))
    return questions


def _question(found: Mapping[str, Any], where: str) -> Authored:
    where = f"{where} ({found.get('id', 'without id')})"
    _check_keys(found, where)
    _check_values(found, where)
    misconceptions = tuple(_misconception(one, where) for one in found["misconception"])
    ids = [one.id for one in misconceptions]
    if len(set(ids)) < len(ids) or RIGHT in ids:
        raise LabError(f"{where}: two answers of one name", found=max(ids, key=ids.count))
    if len(ids) < LEAST_MISCONCEPTIONS:
        raise LabError(f"{where}: fewer than {LEAST_MISCONCEPTIONS} misconceptions", found=ids)
    question = Question.from_json(
        {name: found[name] for name in found if name not in (RIGHT, "misconception")}
    )
    if question.kind != "table":
        check_tolerance(question)
    return Authored(question, found[RIGHT].strip(), misconceptions, frozenset(found.get("public", ())))


def _check_keys(found: Mapping[str, Any], where: str) -> None:
    for name in found:
        if name not in _KNOWN:
            raise LabError(f"{where}: unknown key", found=name, allowed=_KNOWN)
    for name in _NEEDED:
        if not found.get(name):
            raise LabError(f"{where}: {name!r} is missing", next_step="docs/checks.md has the format.")
    needed = _NEEDS.get(str(found["kind"]))
    if needed and not found.get(needed):
        raise LabError(f"{where}: a question of kind {found['kind']!r} needs {needed!r}")


def _check_values(found: Mapping[str, Any], where: str) -> None:
    for name in _TEXTS:
        if not isinstance(found.get(name, ""), str):
            raise LabError(f"{where}: {name!r} is no text", found=found[name])
    for name in _LISTS:
        given = found.get(name, [])
        if not isinstance(given, list) or not all(isinstance(one, str) and one.strip() for one in given):
            raise LabError(f"{where}: {name!r} is no list of texts", found=given)
    if found["kind"] not in KINDS:
        raise LabError(f"{where}: no such kind", found=found["kind"], allowed=tuple(KINDS))
    if not _ID.fullmatch(found["id"]):
        raise LabError(f"{where}: an id has small letters, digits and hyphens", found=found["id"])
    if len(found["hints"]) != HINTS:
        raise LabError(f"{where}: exactly {HINTS} hints are needed", found=len(found["hints"]))


def _misconception(found: Mapping[str, Any], where: str) -> Misconception:
    if set(found) != {"id", "feedback"} or not all(isinstance(v, str) and v.strip() for v in found.values()):
        raise LabError(f"{where}: a misconception has an id and a feedback", found=sorted(found))
    if not _ID.fullmatch(found["id"]):
        raise LabError(f"{where}: an id has small letters, digits and hyphens", found=found["id"])
    return Misconception(found["id"], found["feedback"].strip())
