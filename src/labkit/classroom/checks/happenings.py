"""Read events: an ordered list of names with their times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.classroom.checks.moments import read_moment
from labkit.classroom.checks.reading import UnreadableError, as_rows, type_name, unwrap
from labkit.classroom.checks.words import plain

_HOW = "Give a list of pairs (name, time)"
Events = tuple[tuple[str, int], ...]


def read_events(value: Any, labels: tuple[str, ...], day: str = "") -> Events:
    """Read events in the order in which they are given.

    Returns
    -------
    tuple of (str, int)
        Name as in `labels`, and microseconds since 1970 UTC.

    Raises
    ------
    UnreadableError
        It is no list of pairs, a name is unknown or there twice, a time is no time.

    Examples
    --------
    >>> read_events([("Onset", "00:00:01")], ("onset",), day="1970-01-01")
    (('onset', 1000000),)
    """
    known = {plain(label): label for label in labels}
    events = tuple(_event(pair, known, day) for pair in _pairs(value))
    names = [name for name, _ in events]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UnreadableError(f"a list with the event {twice!r} more than once")
    if not events:
        raise UnreadableError(f"an empty list. {_HOW}; names: {', '.join(labels)}.")
    return events


def _pairs(value: Any) -> list[Any]:
    rows = as_rows(value)
    if rows is not None:
        return list(rows[1])
    if isinstance(value, Mapping):
        return list(value.items())
    if not isinstance(value, (list, tuple)):
        raise UnreadableError(f"{type_name(value)}, and no list of events. {_HOW}")
    return list(value)


def _event(pair: Any, known: Mapping[str, str], day: str) -> tuple[str, int]:
    if isinstance(pair, Mapping):
        pair = tuple(pair.values())
    if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not isinstance(pair[0], str):
        raise UnreadableError(f"a list that does not hold pairs of a name and a time. {_HOW}")
    if plain(pair[0]) not in known:
        raise UnreadableError(f"a list with an unknown event. Names: {', '.join(known.values())}.")
    name = known[plain(pair[0])]
    try:
        return name, read_moment(unwrap(pair[1]), day)
    except UnreadableError as error:
        raise UnreadableError(f"a list whose event {name!r} has as its time {error}") from error
