"""Connection strings that connect: their faults show query by query, or not at all."""

from __future__ import annotations

import re

from labkit.simulation.faults.login_faults import _at
from labkit.simulation.faults.query_errors import answered, failing, relation_missing
from labkit.simulation.faults.row import Call, QueryFault
from labkit.simulation.faults.session_faults import settings
from labkit.simulation.model import Outcome, Route

_PATH = "search_path"
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|SELECT(?=.* FOR UPDATE))\b")
_STAGING_LACKS = 0.92


def _every_table(call: Call, route: Route) -> tuple[Outcome, ...]:
    """Fail the first query of a route: none of the tables is there."""
    return (relation_missing(route),) if route.queries else ()


def _no_privilege(call: Call, route: Route) -> tuple[Outcome, ...]:
    if not route.queries:
        return ()
    text = f"permission denied for table {table_of(route.queries[0].text)}"
    return (failing(route, 0, "42501", "psycopg.errors.InsufficientPrivilege", text),)


def _no_writes(call: Call, route: Route) -> tuple[Outcome, ...]:
    """Fail the first query of a route that writes or locks rows, if there is one."""
    for number, query in enumerate(route.queries):
        if found := _WRITES.match(query.text):
            verb = f"{found.group(1)} FOR UPDATE" if found.group(1) == "SELECT" else found.group(1)
            text = f"cannot execute {verb} in a read-only transaction"
            return (failing(route, number, "25006", "psycopg.errors.ReadOnlySqlTransaction", text),)
    return ()


def _cancels(call: Call, route: Route) -> tuple[Outcome, ...]:
    """Cancel each query of a route that takes too long; how many do so follows from their times."""
    text = "canceling statement due to statement timeout"
    limit = float(limit_ms(call) or 0)
    return tuple(
        failing(route, k, "57014", "psycopg.errors.QueryCanceled", text, share=0, query_ms=limit)
        for k in range(len(route.queries))
    )


def _strangers(call: Call, route: Route) -> tuple[Outcome, ...]:
    """Answer most customers that they are not known: the data are another's."""
    if route.name == "login":
        return (answered(route, 401, _STAGING_LACKS, "login of {user} refused: password does not match"),)
    if route.name in ("accounts", "transfers"):
        return (answered(route, 404, _STAGING_LACKS, "account not found for {user}"),)
    return ()


def table_of(sql: str) -> str:
    """Name the table that a query is about.

    Examples
    --------
    >>> table_of("INSERT INTO sessions (session_id) VALUES (1)")
    'sessions'
    """
    found = re.search(r"\b(?:FROM|INTO) (\w+)", sql)
    return found.group(1) if found else ""


def limit_ms(call: Call) -> int | None:
    """Return the longest time that a statement may take, where the string sets it; milliseconds."""
    value = settings(call).get("statement_timeout")
    return int(value) if value and value.isdecimal() else None


QUERY_FAULTS: tuple[QueryFault, ...] = (
    QueryFault(
        name="empty-database",
        part="dbname",
        applies=lambda call: call.dsn.dbname in _at(call).empty,
        outcomes=_every_table,
        measured="06b_wrong_but_existing_db",
        spans="500 within milliseconds on every route that asks the database; the first query fails with "
        "42P01",
        log="ERROR 42P01 for every failed query",
        separates="42P01 as wrong-search-path, but db.namespace of the queries is another than before",
    ),
    QueryFault(
        name="wrong-search-path",
        part="options",
        applies=lambda call: settings(call).get(_PATH, "public") != "public",
        outcomes=_every_table,
        measured="15_wrong_search_path",
        spans="500 within milliseconds on every route that asks the database; the first query fails with "
        "42P01",
        log="ERROR 42P01 for every failed query",
        separates="42P01 as empty-database, but db.namespace is the old one; the options changed",
    ),
    QueryFault(
        name="missing-privilege",
        part="user",
        applies=lambda call: call.dsn.user in _at(call).unprivileged,
        outcomes=_no_privilege,
        measured="14_no_table_privilege",
        spans="500 within milliseconds on every route that asks the database; the first query fails with "
        "42501",
        log="ERROR 42501 for every failed query; 'connection authorized' for another user than before",
        separates="42501 names the table; the user in the server's log is another than before",
    ),
    QueryFault(
        name="read-replica",
        part="host",
        applies=lambda call: _at(call).standby,
        outcomes=_no_writes,
        measured="16c_hot_standby_write",
        spans="reads work; requests that write (login, transfers) fail at once, their writing query with "
        "25006",
        log="ERROR 25006 for every failed query",
        separates="only writes fail; server.address of the queries is another than before",
    ),
    QueryFault(
        name="short-statement-timeout",
        part="options",
        applies=lambda call: limit_ms(call) is not None,
        outcomes=_cancels,
        measured="20_statement_timeout",
        spans="queries that take longer than the limit fail with 57014, all after the same time; fast ones "
        "work",
        log="ERROR 57014 for every failed query",
        separates="as slow-query, but the time at which queries end fell in one step, and no latency grew "
        "before",
    ),
    QueryFault(
        name="staging-database",
        part="host",
        applies=lambda call: _at(call).staging,
        outcomes=_strangers,
        spans="no error anywhere; most logins refused (401), most accounts not found (404); queries succeed",
        log="nothing unusual, as far as it is this server's log",
        separates="server.address of the queries is a new one; status codes 401 and 404 rise in one step",
    ),
)
