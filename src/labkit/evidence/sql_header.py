"""A named query's header: what it asks, of which tables, with which parameters, and what comes back.

Each line of a header is a SQL comment, so that the file runs as it stands in any DuckDB client::

    -- question: How many requests came in each bucket of time, and what share of them failed?
    -- tables: requests
    -- grain: one row a bucket of time with at least one request
    -- parameter: bucket_seconds BIGINT = 60 [s, at least 1] width of a bucket
    -- column: time_utc TIMESTAMP [UTC] start of the bucket

A parameter without ``=`` must be given. A unit stands in square brackets; ``1`` is a ratio.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.core.errors import LabError

Value = str | int | float | bool | None

_LINE = re.compile(r"^--\s*(question|tables|grain|parameter|column)\s*:\s*(.*?)\s*$")
_ITEM = re.compile(
    r"""^(?P<name>[a-z][a-z0-9_]*)\s+(?P<type>[A-Z]+(?:\[\])?)
        (?:\s*=\s*(?P<default>'(?:[^']|'')*'|[^\s\[]+))?
        (?:\s+\[(?P<unit>[^\],]+)(?:,\s*at\ least\ (?P<least>[\d.]+))?\])?
        \s+(?P<doc>.+)$""",
    re.VERBOSE,
)
_WORDS: dict[str, Value] = {"NULL": None, "TRUE": True, "FALSE": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a query takes: its name, DuckDB type, default and unit."""

    name: str
    sql_type: str
    doc: str
    unit: str = ""
    default: Value = None
    required: bool = False
    least: float | None = None


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column that a query returns: its name, DuckDB type, meaning and unit."""

    name: str
    sql_type: str
    doc: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """One question asked of the evidence, with the SQL that answers it."""

    name: str
    question: str
    tables: tuple[str, ...]
    grain: str
    parameters: tuple[Parameter, ...]
    columns: tuple[OutputColumn, ...]
    sql: str

    @property
    def defaults(self) -> dict[str, Value]:
        """The parameters that need not be given, with the values they then have."""
        return {p.name: p.default for p in self.parameters if not p.required}


def parse(name: str, sql: str) -> NamedQuery:
    """Read the header of a query.

    Raises
    ------
    LabError
        When a part is missing or a line of the header cannot be read.

    Examples
    --------
    >>> q = parse("ones", "-- question: One?\\n-- tables: logs\\n-- grain: one row\\n"
    ...           "-- column: n BIGINT [1] always one\\nSELECT 1::BIGINT AS n ORDER BY n")
    >>> q.question, q.columns[0].unit
    ('One?', '1')
    """
    lines = [found.groups() for found in map(_LINE.match, sql.splitlines()) if found]
    single = {key: text for key, text in lines if key in ("question", "tables", "grain")}
    for key in ("question", "tables", "grain", "column"):
        if key not in {k for k, _ in lines}:
            raise LabError(f"the query {name!r} has no '-- {key}:' line", next_step="Add it to the header.")
    return NamedQuery(
        name=name,
        question=single["question"],
        tables=tuple(part.strip() for part in single["tables"].split(",")),
        grain=single["grain"],
        parameters=tuple(_parameter(name, text) for key, text in lines if key == "parameter"),
        columns=tuple(_column(name, text) for key, text in lines if key == "column"),
        sql=sql,
    )


def _item(name: str, text: str) -> re.Match[str]:
    found = _ITEM.match(text)
    if found is None:
        raise LabError(
            f"a header line of the query {name!r} cannot be read",
            found=text,
            next_step="Write: name TYPE = default [unit] what it is.",
        )
    return found


def _parameter(name: str, text: str) -> Parameter:
    item = _item(name, text)
    least = item["least"]
    return Parameter(
        name=item["name"],
        sql_type=item["type"],
        doc=item["doc"],
        unit=item["unit"] or "",
        default=_literal(item["default"]),
        required=item["default"] is None,
        least=None if least is None else float(least),
    )


def _column(name: str, text: str) -> OutputColumn:
    item = _item(name, text)
    return OutputColumn(item["name"], item["type"], item["doc"], item["unit"] or "")


def _literal(text: str | None) -> Value:
    if text is None or text in _WORDS:
        return _WORDS[text or "NULL"]
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    return float(text) if "." in text else int(text)
