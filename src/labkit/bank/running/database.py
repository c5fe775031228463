"""The database of a bank: made on its own server, or found where a connection string leads."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from labkit.bank.books.connecting import connected
from labkit.bank.releases.release import Release, read_settings
from labkit.bank.releases.routine_update import as_url
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError
from labkit.core.secret import Secret
from labkit.core.writing import write_private

if TYPE_CHECKING:
    from psycopg import Connection

    from labkit.bank.postgres import Server

DATABASE = "bank"
OWNER, APP = "bank_owner", "bank_app"
#: The books use functions that came with it.
_OLDEST = 130000
_KEPT = "database.toml"


def kept_dsn(folder: Path) -> Dsn | None:
    """Read the connection string that is right for the bank in a folder; ``None`` before there is one."""
    file = folder / _KEPT
    return Dsn.parse(str(read_settings(file)["APP"])) if file.exists() else None


def keep_dsn(folder: Path, dsn: Dsn) -> None:
    """Keep the connection string that is right, for our eyes only."""
    write_private(folder / _KEPT, Release("", {"APP": as_url(dsn)}).as_toml())


def make_roles(server: Server, known: Dsn | None) -> Dsn:
    """Make the bank's roles on its own server, and give the running bank's connection string.

    Its password is the one that is known, so that releases from before stay right.
    """
    password = known.password if known is not None and known.user == APP else None
    password = password or Secret(secrets.token_urlsafe(18))
    with connected(server.superuser) as connection:
        names = {"owner": OWNER, "app": APP}
        secret = _verifier(connection, APP, password)
        _run(connection, "roles", names, {"owner_name": OWNER, "app_name": APP, "app_secret": secret})
    return server.dsn(user=APP, password=password, dbname=DATABASE)


def _verifier(connection: Connection[Any], role: str, password: Secret) -> str:
    """Hash a password as the server would, so that it never travels or stands in a log."""
    hashed = connection.pgconn.encrypt_password(password.reveal().encode(), role.encode(), b"scram-sha-256")
    return bytes(hashed).decode()


def make_database(server: Server, name: str, environment: str, accounts: int, seed: int) -> None:
    """Make a database with the books and demo customers on the bank's own server; what is there stays.

    Raises
    ------
    LabError
        With what is in the way.
    """
    from labkit.bank.books import mark_environment, migrate
    from labkit.bank.books import seed as sow

    _create(server, name)
    # The owner of the tables cannot log in: whoever may become it works in its name.
    owner = server.dsn(dbname=name, options=f"-c role={OWNER}")
    migrate(owner, APP)
    sow(owner, accounts=accounts, seed=seed)
    mark_environment(server.dsn(dbname=name), environment)


def _create(server: Server, name: str) -> None:
    """Create an empty database that only the bank's roles may enter."""
    from psycopg.sql import SQL, Identifier

    with connected(server.superuser) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            made = SQL("CREATE DATABASE {} OWNER {}").format(Identifier(name), Identifier(OWNER))
            connection.execute(made)
        _run(connection, "database", {"database": name, "app": APP}, {})
    if server.programs.has_statistics:
        with connected(server.dsn(dbname=name)) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")


def _run(connection: Connection[Any], name: str, names: Mapping[str, str], values: Mapping[str, str]) -> None:
    from psycopg.sql import SQL, Identifier, Literal

    text = (files("labkit.bank.running") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    filled = {key: Identifier(value) for key, value in names.items()}
    bound = {key: Literal(value) for key, value in values.items()}
    own: LiteralString = text
    connection.execute(SQL(own).format(**filled, **bound))


def use_database(dsn: Dsn, environment: str, accounts: int, seed: int) -> None:
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
