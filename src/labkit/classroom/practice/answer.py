"""An answer as a student hands it in: read leniently, refused with a list of what is possible."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.classroom.checks.moments import as_utc, read_moment
from labkit.classroom.checks.reading import UnansweredError, UnreadableError, unwrap
from labkit.classroom.practice.measures import Cause
from labkit.classroom.practice.remedies import mitigations
from labkit.classroom.practice.truth import all_parts
from labkit.core.errors import LabError, unknown_name
from labkit.simulation.faults.row import CODE, MISCONFIGURED, NETWORK, OVERLOADED, SERVER

KINDS = (MISCONFIGURED, OVERLOADED, NETWORK, SERVER, CODE)


@dataclass(frozen=True, slots=True)
class Cited:
    """One query that the answer stands on: SQL, or a named query with its parameters."""

    query: str
    parameters: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was handed in; times are UTC without a zone, None where nothing was said."""

    onset: dt.datetime
    detection: dt.datetime | None
    recovery: dt.datetime | None
    causes: tuple[Cause, ...]
    ranked: tuple[Cause, ...]
    mitigation: str | None
    because: str
    evidence: tuple[Cited, ...]


def unanswered(given: dict[str, Any]) -> tuple[str, ...]:
    """List what still holds ``...``."""
    return tuple(
        name
        for name, value in given.items()
        if value is ... or (isinstance(value, list | tuple) and any(item is ... for item in value))
    )


def read_answer(given: dict[str, Any]) -> Answer:
    """Read an answer's parts; only onset and kind must be there.

    Raises
    ------
    LabError
        A time that is none, or a kind, part or mitigation that does not exist.
    """
    causes = read_causes(given["kind"], given["part"])
    ranked = tuple(read_cause(item) for item in _items(given["candidates"])) or causes
    chosen = given["mitigation"]
    if chosen is not None and chosen not in tuple(mitigations()):
        raise unknown_name("mitigation", chosen, mitigations())
    return Answer(
        read_time("onset", given["onset"]),
        read_optional_time("detection", given["detection"]),
        read_optional_time("recovery", given["recovery"]),
        causes,
        ranked,
        chosen,
        str(given["because"] or "").strip(),
        tuple(_cited(item) for item in _items(given["evidence"])),
    )


def read_time(name: str, value: Any) -> dt.datetime:
    """Read a time; without a zone it is UTC."""
    try:
        return as_utc(read_moment(unwrap(value)))
    except (UnreadableError, UnansweredError) as error:
        raise LabError(
            f"the {name} could not be read: {error}", next_step="Write it like '2024-02-29 08:15:00'."
        ) from error


def read_optional_time(name: str, value: Any) -> dt.datetime | None:
    """Read a time that may be left out."""
    return None if value is None else read_time(name, value)


def read_causes(kind: Any, part: Any) -> tuple[Cause, ...]:
    """Put kinds and parts together: each part belongs to the connection, each other kind stands alone."""
    parts = [_known("part", one, all_parts()) for one in _items(part) if one not in (None, "")]
    found: list[Cause] = []
    for one in _items(kind):
        known = _known("kind", one, KINDS)
        found += [(known, p) for p in parts or [""]] if known == MISCONFIGURED else [(known, "")]
    if not found:
        raise LabError("an answer names a kind of cause", allowed=KINDS, next_step="Name one.")
    return tuple(dict.fromkeys(found))


def read_cause(item: Any) -> Cause:
    """Read one candidate: ``"overload"``, ``"misconfigured_connection: port"``, or the same as a pair.

    Examples
    --------
    >>> read_cause("misconfigured_connection: port")
    ('misconfigured_connection', 'port')
    """
    pair = item.replace("/", ":").split(":") if isinstance(item, str) else [x or "" for x in _items(item)]
    kind, part = (*(str(x).strip() for x in pair), "", "")[:2]
    return read_causes(kind, part)[0]


def _known(what: str, value: Any, known: Sequence[str]) -> str:
    text = str(value).strip().lower().replace(" ", "_")
    if text not in known:
        raise unknown_name(what, value, known)
    return text


def _items(value: Any) -> Iterable[Any]:
    if value is None or (isinstance(value, str) and not value):
        return ()
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)


def _cited(item: Any) -> Cited:
    """Read a cited query: text, or a name with a table of parameters."""
    if isinstance(item, str):
        return Cited(item.strip())
    try:
        name, parameters = item
        return Cited(str(name), tuple((str(key), given) for key, given in dict(parameters).items()))
    except (TypeError, ValueError) as error:
        raise LabError(
            "a cited query could not be read",
            found=item,
            allowed=["SQL as text", "a name of labkit.queries()", '("error_ratio", {"bucket_seconds": 60})'],
        ) from error
