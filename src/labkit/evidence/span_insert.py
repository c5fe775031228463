"""Insert the spans of one JSON file with one statement, then turn its marks into line numbers.

DuckDB's reader knows no line numbers: the statement marks the first row of each line, and rows it doubts.
"""

from __future__ import annotations

import glob
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.evidence.fast import Fast, Into, run_long, sql_of
from labkit.evidence.lines import packing_of

if TYPE_CHECKING:
    import duckdb

_EVENTS = 'STRUCT(timeUnixNano JSON, name JSON, attributes STRUCT("key" JSON, "value" JSON)[])[]'


@dataclass(frozen=True, slots=True)
class Way:
    """How to read: errors ignored or not, and whether lines without any span must be seen."""

    forgive: bool
    careful: bool


QUICK, CAREFUL, FORGIVING = Way(False, False), Way(False, True), Way(True, True)


@dataclass(frozen=True, slots=True)
class Made:
    """Rows of one file that were inserted: their ids, how many, on how many lines, how many doubted."""

    first: int
    last: int
    rows: int
    lines: int
    doubted: int


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make the macros that the statements use."""
    con.execute(sql_of("span_macros"))


def insert(into: Into, path: Path, way: Way) -> Made | None:
    """Insert rows with their marks; give none where DuckDB could not."""
    import duckdb

    (before,) = into.con.execute("SELECT coalesce(max(rowid), -1) FROM spans").fetchall()[0]
    values = {**_source(path, way), "source_file": into.source_file}
    into.con.execute(sql_of("span_events_forgiving" if way.forgive else "span_events"))
    try:
        run_long(into, _statement(way), values)
    except duckdb.Error:
        return None
    found = into.con.execute(
        "SELECT coalesce(min(rowid), 0), coalesce(max(rowid), 0), count(*), coalesce(sum(source_line), 0), "
        "count(*) - count(source_file) FROM spans WHERE rowid > $1",
        [before],
    ).fetchall()
    return Made(*(int(value) for value in found[0]))


def withdraw(into: Into, made: Made) -> None:
    """Take the rows back."""
    into.con.execute("DELETE FROM spans WHERE rowid BETWEEN $1 AND $2", [made.first, made.last])


def settle(into: Into, made: Made, first: int = 1, numbers: Sequence[int] | None = None) -> Fast:
    """Number the lines, take out those that are doubted, and count.

    Lines are numbered from ``first``; ``numbers`` are those of all lines where blank ones stand between.
    """
    alone = made.rows == made.lines == made.last - made.first + 1
    values = {"first": made.first, "last": made.last, "line": first}
    into.con.execute(sql_of("span_lines_alone" if alone else "span_lines"), values)
    if numbers is not None:
        into.con.execute(
            "UPDATE spans SET source_line = list_extract($3::BIGINT[], source_line) "
            "WHERE rowid BETWEEN $1 AND $2",
            [made.first, made.last, numbers],
        )
    doubted = _doubted(into, made) if made.doubted else frozenset()
    return Fast(made.lines - len(doubted), made.rows - remove(into, made, doubted), doubted)


def remove(into: Into, made: Made, lines: Collection[int]) -> int:
    """Take the rows of some lines back; give how many they were."""
    if not lines:
        return 0
    gone = into.con.execute(
        "DELETE FROM spans WHERE rowid BETWEEN $1 AND $2 AND source_line IN (SELECT unnest($3::BIGINT[]))",
        [made.first, made.last, sorted(lines)],
    )
    return int(gone.fetchall()[0][0])


def _doubted(into: Into, made: Made) -> frozenset[int]:
    found = into.con.execute(
        "SELECT DISTINCT source_line FROM spans WHERE rowid BETWEEN $1 AND $2 AND source_file IS NULL",
        [made.first, made.last],
    )
    return frozenset(line for (line,) in found.fetchall())


def is_sound(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Say whether DuckDB reads a file without an error."""
    import duckdb

    try:
        con.execute(
            f"SELECT count(hash(batches)) FROM ({sql_of('span_source')}) AS batches", _source(path, QUICK)
        )
    except duckdb.Error:
        return False
    return True


def _source(path: Path, way: Way) -> dict[str, object]:
    return {"path": glob.escape(str(path)), "compression": packing_of(path), "forgive": way.forgive}


def _statement(way: Way) -> str:
    careful = "true" if way.careful else "false"  # a constant, so that DuckDB leaves the branch out
    return sql_of("spans").replace("--BATCHES--", _batches(way)).replace("$careful", careful)


def _batches(way: Way) -> str:
    return sql_of("span_source").replace("--EVENTS--", "JSON" if way.forgive else _EVENTS)
