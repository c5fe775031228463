"""Replay the recorded requests under the connection string as it was deployed, or as it was before.

The same requests arrive at the same moments; only what the connection string decided is decided again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labkit.core.dsn import Dsn
from labkit.core.errors import unknown_name
from labkit.replay.change import DsnChange, find_change, lost_requests, read_sql

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

AS_DEPLOYED, AS_CORRECTED = "as deployed", "as corrected"
#: What may be replayed: the string that the deployment brought, or the one in force before it.
STATES = (AS_DEPLOYED, AS_CORRECTED)
#: The one thing a replay takes for granted; shown wherever its result is.
ASSUMPTION = (
    "The replay assumes that each request that got no connection would have been answered like a "
    "healthy request of the same route, and that people would have asked for the same pages."
)


@dataclass(frozen=True, slots=True)
class Replay:
    """What the recorded requests met under one connection string.

    Attributes
    ----------
    state : str
        'as deployed' or 'as corrected'.
    dsn : Dsn
        The connection string; secrets are masked.
    requests, failed, saved : int
        Recorded requests (health checks left out); those that fail in this replay; those that failed in the
        record and succeed here.
    con : duckdb.DuckDBPyConnection
        The same evidence with the replayed ``requests``: every query and chart works on it.
    """

    state: str
    dsn: Dsn
    requests: int
    failed: int
    saved: int
    con: duckdb.DuckDBPyConnection = field(repr=False, compare=False)

    @property
    def sentence(self) -> str:
        """Say the result in one sentence, with its numbers."""
        base = f"With the connection string {self.state}, {self.failed:,} of {self.requests:,} requests fail"
        return f"{base}; {self.saved:,} that failed in the record succeed." if self.saved else f"{base}."

    def per_minute(self) -> pd.DataFrame:
        """Count requests and failures: one row a minute, columns as in the query ``error_ratio``."""
        from labkit.evidence.queries import query

        table: pd.DataFrame = query(self.con, "error_ratio").df()
        return table


def replay(con: duckdb.DuckDBPyConnection, state: str = AS_DEPLOYED) -> Replay:
    """Replay the evidence of `con` under one of the two connection strings of its record.

    'as deployed' gives the record itself. 'as corrected' answers the requests that failed for want of a
    connection while the deployed string was in force like healthy requests of their route (which one, the
    trace id decides); every other failure stays. `con` is not changed.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned.
    state : str
        'as deployed' or 'as corrected'.

    Raises
    ------
    LabError
        For another state, and for evidence without a change of a connection string.

    Examples
    --------
    >>> import labkit
    >>> con = labkit.load("data/debacle")
    >>> result = replay(con, "as corrected")
    >>> result.failed < replay(con, "as deployed").failed == result.failed + result.saved
    True
    """
    if state not in STATES:
        raise unknown_name("state", state, STATES)
    change = find_change(con)
    if state == AS_DEPLOYED:
        return _outcome(con, con, state, change.after)
    return _outcome(con, _corrected(con, change), state, change.before)


def _corrected(con: duckdb.DuckDBPyConnection, change: DsnChange) -> duckdb.DuckDBPyConnection:
    """Open a second view of the same database, where `requests` names the replayed ones."""
    view = con.cursor()
    # Temporary tables belong to one connection and are found before others of their name.
    view.execute("CREATE OR REPLACE TEMP TABLE lost (span_id VARCHAR)")
    view.execute("INSERT INTO lost SELECT unnest($spans::VARCHAR[])", {"spans": lost_requests(con, change)})
    view.execute(
        f"CREATE OR REPLACE TEMP TABLE requests AS {read_sql('replayed_requests')}",
        {"from_utc": change.from_utc},
    )
    return view


def _outcome(
    record: duckdb.DuckDBPyConnection, view: duckdb.DuckDBPyConnection, state: str, dsn: Dsn
) -> Replay:
    requests, failed = _count(view)
    return Replay(state, dsn, requests, failed, _count(record)[1] - failed, view)


def _count(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Count requests and failures as the charts do: without the balancer's health checks."""
    from labkit.evidence.queries import query

    series = query(con, "error_ratio")
    rows = series.aggregate("coalesce(sum(requests), 0)::BIGINT, coalesce(sum(failed), 0)::BIGINT").fetchall()
    return rows[0][0], rows[0][1]
