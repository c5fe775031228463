"""Ask a named query and keep with the rows how they were asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.evidence.investigate.model import Citation, Claim, Row
from labkit.evidence.queries import find, query

if TYPE_CHECKING:
    import duckdb

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of one named query, and the citation that asks for them again."""

    rows: tuple[Row, ...]
    citation: Citation

    def where(self, keep: Callable[[Row], bool]) -> tuple[Row, ...]:
        """Give the rows that a test keeps."""
        return tuple(row for row in self.rows if keep(row))

    def total(self, column: str, keep: Callable[[Row], bool] = lambda _: True) -> float:
        """Sum a column over the rows that a test keeps; what is NULL counts nothing."""
        return float(sum(row[column] or 0 for row in self.rows if keep(row)))

    def claim(self, text: str, rows: tuple[Row, ...] | None = None) -> Claim:
        """Say what the rows show, with the first of them beside it."""
        return Claim(text, self.citation, (self.rows if rows is None else rows)[:_SHOWN])


def ask(con: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> Answer:
    """Ask a named query; parameters that say what the query would take anyway are left out."""
    usual = find(name).defaults
    given = {key: value for key, value in parameters.items() if key not in usual or value != usual[key]}
    answer = query(con, name, **given)
    names = answer.columns
    rows = tuple(dict(zip(names, row, strict=True)) for row in answer.fetchall())
    return Answer(rows, Citation(name, tuple(given.items())))
