"""What the investigation takes for requests, which of them count as failed, and which are left out.

The named queries read ``requests``. A view of that name, which only the investigation's own connection sees,
puts something else in its place, so every query works as it stands and the evidence stays as it is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
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
#: Left out beside an incident that is already known, so that its edges are no incident of their own.
_EDGE = dt.timedelta(minutes=2)


def planes(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Count the rows of every table and view of the evidence."""
    return {row["table_name"]: int(row["rows"]) for row in ask(con, "tables").rows}


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests on a connection of the investigation's own.

    Attributes
    ----------
    con : duckdb.DuckDBPyConnection
        Its ``requests`` are what the methods make of them.
    plane : str
        Table that they come from.
    source : str
        What stands behind FROM for all of them.
    """

    con: duckdb.DuckDBPyConnection
    plane: str
    source: str

    def count_failed(self) -> None:
        """Take all requests as they are."""
        self._see(f"FROM {self.source}")

    def count_slow(self) -> None:
        """Count a request as failed, too, that takes many times as long as is usual for its route."""
        self.count_failed()
        limits = find("slow_limits")
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE slow_limits AS {limits.sql}", limits.defaults)
        self._see(
            f"""
            SELECT r.* REPLACE (
                coalesce(r.failed, false) OR coalesce(duration_ms > limit_ms, false) AS failed)
            FROM {self.source} AS r
            LEFT JOIN slow_limits AS l
              ON l.route = coalesce(concat_ws(' ', r.method, coalesce(r.route, r.path)), '')
            """
        )

    def leave_out(self, from_utc: dt.datetime, until_utc: dt.datetime) -> None:
        """Leave out what arrived in a time and close to it."""
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE left_out AS SELECT $a::TIMESTAMP AS a, $b::TIMESTAMP AS b",
            {"a": from_utc - _EDGE, "b": until_utc + _EDGE},
        )
        self._see(f"SELECT r.* FROM {self.source} AS r, left_out WHERE start_utc < a OR start_utc >= b")

    def _see(self, sql: str) -> None:
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW requests AS {sql}")

    def close(self) -> None:
        """Give the connection back; the evidence is as it was."""
        self.con.close()


def open_traffic(con: duckdb.DuckDBPyConnection, rows: dict[str, int]) -> Traffic:
    """Open a connection on which ``requests`` has rows: of spans, or of the plane that stands in for them."""
    own = con.cursor()
    own.execute("SET TimeZone = 'UTC'")
    (name,) = own.execute("SELECT current_database()").fetchall()[0]
    whole = f'"{name.replace(chr(34), 2 * chr(34))}".main.requests'
    found = ((table, f"({find(query).sql})") for table, query in _STAND_INS if rows.get(table))
    plane, source = ("requests", whole) if rows.get("requests") else next(found, ("requests", whole))
    traffic = Traffic(own, plane, source)
    traffic.count_failed()
    return traffic
