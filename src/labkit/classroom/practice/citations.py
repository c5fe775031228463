"""Run the queries that an answer cites: evidence is what another person sees, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.classroom.practice.answer import Cited
from labkit.classroom.student_query import relation_of
from labkit.core.errors import LabError

if TYPE_CHECKING:
    import duckdb

#: Fewer queries than this cannot show when, what and why.
LEAST = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of one cited query: how many rows at most it shows, or why it shows none."""

    query: str
    rows: bool
    problem: str = ""


def show(con: duckdb.DuckDBPyConnection, cited: Sequence[Cited]) -> tuple[Shown, ...]:
    """Run each cited query once; the same query twice counts once."""
    return tuple(_shown(con, one) for one in {repr(one): one for one in cited}.values())


def share(shown: Sequence[Shown]) -> float:
    """Give the share of queries that show rows, of all that were cited and of at least three."""
    return sum(one.rows for one in shown) / max(len(shown), LEAST)


def _shown(con: duckdb.DuckDBPyConnection, one: Cited) -> Shown:
    import duckdb

    try:
        rows = bool(relation_of(con, one.query, dict(one.parameters)).limit(1).fetchall())
    except (LabError, duckdb.Error, RuntimeError) as error:
        return Shown(one.query, False, str(error).splitlines()[0])
    return Shown(one.query, rows, "" if rows else "it runs, and returns no row")
