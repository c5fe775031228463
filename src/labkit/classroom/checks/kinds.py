"""The kinds of answers: how each is read, split into elements, and found on its grid.

A simple answer is one element. A list of events is one element a name, and a table one element a row, so
that what is right in a half-right answer can be told.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labkit.classroom.checks import connection, durations, figures, happenings, moments, tables, words
from labkit.classroom.checks.question import Question
from labkit.classroom.checks.reading import refuse_dots, unwrap
from labkit.classroom.checks.tolerance import Tolerance, number_tolerance, time_tolerance
from labkit.core.errors import LabError


@dataclass(frozen=True, slots=True)
class Element:
    """One part of an answer that is sealed for itself.

    Attributes
    ----------
    name : str
        What must be equal: the event's name, the text columns of a row; '' in a simple answer.
    numbers : tuple
        What may be near: a text stands for itself, ``None`` for nothing.
    telling : bool
        Whether meeting it by chance is unlikely; how many rows there are, or that an event is left out, is
        not telling.
    """

    name: str
    numbers: tuple[Any, ...]
    telling: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was understood: its elements, and how to show it."""

    elements: tuple[Element, ...]
    shown: str


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of answer is read, and how near its numbers must be."""

    read: Callable[[Any, Question], Answer]
    tolerances: Callable[[Question], tuple[Tolerance, ...]]


def read_answer(value: Any, question: Question) -> Answer:
    """Read any value as an answer to a question.

    Raises
    ------
    UnreadableError, UnansweredError
        The value is no answer of this kind, or is none at all.

    Examples
    --------
    >>> asked = Question("n", "number", "How many?", "a number", ("", "", ""), unit="requests")
    >>> read_answer("1,200", asked).shown
    '1,200 requests'
    """
    refuse_dots(value)
    return KINDS[question.kind].read(value, question)


def address(element: Element, question: Question) -> str:
    """Name the one cell an element of an answer lies in."""
    grid = _grid(element, question)
    return _address(element.name, tuple(one.cell(n) if one else n for one, n in grid))


def addresses(element: Element, question: Question) -> tuple[str, ...]:
    """Name every cell that an answer near enough to this element may lie in."""
    ways = [one.cells(n) if one else (n,) for one, n in _grid(element, question)]
    return tuple(_address(element.name, cells) for cells in itertools.product(*ways))


def same(element: Element, reference: Element, question: Question) -> bool:
    """Tell whether an element is equal or near enough to a reference."""
    if element.name != reference.name or len(element.numbers) != len(reference.numbers):
        return False
    grid = zip(element.numbers, _grid(reference, question), strict=True)
    return all(one.near(own, n) if one and _is_number(own) else own == n for own, (one, n) in grid)


def check_tolerance(question: Question) -> None:
    """Raise a LabError for a tolerance that this kind of question does not know."""
    KINDS[question.kind].tolerances(question)


def _grid(element: Element, question: Question) -> list[tuple[Tolerance | None, Any]]:
    tolerances = KINDS[question.kind].tolerances(question)
    padded = itertools.chain(tolerances, itertools.repeat(None))
    return [(one if _is_number(n) else None, n) for n, one in zip(element.numbers, padded, strict=False)]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _address(name: str, cells: tuple[Any, ...]) -> str:
    return json.dumps([name, *cells], ensure_ascii=False)


def _simple(value: Any, shown: str) -> Answer:
    return Answer((Element("", (value,)),), shown)


def _instant(value: Any, question: Question) -> Answer:
    moment = moments.read_moment(unwrap(value), question.day)
    return _simple(moment, moments.show_moment(moment))


def _duration(value: Any, question: Question) -> Answer:
    length = durations.read_duration(unwrap(value), question.unit or "seconds")
    return _simple(length, durations.show_duration(length))


def _number(value: Any, question: Question) -> Answer:
    number = figures.read_number(unwrap(value), question.unit)
    return _simple(number, figures.show_number(number, question.unit))


def _choice(value: Any, question: Question) -> Answer:
    choice = words.read_choice(unwrap(value), question.choices)
    return _simple(choice, choice)


def _set(value: Any, question: Question) -> Answer:
    several = words.read_set(value, question.choices)
    return _simple(json.dumps(several), ", ".join(several) or "nothing")


def _dsn(value: Any, question: Question) -> Answer:
    parts = connection.read_parts(unwrap(value))
    return _simple(json.dumps(parts), connection.show_parts(parts))


def _events(value: Any, question: Question) -> Answer:
    events = happenings.read_events(value, question.labels, question.day)
    at = dict(events)
    elements = (Element(label, (at.get(label),), label in at) for label in question.labels)
    shown = "; ".join(f"{name} {moments.show_moment(moment)}" for name, moment in events)
    return Answer((*elements, Element("", (_turns(events),), telling=False)), shown)


def _turns(events: happenings.Events) -> str:
    """Name the events that stand before one that happened earlier."""
    times = [moment for _, moment in events]
    late = [name for n, (name, moment) in enumerate(events) if moment > min(times[n:])]
    return ", ".join(sorted(late))


def _table(value: Any, question: Question) -> Answer:
    rows = tables.read_table(value, question.columns, question.column_kinds)
    kinds = question.column_kinds
    elements: dict[tuple[Any, ...], Element] = {}
    for place, row in enumerate(rows):
        texts = [cell for cell, kind in zip(row, kinds, strict=True) if kind == "text"]
        numbers = tuple(cell for cell, kind in zip(row, kinds, strict=True) if kind != "text")
        name = json.dumps([*texts, place] if question.ordered else texts, ensure_ascii=False)
        elements[(name, *numbers)] = Element(name, numbers)
    count = Element("rows", (str(len(rows)),), telling=False)
    return Answer((*elements.values(), count), f"a table of {len(rows)} row{'s' * (len(rows) != 1)}")


def _times(question: Question) -> tuple[Tolerance, ...]:
    return (time_tolerance(question.tolerance or "0 s", question.id),)


def _numbers(question: Question) -> tuple[Tolerance, ...]:
    return (number_tolerance(question.tolerance, question.id),)


def _exact(question: Question) -> tuple[Tolerance, ...]:
    if question.tolerance is not None:
        raise LabError(
            f"{question.id}: a {question.kind} knows no tolerance",
            found=question.tolerance,
            next_step="Leave it out.",
        )
    return ()


def _by_column(question: Question) -> tuple[Tolerance, ...]:
    given = question.tolerance if isinstance(question.tolerance, dict) else {}
    kinds = zip(question.columns, question.column_kinds, strict=False)
    whole = None if given else question.tolerance
    found = []
    for column, kind in kinds:
        asked = given.get(column, whole)
        if kind == "time":
            found.append(time_tolerance(asked if isinstance(asked, str) else "0 s", question.id))
        elif kind == "number":
            found.append(number_tolerance(asked, question.id))
    return tuple(found)


KINDS: dict[str, Kind] = {
    "instant": Kind(_instant, _times),
    "duration": Kind(_duration, _times),
    "number": Kind(_number, _numbers),
    "choice": Kind(_choice, _exact),
    "set": Kind(_set, _exact),
    "dsn": Kind(_dsn, _exact),
    "events": Kind(_events, _times),
    "table": Kind(_table, _by_column),
}
