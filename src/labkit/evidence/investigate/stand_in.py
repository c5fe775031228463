"""Let another plane stand in for the requests where no program was traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.evidence.investigate.ask import ask
from labkit.evidence.queries import find

if TYPE_CHECKING:
    import duckdb

#: Planes that can stand in for requests, best first: table and the query that shapes it.
_STAND_INS = (
    ("access", "requests_from_access"),
    ("logs", "requests_from_logs"),
    ("postgres_log", "requests_from_postgres"),
)


def planes(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Count the rows of every table and view of the evidence."""
    return {row["table_name"]: int(row["rows"]) for row in ask(con, "tables").rows}


def with_requests(
    con: duckdb.DuckDBPyConnection, rows: dict[str, int]
) -> tuple[duckdb.DuckDBPyConnection, str]:
    """Give a connection on which ``requests`` has rows, and the name of the plane that they come from.

    A view that only the new connection sees hides the empty one, so every named query works as it stands and
    the evidence stays as it is.
    """
    own = con.cursor()
    own.execute("SET TimeZone = 'UTC'")
    if rows.get("requests"):
        return own, "requests"
    for table, name in _STAND_INS:
        if rows.get(table):
            own.execute(f"CREATE OR REPLACE TEMP VIEW requests AS {find(name).sql}")
            return own, table
    return own, "requests"
