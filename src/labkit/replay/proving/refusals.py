"""What a server answers instead of rows: psycopg's own exceptions, in the server's words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from labkit.core.errors import LabError
from labkit.replay.proving.books import Server
from labkit.replay.proving.dialect import Statement, bare, is_known

VERBS = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "SHOW", "SET", "BEGIN", "COMMIT", "ROLLBACK")
_SET = re.compile(r"SET\s+(?:LOCAL\s+|SESSION\s+)?(\w+)\s*(?:=|TO)\s*'?([\w ]+?)'?\s*$", re.IGNORECASE)
_UNITS_MS = {"": 1.0, "ms": 1.0, "s": 1000.0, "min": 60_000.0}
_SYSTEM = ("information_schema.tables",)


class UnknownHereError(LabError):
    """The proving ground cannot do what was asked; a real server might."""


def refuse_unknown(one: Statement, server: Server) -> None:
    """Raise what the server raises while it reads a statement: a slip, a name that is not there."""
    from psycopg import errors

    if one.verb not in VERBS:
        raise _unknown(one)
    for name in one.settings:
        _setting(name, server)
    for name in one.asked_about:
        if not _is_there(name, server):
            raise errors.UndefinedTable(f'relation "{name}" does not exist')
    for name, at in one.tables:
        if not _is_there(name, server) and name.lower() not in _SYSTEM:
            text = f'relation "{name.lower()}" does not exist\n{one.pointed(at)}'
            raise errors.UndefinedTable(text)


def refusal(one: Statement, server: Server) -> Exception | None:
    """Give what the server raises when it begins to run a statement that this session may not."""
    from psycopg import errors

    if one.writes and server.read_only:
        return errors.ReadOnlySqlTransaction(f"cannot execute {one.command} in a read-only transaction")
    known = [bare(name) for name, _ in one.tables if is_known(name)]
    if known and not server.privileged:
        return errors.InsufficientPrivilege(f"permission denied for table {known[0]}")
    return None


def _unknown(one: Statement) -> Exception:
    """Tell a slip in the grammar from a statement that a real server knows."""
    import duckdb

    try:
        duckdb.extract_statements(one.text)
    except duckdb.Error as error:
        return translated(one, error)
    return UnknownHereError(
        "the proving ground does not know such a statement",
        found=one.text[:60],
        allowed=VERBS,
        next_step="Ask something that one of these can ask.",
    )


def _is_there(name: str, server: Server) -> bool:
    return is_known(name) and not server.empty and (server.on_path or "." in name)


def cancel(one: Statement, limit_ms: float) -> None:
    """Raise what a server raises when a statement takes longer than it may; 0 is no limit."""
    from psycopg import errors

    if 0 < limit_ms < one.takes_ms:
        raise errors.QueryCanceled("canceling statement due to statement timeout")


def show(one: Statement, server: Server) -> tuple[list[tuple[Any, ...]], list[Any]]:
    """Answer ``SHOW name``."""
    name = "".join(one.text.split()[1:2]).lower()
    return [(_setting(name, server),)], [(name, "text", None, None, None, None, None)]


def _setting(name: str, server: Server) -> str:
    from psycopg import errors

    found = dict(server.settings).get(name)
    if found is None:
        raise errors.UndefinedObject(f'unrecognized configuration parameter "{name}"')
    return found


def changed(one: Statement, server: Server) -> Server:
    """Carry out ``SET statement_timeout``: the one setting that may be changed here."""
    found = _SET.match(one.text)
    if not found or found.group(1).lower() != "statement_timeout":
        raise UnknownHereError(
            "the proving ground can set one thing only",
            found=one.text[:60],
            allowed=["SET statement_timeout = '5s'"],
        )
    limit = milliseconds(found.group(2))
    settings = {**dict(server.settings), "statement_timeout": written(limit)}
    return replace(server, limit_ms=limit, settings=tuple(settings.items()))


def milliseconds(value: str) -> float:
    """Read a length of time as PostgreSQL's settings have it; without a unit it is milliseconds.

    Examples
    --------
    >>> milliseconds("5s"), milliseconds("30")
    (5000.0, 30.0)
    """
    found = re.fullmatch(r"\s*(\d+)\s*(ms|s|min)?\s*", value)
    if not found:
        from psycopg import errors

        raise errors.InvalidParameterValue(f'invalid value for parameter "statement_timeout": "{value}"')
    return int(found.group(1)) * _UNITS_MS[found.group(2) or ""]


def written(limit_ms: float) -> str:
    """Write a length of time as ``SHOW`` does.

    Examples
    --------
    >>> written(5000), written(30), written(0)
    ('5s', '30ms', '0')
    """
    whole = int(limit_ms)
    if whole == 0:
        return "0"
    for size, unit in ((60_000, "min"), (1000, "s")):
        if whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}ms"


def translated(one: Statement, error: Exception) -> Exception:
    """Turn what DuckDB says into what the server would say; what has no counterpart is said to have none."""
    import duckdb
    from psycopg import errors

    said = str(error).splitlines()[0]
    column = re.search(r'column "(\w+)" not found', said)
    if isinstance(error, duckdb.ParserException):
        return errors.SyntaxError(_with_pointer(one, said.removeprefix("Parser Error: ")))
    if column:
        return errors.UndefinedColumn(_with_pointer(one, f'column "{column.group(1)}" does not exist'))
    twice = re.search(r'[Dd]uplicate key "(\w+): (.*?)"', said)
    if isinstance(error, duckdb.ConstraintException) and twice and one.tables:
        text = f'duplicate key value violates unique constraint "{bare(one.tables[0][0])}_pkey"'
        return errors.UniqueViolation(f"{text}\nDETAIL:  Key ({twice[1]})=({twice[2]}) already exists.")
    return UnknownHereError(
        f"the proving ground could not run this: {said}",
        found=one.text[:60],
        next_step="Write it with the bank's tables and plain SQL.",
    )


def _with_pointer(one: Statement, message: str) -> str:
    """Add the lines that point at the word which a message quotes."""
    quoted = re.search(r'"(.+?)"', message)
    at = one.text.find(quoted.group(1)) if quoted else -1
    return f"{message}\n{one.pointed(at)}" if at >= 0 else message
