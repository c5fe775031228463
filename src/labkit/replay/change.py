"""Find the change of a connection string in the deployments' record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from labkit.core.conninfo import read
from labkit.replay.configuration import masked

if TYPE_CHECKING:
    import duckdb

#: The end of a change that nobody took back.
END = dt.datetime(9999, 1, 1)  # noqa: DTZ001 - times in tables are UTC without a zone
#: A connection string that no evidence shows.
UNKNOWN = "(not recorded)"
#: What programs call it when no connection can be had; the module before the name may vary.
_CONNECTION_ERRORS = "|".join(
    (
        # Python: psycopg, its pool, SQLAlchemy, the operating system
        "(PoolTimeout|PoolClosed|TooManyRequests|OperationalError|InterfaceError|ConnectionTimeout)$",
        "Connect(ion)?(Refused|Reset|Failed)?(Error)?$",
        # Java: JDBC, HikariCP, Spring
        "(SQL(Non)?TransientConnectionException|CannotGetJdbcConnectionException|PSQLException|ConnectException)$",
        # Go: net, pgx, pq; .NET: Npgsql; Ruby: pg, Active Record
        r"(net\.OpError|pgconn\.ConnectError|pq\.Error|NpgsqlException|SocketException)$",
        "(ConnectionBad|ConnectionNotEstablished|ConnectionTimeoutError)$",
        # Node.js: the system's own names
        "^(ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ETIMEDOUT|EAI_AGAIN|ENOTFOUND)$",
    )
)


@dataclass(frozen=True, slots=True)
class DsnChange:
    """One setting that held one connection string before a deployment and another after it.

    Attributes
    ----------
    key : str
        Name of the setting.
    before, after : str
        The two strings, as the record holds them; secrets are masked. `after` may be ``UNKNOWN``.
    service : str or None
        Program that was deployed; ``None`` where the evidence names none.
    deployment_id : str
        Joins to the table ``deployments``; empty where no deployment is recorded.
    from_utc, until_utc : datetime
        While `after` was in force, UTC without a zone; `until_utc` is far in the future where it still is.
    """

    key: str
    before: str
    after: str
    service: str | None
    deployment_id: str
    from_utc: dt.datetime
    until_utc: dt.datetime


def find_change(con: duckdb.DuckDBPyConnection) -> DsnChange | None:
    """Find the change of a connection string under which the most requests failed; nothing without one.

    Examples
    --------
    >>> import labkit
    >>> find_change(labkit.load("data/debacle")).key
    'DATABASE_URL'
    """
    changes = list(_changes(con))
    # What only takes an earlier change back is no cause; of two that were in force, the later one is nearer.
    causes = [change for change in changes if not any(_takes_back(change, other) for other in changes)]
    return max(causes, key=lambda change: (len(lost_requests(con, change)), change.from_utc), default=None)


def _takes_back(change: DsnChange, earlier: DsnChange) -> bool:
    same = (change.key, change.before, change.after) == (earlier.key, earlier.after, earlier.before)
    return same and earlier.from_utc < change.from_utc and change.before != change.after


def lost_requests(con: duckdb.DuckDBPyConnection, change: DsnChange) -> list[str]:
    """List the span ids of requests that failed under a change because of what it changed, in order."""
    values = {"service": change.service, "from_utc": change.from_utc, "until_utc": change.until_utc}
    rows = con.execute(
        read_sql("lost_requests"), values | {"connection_errors": _CONNECTION_ERRORS}
    ).fetchall()
    return sorted(span_id for (span_id,) in rows if span_id is not None)


def read_sql(name: str) -> str:
    """Read one of this room's SQL files."""
    return (resources.files("labkit.replay") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Event:
    time_utc: dt.datetime
    deployment_id: str
    service: str
    version: str | None
    previous: str | None
    diff: list[dict[str, str | None]] | None

    def entries(self) -> list[dict[str, str | None]]:
        return self.diff or []


def _events(con: duckdb.DuckDBPyConnection) -> list[_Event]:
    rows = con.execute(
        """SELECT time_utc, deployment_id, service_name, service_version, previous_version, config_diff
           FROM deployments WHERE time_utc IS NOT NULL AND deployment_id IS NOT NULL
           ORDER BY time_utc, deployment_id, event_name"""
    ).fetchall()
    return [_Event(*row) for row in rows]


def _changes(con: duckdb.DuckDBPyConnection) -> Iterator[DsnChange]:
    events = _events(con)
    seen: set[tuple[str, str | None]] = set()
    for event in events:
        for entry in event.entries():
            before, after = entry["before"], entry["after"]
            told = (event.deployment_id, entry["key"])
            if before is None or after is None or told in seen or not (_sound(before) or _sound(after)):
                continue
            one, two = masked(before), masked(after)
            if one == two and "***" not in one:
                continue  # equal texts with a mask may hide two passwords
            seen.add(told)
            until = _until(events, event, entry["key"])
            yield DsnChange(
                entry["key"] or "", one, two, event.service, event.deployment_id, event.time_utc, until
            )


def _sound(value: str) -> bool:
    """Tell whether libpq can read it; of a change one side suffices, for the other may be the fault."""
    return bool(value) and bool(read(value))


def _until(events: list[_Event], change: _Event, key: str | None) -> dt.datetime:
    """Give the end of the next deployment that set the key again or brought the earlier release back."""
    for event in events:
        later = event.service == change.service and event.time_utc > change.time_utc
        if not later or event.deployment_id == change.deployment_id:
            continue
        keys = {entry["key"] for entry in event.entries()}
        if key in keys or (change.previous is not None and event.version == change.previous):
            return max(other.time_utc for other in events if other.deployment_id == event.deployment_id)
    return END
