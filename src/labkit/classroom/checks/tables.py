"""Read a table by the meaning of its columns: their order, their types and the order of rows do not count."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.classroom.checks.figures import read_number
from labkit.classroom.checks.moments import read_moment
from labkit.classroom.checks.reading import UnreadableError, as_rows, is_missing, type_name, unwrap
from labkit.classroom.checks.words import plain

Row = tuple[Any, ...]
_HOW = "Give a query's result, a DataFrame, or a list of rows"


def read_table(value: Any, columns: Sequence[str], kinds: Sequence[str]) -> tuple[Row, ...]:
    """Read the rows of a table, its columns put into the order of `columns`.

    Columns are found by name where the names fit, else by kind where that leaves no doubt, else by place.

    Returns
    -------
    tuple of tuple
        For each row: text as plain words, numbers as float, moments as microseconds since 1970 UTC.

    Raises
    ------
    UnreadableError
        It is no table, or one of other columns.

    Examples
    --------
    >>> read_table({"n": [3], "HOST": ["web-1"]}, ("host", "n"), ("text", "number"))
    (('web-1', 3.0),)
    """
    names, rows = table_of(value, len(columns))
    if not rows:
        raise UnreadableError(f"a table without rows. {_HOW}")
    if len(names) < len(columns):
        raise UnreadableError(f"a table of {len(names)} columns. Expected are: {', '.join(columns)}.")
    order = _order(names, rows, columns, kinds)
    return tuple(
        tuple(_cell(row[place], kind) for place, kind in zip(order, kinds, strict=True)) for row in rows
    )


def kinds_of(value: Any, columns: Sequence[str]) -> tuple[str, ...]:
    """Tell for each column of an author's table what it holds: 'text', 'number' or 'time'.

    Examples
    --------
    >>> kinds_of([("web-1", 3)], ("host", "n"))
    ('text', 'number')
    """
    _, rows = table_of(value, len(columns))
    return tuple(_kind_of([row[place] for row in rows]) for place in range(len(columns)))


def table_of(value: Any, width: int) -> tuple[tuple[str, ...], list[Row]]:
    """Take a value apart into column names ('' where it has none) and rows of equal length."""
    names, rows = _taken_apart(value, width)
    if any(len(row) != len(names) for row in rows):
        raise UnreadableError(f"rows of different length. {_HOW}")
    return names, rows


def _taken_apart(value: Any, width: int) -> tuple[tuple[str, ...], list[Row]]:
    if hasattr(value, "reset_index") and (getattr(value, "ndim", 2) == 1 or len(value.columns) < width):
        value = value.reset_index()  # a pandas groupby keeps its keys in the index
    found = as_rows(value)
    if found is not None:
        return found
    if isinstance(value, Mapping):
        if all(isinstance(column, (list, tuple)) for column in value.values()):
            return tuple(map(str, value)), [tuple(row) for row in zip(*value.values(), strict=True)]
        return ("", ""), list(value.items())
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise UnreadableError(f"{type_name(value)}, and no table. {_HOW}")
    items = list(value)
    if items and all(isinstance(item, Mapping) for item in items):
        names = tuple(map(str, items[0]))
        return names, [tuple(item.get(name) for name in items[0]) for item in items]
    if not all(isinstance(item, (list, tuple)) for item in items):
        raise UnreadableError(f"a list that does not hold rows. {_HOW}")
    return ("",) * (len(items[0]) if items else 0), [tuple(item) for item in items]


def _order(
    names: Sequence[str], rows: Sequence[Row], columns: Sequence[str], kinds: Sequence[str]
) -> list[int]:
    own = [_bare(name) for name in names]
    wanted = [_bare(name) for name in columns]
    if all(own.count(name) == 1 for name in wanted):
        return [own.index(name) for name in wanted]
    if len(names) != len(columns):
        raise UnreadableError(f"a table of {len(names)} columns. Expected are: {', '.join(columns)}.")
    found = [_kind_of([row[place] for row in rows]) for place in range(len(names))]
    if len(set(kinds)) == len(kinds) and sorted(found) == sorted(kinds):
        return [found.index(kind) for kind in kinds]
    return list(range(len(columns)))


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def _kind_of(cells: Sequence[Any]) -> str:
    present = [cell for cell in cells if not is_missing(cell)]
    if present and all(isinstance(cell, dt.datetime) or _is_numpy(cell, "M") for cell in present):
        return "time"
    if present and all(_is_number(cell) for cell in present):
        return "number"
    return "text"


def _is_number(cell: Any) -> bool:
    if isinstance(cell, (bool, str, dt.date, dt.time)) or _is_numpy(cell, "b"):
        return False
    return isinstance(cell, dt.timedelta) or hasattr(cell, "__float__")


def _is_numpy(cell: Any, kind: str) -> bool:
    return getattr(getattr(cell, "dtype", None), "kind", "") == kind


def _cell(cell: Any, kind: str) -> Any:
    cell = cell if kind == "text" else unwrap(cell)
    if is_missing(cell):
        return None
    if kind == "number":
        return cell / dt.timedelta(seconds=1) if isinstance(cell, dt.timedelta) else read_number(cell)
    if kind == "time":
        return read_moment(cell)
    return plain(str(cell))
