"""Faults that need a role or a database of their own on the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.classroom.drill.faults.stage import Change, DrillFault, Stage

if TYPE_CHECKING:
    import psycopg

_PASSWORD = "ledger-demo-52"


@contextmanager
def administrator(stage: Stage, **parts: Any) -> Iterator[psycopg.Connection[Any]]:
    """Open a superuser's session, each statement its own transaction."""
    import psycopg

    with psycopg.connect(
        stage.admin.replace(**parts).reveal(), autocommit=True, application_name="psql"
    ) as connection:
        yield connection


def _role(name: str, attributes: str, *, member: bool) -> Callable[[Stage], AbstractContextManager[Change]]:
    """Make a ground with one more role, which the update logs in as."""

    @contextmanager
    def ground(stage: Stage) -> Iterator[Change]:
        with administrator(stage) as connection:
            connection.execute(f"CREATE ROLE {name} PASSWORD '{_PASSWORD}' {attributes}")
            connection.execute(f"GRANT CONNECT ON DATABASE {stage.good.dbname} TO {name}")
            if member:
                connection.execute(f"GRANT {stage.good.user} TO {name}")
        yield Change(stage.url(user=name, password=_PASSWORD))

    return ground


@contextmanager
def _empty_database(stage: Stage) -> Iterator[Change]:
    with administrator(stage) as connection:
        connection.execute("CREATE DATABASE bank_archive")
    yield Change(stage.url(dbname="bank_archive"))


@contextmanager
def first_rule(stage: Stage, rule: str) -> Iterator[None]:
    """Put a rule before all others in the server's pg_hba.conf, and take it out again."""
    with administrator(stage) as connection:
        [(name,)] = connection.execute("SHOW hba_file").fetchall()
        file = Path(name)
        before = file.read_text(encoding="utf-8")
        file.write_text(f"{rule}\n{before}", encoding="utf-8", newline="\n")
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        with administrator(stage) as connection:
            file.write_text(before, encoding="utf-8", newline="\n")
            connection.execute("SELECT pg_reload_conf()")


@contextmanager
def _rejected(stage: Stage) -> Iterator[Change]:
    with administrator(stage) as connection:
        connection.execute(f"CREATE ROLE bank_batch LOGIN PASSWORD '{_PASSWORD}'")
    with first_rule(stage, "host all bank_batch all reject"):
        yield Change(stage.url(user="bank_batch", password=_PASSWORD))


ROLES: tuple[DrillFault, ...] = (
    DrillFault("empty-database", "a database without tables, on the same server", _empty_database),
    DrillFault(
        "expired-password",
        "a role whose password was valid until yesterday",
        _role("bank_web", "LOGIN VALID UNTIL '2020-01-01'", member=True),
    ),
    DrillFault("role-without-login", "a role with NOLOGIN", _role("bank_ledger", "NOLOGIN", member=False)),
    DrillFault(
        "missing-privilege",
        "a role without any right on the tables",
        _role("bank_report", "LOGIN", member=False),
    ),
    DrillFault("hba-rejection", "a role that pg_hba.conf rejects", _rejected),
)
