"""Faults that lead to another database that works: a standby, or another environment's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING

from labkit.classroom.drill.faults.roles import administrator
from labkit.classroom.drill.faults.stage import Change, DrillFault, Stage
from labkit.classroom.drill.faults.strings import SECOND_ADDRESS, need_address
from labkit.classroom.drill.private import private_folder
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from labkit.bank.postgres import Server

_STAGING_ACCOUNTS = 40
_LIMIT_MS = 8


@contextmanager
def _moved(server: Server, stage: Stage) -> Iterator[Server]:
    """Let a server listen at a second address and the first one's port, as on a machine of its own."""
    import psycopg

    with psycopg.connect(server.superuser.reveal(), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET listen_addresses = '{SECOND_ADDRESS}'")
    server.stop()
    moved = replace(server, port=int(stage.good.port or 5432))
    moved.start()
    yield moved


def own_server(stage: Stage) -> Server:
    server = stage.bank.server
    if server is None:
        raise LabError(
            "this fault needs a server that the drill has started itself",
            next_step="Drill it without --dsn, or drill another fault.",
        )
    return server


@contextmanager
def _standby(stage: Stage) -> Iterator[Server]:
    """Run a streaming standby of the bank's server."""
    from labkit.bank.postgres import running_server

    need_address(SECOND_ADDRESS)
    primary = own_server(stage)
    with (
        private_folder("labkit-standby-") as folder,
        running_server(folder / "postgres", follows=primary, disposable=True) as server,
        _moved(server, stage) as moved,
    ):
        yield moved


@contextmanager
def _replica(stage: Stage) -> Iterator[Change]:
    with _standby(stage):
        yield Change(stage.url(host=SECOND_ADDRESS))


@contextmanager
def _read_write(stage: Stage) -> Iterator[Change]:
    with _standby(stage):
        yield Change(stage.url(host=SECOND_ADDRESS, target_session_attrs="read-write"))


@contextmanager
def _staging(stage: Stage) -> Iterator[Change]:
    """Lead to other customers: on a second server, or, without an address for one, on the bank's own."""
    try:
        need_address(SECOND_ADDRESS)
    except LabError:
        there = stage.bank.make_database("bank_staging", "staging", _STAGING_ACCOUNTS)
        yield Change(stage.url(dbname=there.dbname), part="dbname")
    else:
        with _staging_server(stage) as change:
            yield change


@contextmanager
def _staging_server(stage: Stage) -> Iterator[Change]:
    """Run a second server with the same tables, other customers, and its own environment's name."""
    from labkit.bank.books import mark_environment, migrate, seed
    from labkit.bank.postgres import running_server

    own_server(stage)
    with (
        private_folder("labkit-staging-") as folder,
        running_server(folder / "postgres", disposable=True) as server,
        _moved(server, stage) as moved,
    ):
        _make_database(stage, moved.dsn(host=SECOND_ADDRESS).reveal())
        there = stage.good.replace(host=SECOND_ADDRESS)
        migrate(there)
        seed(there, accounts=_STAGING_ACCOUNTS, seed=2)
        mark_environment(there, "staging")
        yield Change(stage.url(host=SECOND_ADDRESS))


def _make_database(stage: Stage, admin: str) -> None:
    import psycopg
    from psycopg import sql

    password = stage.good.password
    role, name = sql.Identifier(stage.good.user or ""), sql.Identifier(stage.good.dbname or "")
    secret = sql.Literal("" if password is None else password.reveal())
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, secret))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, role))


@contextmanager
def _slow_statements(stage: Stage) -> Iterator[Change]:
    """Make statements as slow as a long history without an index does, and give the update a short limit."""
    sql = resources.files("labkit.classroom.drill.faults").joinpath("long_history.sql")
    with administrator(stage) as connection:
        connection.execute(sql.read_bytes())
    yield Change(stage.url(options=f"-c statement_timeout={_LIMIT_MS}"))


ELSEWHERE: tuple[DrillFault, ...] = (
    DrillFault("read-replica", f"a streaming standby at {SECOND_ADDRESS}", _replica),
    DrillFault(
        "read-write-from-standby", "the same standby, asked for a session that can write", _read_write
    ),
    DrillFault("staging-database", f"a second server at {SECOND_ADDRESS} with other customers", _staging),
    DrillFault(
        "short-statement-timeout",
        f"statement_timeout={_LIMIT_MS}, where a statement takes three times as long",
        _slow_statements,
    ),
)
