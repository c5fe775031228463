"""Which value of a JSON record goes into which column, told once for each set of keys that a file has.

Programs write the same few sets of keys again and again. For each of them the names are looked up here, among
those that the strict reader knows (`readers.json_log`); DuckDB then only picks values by their places. A set
of keys that could be read in two ways has no shape, and its lines go to the strict reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.evidence.readers import json_log as names

MOST_SHAPES = 64  # of one file; the lines of rarer ones go to the strict reader
SEPARATOR = "\x1f"  # between keys that are put together into one text

#: Columns, and the names of which a record may have one.
_COLUMNS: dict[str, Sequence[str]] = {
    "time": names.TIMES,
    "level": names.LEVELS,
    "message": names.MESSAGES,
    "logger": names.LOGGERS,
    "trace": names.TRACES,
    "span": names.SPANS,
    "service": names.SERVICES,
    "version": names.VERSIONS,
    "host": names.HOSTS,
    "error": names.ERRORS,
}
#: Names that only the strict reader puts together.
_LEFT = frozenset({*names.STACKS, *names.TYPES, *names.MESSAGES_OF_ERRORS, "severity_number"})
_ALL = frozenset(_LEFT).union(*_COLUMNS.values())
#: Names that may hold an object in which a column's value stands.
_OUTER = frozenset(name.partition(".")[0] for name in _ALL if "." in name)


@dataclass(frozen=True, slots=True)
class Shape:
    """Places of values in a record, from 1; 0 where there is none."""

    keys: str
    columns: dict[str, int]
    flat: list[int]
    rest: list[int]


def shape_of(keys: Sequence[str]) -> Shape | None:
    """Find the places of a record's values; none where the strict reader must look at it.

    Examples
    --------
    >>> shape = shape_of(["ts", "level", "msg", "port"])
    >>> shape.columns["message"], shape.rest
    (3, [4])
    >>> shape_of(["ts", "time", "msg"]) is None
    True
    """
    if len(set(keys)) < len(keys) or _LEFT & set(keys) or any(SEPARATOR in key for key in keys):
        return None
    columns = {}
    for column, known in _COLUMNS.items():
        places = [place for place, key in enumerate(keys, 1) if key in known]
        if len(places) > 1:
            return None
        columns[column] = places[0] if places else 0
    if not columns["time"] or not (columns["message"] or columns["level"] or columns["error"]):
        return None
    taken = set(columns.values())
    rest = [place for place in range(1, len(keys) + 1) if place not in taken]
    flat = [place for place in rest if keys[place - 1] in _OUTER]
    return Shape(SEPARATOR.join(keys), columns, flat, rest)


def values_of(shapes: Sequence[Shape]) -> dict[str, object]:
    """Write shapes as the values that ``json_log_lines.sql`` binds: a list for each column."""
    places = {f"{column}_at": [shape.columns[column] for shape in shapes] for column in _COLUMNS}
    return {
        "shapes": [shape.keys for shape in shapes],
        "flat_at": [shape.flat for shape in shapes],
        "rest_at": [shape.rest for shape in shapes],
        **places,
    }
