"""What the labs' reference functions ask of the evidence again and again: for ``answers.py`` only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt

    import duckdb

    from labkit.core.dsn import Dsn

#: Requests of people: the balancer's own checks are left out.
PEOPLE = "route <> '/livez'"


def one(con: duckdb.DuckDBPyConnection, sql: str, **values: Any) -> Any:
    """Give the one value of a query; `values` are bound to its parameters.

    Examples
    --------
    >>> import duckdb
    >>> one(duckdb.connect(), "SELECT $a + 1", a=2)
    3
    """
    return con.execute(sql, values or None).fetchall()[0][0]


def outage(con: duckdb.DuckDBPyConnection) -> tuple[dt.datetime, dt.datetime]:
    """Give onset and recovery as the named query finds them; UTC without a zone."""
    from labkit.evidence.queries import query

    begun, ended = query(con, "onset_and_recovery").project("onset_utc, recovery_utc").fetchall()[0]
    return begun, ended


def during(con: duckdb.DuckDBPyConnection, sql: str, **values: Any) -> Any:
    """Give the one value of a query that reads $onset and $recovery."""
    onset, recovery = outage(con)
    return one(con, sql, onset=onset, recovery=recovery, **values)


def first_said(con: duckdb.DuckDBPyConnection, where: str, **values: Any) -> Any:
    """Give the time of the first message that fits a condition; ``None`` where none does."""
    return one(con, f"SELECT min(time_utc) FROM messages WHERE {where}", **values)


def first_alarm(con: duckdb.DuckDBPyConnection) -> dt.datetime:
    """Give the moment at which the first burn-rate alarm would have fired."""
    from labkit.evidence.queries import query

    fired: dt.datetime = query(con, "burn_rate_alerts").aggregate("min(first_fired_utc)").fetchall()[0][0]
    return fired


def connection_strings(con: duckdb.DuckDBPyConnection) -> tuple[Dsn, Dsn]:
    """Give the connection string before and after the change under which requests failed."""
    from labkit.core.dsn import Dsn
    from labkit.replay.change import find_change

    change = find_change(con)
    assert change is not None
    return Dsn.parse(change.before), Dsn.parse(change.after)
