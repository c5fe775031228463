"""The database of a bank: made on its own server, or found where a connection string leads."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from labkit.bank.books.connecting import connected
from labkit.bank.releases.files import write_whole
from labkit.bank.releases.release import Release, read_settings
from labkit.bank.releases.routine_update import as_url
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError
from labkit.core.secret import Secret

if TYPE_CHECKING:
    from psycopg import Connection

    from labkit.bank.postgres import Server

DATABASE = "bank"
OWNER, APP = "bank_owner", "bank_app"
#: The books use functions that came with it.
_OLDEST = 130000


@dataclass(frozen=True, slots=True)
class Entrances:
    """The connection strings of a bank's own roles; kept in ``database.toml``, for our eyes only."""

    app: Dsn
    owner: Dsn = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> Entrances | None:
        """Read what was kept; ``None`` where there is nothing."""
        file = folder / "database.toml"
        if not file.exists():
            return None
        found = read_settings(file)
        return cls(Dsn.parse(str(found["APP"])), Dsn.parse(str(found["OWNER"])))

    def write(self, folder: Path) -> None:
        """Keep them."""
        kept = Release("", {"APP": as_url(self.app), "OWNER": as_url(self.owner)})
        write_whole(folder / "database.toml", kept.as_toml())

    def at(self, database: str) -> Entrances:
        """Give those of another database of the same server."""
        return Entrances(self.app.replace(dbname=database), self.owner.replace(dbname=database))


def entrances_on(server: Server, known: Entrances | None) -> Entrances:
    """Make the bank's roles on its own server, with the passwords that are known, and give their strings."""
    kept = {} if known is None else {dsn.user: dsn.password for dsn in (known.owner, known.app)}
    chosen = {role: kept.get(role) or Secret(secrets.token_urlsafe(18)) for role in (OWNER, APP)}
    with connected(server.superuser) as connection:
        _run(
            connection,
            "roles",
            names={"owner": OWNER, "app": APP},
            values={
                "owner_name": OWNER,
                "app_name": APP,
                "owner_secret": _verifier(connection, OWNER, chosen[OWNER]),
                "app_secret": _verifier(connection, APP, chosen[APP]),
            },
        )
    strings = {role: server.dsn(user=role, password=chosen[role], dbname=DATABASE) for role in chosen}
    return Entrances(strings[APP], strings[OWNER])


def _verifier(connection: Connection[Any], role: str, password: Secret) -> str:
    """Hash a password as the server would, so that it never travels or stands in a log."""
    hashed = connection.pgconn.encrypt_password(password.reveal().encode(), role.encode(), b"scram-sha-256")
    return bytes(hashed).decode()


def make_database(server: Server, entrances: Entrances, environment: str, accounts: int, seed: int) -> None:
    """Make a database with the books and demo customers on the bank's own server; what is there stays.

    Raises
    ------
    LabError
        With what is in the way.
    """
    from labkit.bank.books import mark_environment, migrate
    from labkit.bank.books import seed as sow

    _create(server, entrances)
    migrate(entrances.owner, APP)
    sow(entrances.owner, accounts=accounts, seed=seed)
    mark_environment(server.dsn(dbname=entrances.owner.dbname), environment)


def _create(server: Server, entrances: Entrances) -> None:
    """Create an empty database that only the bank's roles may enter."""
    from psycopg.sql import SQL, Identifier

    name = entrances.owner.dbname or DATABASE
    with connected(server.superuser) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            made = SQL("CREATE DATABASE {} OWNER {}").format(Identifier(name), Identifier(OWNER))
            connection.execute(made)
        _run(connection, "database", names={"database": name, "app": APP}, values={})
    if server.programs.has_statistics:
        with connected(server.dsn(dbname=name)) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")


def _run(
    connection: Connection[Any], name: str, *, names: Mapping[str, str], values: Mapping[str, str]
) -> None:
    from psycopg.sql import SQL, Identifier, Literal

    text = (files("labkit.bank.running") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    filled = {key: Identifier(value) for key, value in names.items()}
    bound = {key: Literal(value) for key, value in values.items()}
    own: LiteralString = text
    connection.execute(SQL(own).format(**filled, **bound))


def use_database(dsn: Dsn, environment: str, accounts: int, seed: int) -> Entrances:
    """Make the books where a connection string leads, and use its role for everything.

    Raises
    ------
    LabError
        Where the string does not lead to a database, or its role may not make tables there.
    """
    from labkit.bank.books import mark_environment, migrate
    from labkit.bank.books import seed as sow

    _examine(dsn)
    with connected(dsn) as connection:
        _look(connection)
    migrate(dsn, None)
    sow(dsn, accounts=accounts, seed=seed)
    mark_environment(dsn, environment)
    return Entrances(dsn, dsn)


def _examine(dsn: Dsn) -> None:
    """Let the doctor look at the string first: it says what is wrong with it, and what to do."""
    from labkit.bank.doctor import examine

    report = examine(dsn, until="authenticate")
    if report.trouble is not None:
        step, said = report.trouble.step, report.trouble.said.rstrip(".")
        raise LabError(
            f"the bank cannot use {dsn}: at the step '{step}', {said}",
            next_step=report.trouble.do or "`labkit doctor` says more.",
        )


def _look(connection: Connection[Any]) -> None:
    """See whether the books can be made here.

    Raises
    ------
    LabError
        With what is missing, and the statement that gives it.
    """
    from psycopg.rows import dict_row

    text = (files("labkit.bank.running") / "sql" / "found.sql").read_bytes()
    found = connection.cursor(row_factory=dict_row).execute(text).fetchone()
    assert found is not None, "a SELECT without FROM has one row"
    role, dbname = found["role"], found["dbname"]
    problem = help_ = ""
    if found["version"] < _OLDEST:
        problem = f"this PostgreSQL is of version {found['version'] // 10000}, and the books need 13"
    elif found["in_recovery"]:
        problem, help_ = "this server is a standby, which takes no writes", "Name the primary."
    elif found["taken"]:
        problem = f"database {dbname} has a table {found['taken']!r} that is not the bank's"
        help_ = f"Name an empty database: CREATE DATABASE bank OWNER {role};"
    elif not found["may_create"]:
        problem = f"role {role} may not make tables in schema public of database {dbname}"
        help_ = f"Its owner can allow it: GRANT USAGE, CREATE ON SCHEMA public TO {role};"
    if problem:
        raise LabError(problem, next_step=help_)
