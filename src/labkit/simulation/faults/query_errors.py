"""How a request ends whose query failed, in the words of driver and server."""

from __future__ import annotations

import re

from labkit.simulation.model import Outcome, Route

_WIDTH, _LEAST_RIGHT = 60, 10
_ACCOUNT = "\0" * 6

#: What a client meets on a connection that an administrator has ended.
CUT, CUT_MESSAGE = "57P01", "terminating connection due to administrator command"
_BODIES = {
    "login": "login of {user} failed",
    "accounts": "account page failed for {user}",
    "statement": "statement failed for {user}",
    "transfers": "transfer of {user} failed",
}


def failing(
    route: Route,
    query: int,
    sqlstate: str,
    exception: str,
    message: str,
    *,
    server_message: str = "",
    share: float = 1.0,
    query_ms: float = 1.1,
) -> Outcome:
    """Make the outcome of requests of a route whose query fails; by default of all that get so far."""
    return Outcome(
        name=sqlstate,
        route=route.name,
        share=share,
        status=500,
        query=query,
        sqlstate=sqlstate,
        exception=exception,
        message=message,
        server_message=server_message or message,
        server_detail="",
        query_ms=query_ms,
        query_sigma=0.3,
        severity="ERROR",
        body=_BODIES.get(route.name, "request failed for {user}"),
    )


def answered(route: Route, status: int, share: float, body: str) -> Outcome:
    """Make the outcome of requests that are answered properly, though not as the user hoped."""
    return Outcome(
        name=str(status),
        route=route.name,
        share=share,
        status=status,
        query=0,
        sqlstate="",
        exception="",
        message="",
        server_message="",
        server_detail="",
        query_ms=1.8,
        query_sigma=0.4,
        severity="WARNING" if status == 401 else "INFO",
        body=body,
    )


def relation_missing(route: Route) -> Outcome:
    """Make the outcome of requests whose first query names a table that is not there."""
    sql = re.sub(r"%\(account_id\)s", _ACCOUNT, route.queries[0].text)
    sql = re.sub(r"%\(login\)s", "'customer-00000'", sql)
    found = re.search(r"\b(?:FROM|INTO) (\w+)", sql)
    name, at = (found.group(1), found.start(1)) if found else ("", 0)
    says = f'relation "{name}" does not exist'
    pointed = f"{says}\n{pointer(sql, at)}".replace(_ACCOUNT, "«account»")
    return failing(route, 0, "42P01", "psycopg.errors.UndefinedTable", pointed, server_message=says)


def cut_off(route: Route) -> Outcome:
    """Make the outcome of requests that get a connection which the server has ended."""
    return failing(route, 0, CUT, "psycopg.errors.AdminShutdown", CUT_MESSAGE, query_ms=0.3)


def pointer(sql: str, at: int) -> str:
    """Quote a statement of one line with a caret below, cut to sixty characters as libpq cuts it.

    libpq's ``reportErrorPosition`` (src/interfaces/libpq/fe-protocol3.c) keeps ten characters to the right.

    Examples
    --------
    >>> print(pointer("select count(*) from accounts", 21))
    LINE 1: select count(*) from accounts
                                 ^
    """
    begin, end = 0, len(sql)
    if end > _WIDTH:
        if at + _LEAST_RIGHT <= _WIDTH:
            end = _WIDTH
        else:
            end = min(end, at + _LEAST_RIGHT)
            begin = max(0, end - _WIDTH)
    head = "LINE 1: " + ("..." if begin else "")
    shown = head + sql[begin:end] + ("..." if end < len(sql) else "")
    return f"{shown}\n{' ' * (len(head) + at - begin)}^"
