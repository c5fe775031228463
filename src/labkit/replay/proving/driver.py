"""Connect as psycopg does: a session, or psycopg's exception with the words measured on a real server."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from labkit.replay.proving.books import Server
from labkit.replay.proving.cases import Place
from labkit.replay.proving.clock import Watch
from labkit.replay.proving.refusals import UnknownHereError, milliseconds, written
from labkit.replay.proving.session import Session
from labkit.simulation.faults import connect as attempt
from labkit.simulation.faults.row import Call
from labkit.simulation.faults.session_faults import settings
from labkit.simulation.model import ConnectionString, Database
from labkit.simulation.reading import as_written

#: What an attempt takes that the server answers, and the least that ``connect_timeout`` can be; seconds.
_ANSWERED_S, _LEAST_TIMEOUT_S = 0.006, 2


class Driver:
    """The proving ground's ``psycopg.connect``, for what listens at one place."""

    def __init__(self, place: Place, watch: Watch) -> None:
        self._place = place
        self._watch = watch

    def connect(self, conninfo: str = "", *, autocommit: bool = False, **parts: Any) -> Session:
        """Connect with a connection string; keyword arguments go over its parts, as with psycopg.

        Raises
        ------
        psycopg.Error
            What psycopg raises for that string at that place, with the password masked.
        UnknownHereError
            For several hosts in one string.
        """
        self._watch.step("connect")
        known = self._place.databases or self._place.topology.databases
        dsn = _by_name(_read(conninfo, parts), known)
        result = attempt(dsn, self._place.topology, known)
        if not result.ok:
            self._watch.passes(max(result.takes_s, _LEAST_TIMEOUT_S) if result.takes_s else _ANSWERED_S)
            raise _exception(result.exception, result.client_message)
        self._watch.passes(_ANSWERED_S)
        [server] = [d for d in known if (d.host, d.port) == (dsn.host, dsn.port)]
        return Session(_seen(dsn, server, self._place), self._watch, autocommit=autocommit)


def _read(conninfo: str, parts: dict[str, Any]) -> ConnectionString:
    """Read string and keywords together, as psycopg does."""
    from psycopg.conninfo import make_conninfo

    dsn = as_written(conninfo)
    if dsn.refused or not parts:
        return dsn
    return as_written(make_conninfo(conninfo, **parts))


def _by_name(dsn: ConnectionString, known: tuple[Database, ...]) -> ConnectionString:
    """Call a server by its name where the string has its address; refuse what nothing is known of."""
    names = {server.address: server.host for server in known}
    if dsn.host in names:
        return replace(dsn, host=names[dsn.host])
    if "," in dsn.host:
        raise UnknownHereError("the proving ground calls one host at a time", found=dsn.host)
    if re.fullmatch(r"[0-9.]+|.*:.*", dsn.host):
        raise UnknownHereError("the proving ground does not know what is at this address", found=dsn.host)
    return dsn


def _exception(name: str, message: str) -> Exception:
    import psycopg

    kinds: dict[str, type[psycopg.Error]] = {
        "psycopg.errors.ConnectionTimeout": psycopg.errors.ConnectionTimeout,
        "psycopg.ProgrammingError": psycopg.ProgrammingError,
    }
    return kinds.get(name, psycopg.OperationalError)(message)


def _seen(dsn: ConnectionString, database: Database, place: Place) -> Server:
    """Put together what a session sees of a server: the server's nature, and what the string asks for."""
    call = Call(dsn, place.topology, place.databases or place.topology.databases, "")
    asked = settings(call)
    limit = milliseconds(asked.get("statement_timeout", "5s"))
    path = asked.get("search_path", '"$user", public')
    read_only = database.standby or asked.get("default_transaction_read_only", "off") == "on"
    shown = {
        "transaction_read_only": "on" if read_only else "off",
        "default_transaction_read_only": asked.get("default_transaction_read_only", "off"),
        "in_hot_standby": "on" if database.standby else "off",
        "statement_timeout": written(limit),
        "search_path": path,
        "server_version": "18.6",
        "application_name": dsn.extra.get("application_name", ""),
    }
    return Server(
        host=dsn.host,
        port=dsn.port,
        dbname=dsn.dbname,
        user=dsn.user,
        settings=tuple(shown.items()),
        staging=database.staging,
        standby=database.standby,
        empty=dsn.dbname in database.empty,
        privileged=dsn.user not in database.unprivileged,
        on_path="public" in path,
        read_only=read_only,
        limit_ms=limit,
    )
