"""The sealed checks of a lab, as a student's machine reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.classroom.checks import envelope
from labkit.classroom.checks.envelope import Lock, lock_for
from labkit.classroom.checks.kinds import Element, address
from labkit.classroom.checks.question import Question
from labkit.classroom.checks.sealing import FORMAT
from labkit.core.errors import LabError, unknown_name


@dataclass(frozen=True, slots=True)
class SealedQuestion:
    """A question with its closed envelopes."""

    question: Question
    lock: Lock
    elements_at_most: int
    envelopes: Mapping[str, str] = field(repr=False)

    def unseal(self, element: Element) -> list[dict[str, Any]]:
        """Open the envelope that an element of an answer fits; give what lies in it, or nothing.

        Raises
        ------
        LabError
            The envelope was changed.
        """
        name, key = self.lock.keys(address(element, self.question))
        if name not in self.envelopes:
            return []
        try:
            found: list[dict[str, Any]] = envelope.unseal(self.envelopes[name], key, self.lock)
        except ValueError as error:
            raise _damaged(f"of question {self.question.id!r}") from error
        return found


@dataclass(frozen=True, slots=True)
class SealedLab:
    """The questions of a lab, for the evidence that they were made from."""

    name: str
    evidence: str
    questions: Mapping[str, SealedQuestion]

    def question(self, name: object) -> SealedQuestion:
        """Find a question by its name."""
        if not isinstance(name, str) or name not in self.questions:
            raise unknown_name(f"question in lab {self.name}", name, self.questions)
        return self.questions[name]


def read_sealed(path: Path) -> SealedLab:
    """Read a file of sealed checks.

    Raises
    ------
    LabError
        It is missing, damaged, or of a later format.
    """
    shown = f"{path.parent.name}/{path.name}"
    try:
        return open_document(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise LabError(f"the checks {shown} cannot be read", next_step=f"{error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(shown) from error


def open_document(document: Mapping[str, Any]) -> SealedLab:
    """Make the questions from what the JSON file holds."""
    if document["format"] != FORMAT:
        raise ValueError(f"format {document['format']}")
    lab, evidence = str(document["lab"]), str(document["evidence"])
    questions = {
        one["id"]: SealedQuestion(
            Question.from_json(one),
            lock_for(lab, one["id"], evidence, int(one["work"])),
            int(one["elements_at_most"]),
            dict(one["envelopes"]),
        )
        for one in document["questions"]
    }
    return SealedLab(lab, evidence, questions)


def _damaged(which: str) -> LabError:
    return LabError(
        f"the checks {which} are damaged, or made by a later version",
        next_step="Get the file again, or build it with 'labkit build'.",
    )
