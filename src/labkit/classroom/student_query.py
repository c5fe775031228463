"""Take a query as a student writes it: SQL that only reads, or the name of one of the course's queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.core.errors import LabError

if TYPE_CHECKING:
    import duckdb


def relation_of(
    con: duckdb.DuckDBPyConnection, text: str, parameters: Mapping[str, Any] | None = None
) -> duckdb.DuckDBPyRelation:
    """Give what a query would show; its rows are made when they are fetched.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned.
    text : str
        More than one word is SQL; one word is a name of ``labkit.queries()``.
    parameters : mapping, optional
        Those of a named query.

    Raises
    ------
    LabError
        No query of that name; or SQL that would change the evidence, or is several statements.
    duckdb.Error
        SQL that cannot be read, or asks for what is not there.

    Examples
    --------
    >>> import duckdb
    >>> relation_of(duckdb.connect(), "SELECT 1 + 1").fetchall()
    [(2,)]
    """
    import duckdb

    from labkit.evidence.queries import query

    if len(text.split()) <= 1:
        return query(con, text.strip(), **(parameters or {}))
    statements = con.extract_statements(text)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise LabError("this is not one query", next_step="Write it as SELECT ...")
    return con.sql(text)
