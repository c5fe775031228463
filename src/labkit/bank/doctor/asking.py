"""One question to the server: a file of SQL, its values bound, its rows by column name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.bank.doctor.case import Case

Row = dict[str, Any]


def ask(case: Case, name: str, values: Mapping[str, Any] | None = None) -> list[Row]:
    """Run the query of that name in the case's session.

    Raises
    ------
    psycopg.Error
        When the server refuses it or takes longer than the examination may.
    """
    from psycopg.rows import dict_row

    assert case.connection is not None, "the steps within a session come after the one that begins it"
    bound = {"bound_ms": str(max(1, int(case.deadline.left_s * 1000)))}
    # A transaction of its own: what is set ends with it, also where a pooler lends the session on.
    with case.connection.transaction(), case.connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(_sql("bound"), bound)
        cursor.execute(_sql(name), values or {})
        return cursor.fetchall()


def _sql(name: str) -> bytes:
    return (files("labkit.bank.doctor") / "sql" / f"{name}.sql").read_bytes()


def ask_one(case: Case, name: str, values: Mapping[str, Any] | None = None) -> Row:
    """Run a query that has exactly one row."""
    (row,) = ask(case, name, values)
    return row
