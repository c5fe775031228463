"""Take an answer out of what it came in: a relation, a table of one cell, a numpy scalar."""

from __future__ import annotations

import math
from typing import Any

#: The most rows and items that are looked at; an answer is never longer.
MOST = 1000


class UnreadableError(Exception):
    """An answer cannot be read; the message says what kind of thing it is and what would do."""


class UnansweredError(Exception):
    """An answer is, or holds, ``...``: nothing was answered yet."""


def type_name(value: object) -> str:
    """Name the type of a value, whatever the value does when it is asked.

    Examples
    --------
    >>> type_name(None), type_name(1.5)
    ('None', 'a float')
    """
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def unwrap(value: Any) -> Any:
    """Take a single value out of a relation, a frame, an array, a list or a tuple that holds nothing else.

    Examples
    --------
    >>> unwrap([(3,)])
    3
    """
    for _ in range(6):
        inner = _inner(value)
        if inner is value:
            break
        value = inner
    return value


def refuse_dots(value: Any, depth: int = 3) -> None:
    """Raise UnansweredError for ``...``, and for a list, tuple, set or dict that holds one."""
    if value is ...:
        raise UnansweredError
    if depth and isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) <= MOST:
        for item in value.values() if isinstance(value, dict) else value:
            refuse_dots(item, depth - 1)


def _inner(value: Any) -> Any:
    rows = as_rows(value)
    if rows is not None:
        names, cells = rows
        return cells[0][0] if len(cells) == 1 and len(names) == 1 else value
    if isinstance(value, (list, tuple)) and len(value) == 1:
        return value[0]
    module = type(value).__module__.partition(".")[0]
    if module == "pandas" and hasattr(value, "to_pydatetime"):
        return value
    if module == "pandas" and hasattr(value, "to_numpy") and getattr(value, "size", 0) == 1:
        return next(iter(value))
    if module == "numpy" and hasattr(value, "item") and getattr(value, "size", 0) == 1:
        return _numpy_scalar(value)
    return value


def _numpy_scalar(value: Any) -> Any:
    """Make a Python value of a numpy one; times keep what Python's have no room for cut off."""
    kind = getattr(value.dtype, "kind", "")
    if kind in "mM":
        single = value.reshape(()).astype(f"{'timedelta64' if kind == 'm' else 'datetime64'}[us]")
        return single.item()
    return value.item()


def as_rows(value: Any) -> tuple[tuple[str, ...], list[tuple[Any, ...]]] | None:
    """Read a DuckDB relation or a DataFrame as column names and rows; ``None`` for anything else.

    Raises
    ------
    UnreadableError
        It has more rows than any answer.
    """
    kind = type(value)
    if kind.__name__ == "DuckDBPyRelation":
        return _relation(value)
    if kind.__module__.partition(".")[0] == "pandas" and hasattr(value, "itertuples"):
        if len(value) > MOST:
            raise UnreadableError(f"a table of {len(value):,} rows, and no answer is that long")
        rows = [tuple(row) for row in value.itertuples(index=False, name=None)]
        return tuple(map(str, value.columns)), rows
    return None


def _relation(value: Any) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    shown = [
        f"{_quoted(name)} AT TIME ZONE 'UTC' AS {_quoted(name)}"
        if "WITH TIME ZONE" in str(kind)
        else _quoted(name)
        for name, kind in zip(value.columns, value.types, strict=True)
    ]
    rows = value.project(", ".join(shown)).limit(MOST + 1).fetchall()
    if len(rows) > MOST:
        raise UnreadableError(f"a table of more than {MOST:,} rows, and no answer is that long")
    return tuple(value.columns), [tuple(row) for row in rows]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def is_missing(value: Any) -> bool:
    """Tell None, NaN and NaT.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(0)
    (True, False)
    """
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return True
    return isinstance(value, float) and math.isnan(value)
