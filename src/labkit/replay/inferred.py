"""Infer the change of a connection string from what was dialled, where no deployment is recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from labkit.core.dsn import Dsn
from labkit.core.secret import MASK
from labkit.evidence.queries import query
from labkit.replay.change import END, UNKNOWN, DsnChange, lost_requests, read_sql

if TYPE_CHECKING:
    import duckdb

_SETTING = "database connection"
_JUST_AFTER = dt.timedelta(microseconds=1)
#: Requests that must have failed for want of a connection, and what share of the failures they must be.
_LEAST_LOST, _LEAST_SHARE = 3, 0.5


@dataclass(frozen=True, slots=True)
class Inferred:
    """A change that nobody recorded, and the sentences that say what it rests on.

    It is believed where at least `least` requests were lost to it.
    """

    change: DsnChange
    assumptions: tuple[str, ...]
    least: float = _LEAST_LOST


class Dialled(NamedTuple):
    """One row of ``dialled.sql``."""

    service: str | None
    release: str | None
    host: str
    port: int | None
    dbname: str | None
    user: str | None
    system: str
    dialled: int
    failed: int
    first_utc: dt.datetime
    last_utc: dt.datetime
    last_good_utc: dt.datetime | None

    @property
    def target(self) -> tuple[str, int | None, str | None, str | None]:
        """Where it leads."""
        return self.host, self.port, self.dbname, self.user

    @property
    def good(self) -> int:
        """How many did not fail."""
        return self.dialled - self.failed

    @property
    def dsn(self) -> str:
        """The connection string as far as spans show it."""
        password = MASK if self.user else None
        known = {"user": self.user, "password": password, "host": self.host, "port": self.port}
        return Dsn().replace(**known, dbname=self.dbname).redacted


def infer_change(con: duckdb.DuckDBPyConnection) -> Inferred | None:
    """Infer which connection string a program was given, and when; nothing where deployments are recorded.

    A database that a program dials and never reaches, while it reaches another one, is that of an update.
    Where attempts leave no span, the update is the time in which requests fail without a query.
    """
    if con.execute("SELECT count(*) FROM deployments").fetchall() != [(0,)]:
        return None
    rows = [Dialled(*row) for row in con.execute(read_sql("dialled")).fetchall()]
    reached = max((row for row in rows if row.good), key=lambda row: row.good, default=None)
    if reached is None:
        return None
    found = _dialled_in_vain(con, rows, reached) or _failed_without_query(con, reached)
    if found is None or len(lost_requests(con, found.change)) < found.least:
        return None
    return replace(found, assumptions=(*found.assumptions, *_of_the_server(reached)))


def _dialled_in_vain(
    con: duckdb.DuckDBPyConnection, rows: Sequence[Dialled], reached: Dialled
) -> Inferred | None:
    mine = [row for row in rows if row.service == reached.service]
    works = {row.target for row in mine if row.good}
    vain = [row for row in mine if row.target not in works]
    wrong = max(vain, key=lambda row: row.failed, default=None)
    if wrong is None:
        return None
    first = min(row.first_utc for row in vain if row.target == wrong.target)
    last = max(row.last_utc for row in vain if row.target == wrong.target)
    again = max((row.last_good_utc for row in mine if row.last_good_utc), default=last) > last
    release = _release(con, mine, wrong)
    if release is not None:
        first, last = min(first, release[0]), max(last, release[1])
    change = _change(reached, wrong.dsn, first, last + _JUST_AFTER if again else END)
    who = f"{wrong.service or 'the program'}{f' {wrong.release}' if release else ''}"
    told = (
        f"No deployment is recorded, but {who} dialled {wrong.dsn} and never reached it: "
        f"that is taken for the string of an update, in force {_span(change)}."
    )
    return Inferred(change, (told,))


def _release(
    con: duckdb.DuckDBPyConnection, mine: Sequence[Dialled], wrong: Dialled
) -> tuple[dt.datetime, dt.datetime] | None:
    """Give the time of the release that dialled in vain, if none of it ever reached a database."""
    if wrong.release is None or any(row.good for row in mine if row.release == wrong.release):
        return None
    releases = con.execute(read_sql("releases"), {"service": wrong.service}).fetchall()
    return next((first, last) for release, first, last in releases if release == wrong.release)


def _failed_without_query(con: duckdb.DuckDBPyConnection, reached: Dialled) -> Inferred | None:
    row = query(con, "onset_and_recovery").df().iloc[0]
    if row["state"] not in ("recovered", "ongoing"):
        return None
    until = row["recovery_utc"].to_pydatetime() if row["state"] == "recovered" else END
    change = _change(reached, UNKNOWN, row["onset_utc"].to_pydatetime(), until)
    told = (
        "No deployment is recorded, and no span shows what was dialled: the string of the update is not "
        f"known. It was in force, as is assumed, {_span(change)}, while requests failed without a query."
    )
    return Inferred(change, (told,), max(_LEAST_LOST, _LEAST_SHARE * row["failed"]))


def _change(reached: Dialled, after: str, from_utc: dt.datetime, until_utc: dt.datetime) -> DsnChange:
    return DsnChange(_SETTING, reached.dsn, after, reached.service, "", from_utc, until_utc)


def _span(change: DsnChange) -> str:
    if change.until_utc == END:
        return f"from {change.from_utc:%Y-%m-%d %H:%M:%S} UTC on"
    return f"from {change.from_utc:%Y-%m-%d %H:%M:%S} to {change.until_utc:%H:%M:%S} UTC"


def _of_the_server(reached: Dialled) -> list[str]:
    said = []
    if reached.user is None:
        said.append(
            "Role and password are not recorded: whatever they were, the server that worked lets them in."
        )
    if reached.system != "postgresql":
        said.append(f"The database ({reached.system}) is replayed as if it were PostgreSQL.")
    return said
