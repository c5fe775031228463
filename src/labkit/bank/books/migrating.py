"""Bringing a database to the books' present tables: each migration once, in order, and remembered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, LiteralString

from labkit.bank.books.connecting import connected
from labkit.bank.books.statements import statement
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from psycopg import Connection

    from labkit.core.dsn import Dsn

#: Any number will do that no other program of this server uses.
_LOCK = "SELECT pg_advisory_xact_lock(4021)"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS public.migrations (name text PRIMARY KEY, sha256 text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT now())"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from the tables before to the tables after."""

    name: str
    text: LiteralString

    @property
    def sha256(self) -> str:
        """Hash of the text: what was applied is never edited, another migration follows."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> tuple[Migration, ...]:
    """List all migrations in order.

    Examples
    --------
    >>> [migration.name for migration in migrations()][:1]
    ['0001_books']
    """
    folder = files("labkit.bank.books") / "migrations"
    found = (file for file in folder.iterdir() if file.name.endswith(".sql"))
    steps = (Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in found)
    return tuple(sorted(steps, key=lambda step: step.name))


def migrate(dsn: Dsn | str, app_role: str | None = "bank_app") -> tuple[str, ...]:
    """Apply the migrations that the database does not have yet, and let the bank's role use the tables.

    All or nothing, and one at a time: two programs that migrate at once do not meet. The role of ``dsn``
    comes to own the tables.

    Parameters
    ----------
    app_role : str or None
        Role of the running bank; ``None`` where it logs in as the owner.

    Returns
    -------
    tuple of str
        Names of the migrations that were applied now.

    Raises
    ------
    LabError
        Where no session can be had, the role does not exist or may not make tables, or the database has
        migrations that this program does not know.
    """
    import psycopg

    with connected(dsn) as connection:
        try:
            with connection.transaction():
                connection.execute("SET LOCAL client_min_messages = warning")
                connection.execute(_LOCK)
                connection.execute(_TABLE)
                applied = _apply(connection)
                if app_role is not None:
                    _grant(connection, app_role)
        except psycopg.Error as error:
            raise LabError(
                f"the books' tables cannot be made: {error.diag.message_primary or error}",
                next_step="The role needs to own the database, or its schema public.",
            ) from error
    return applied


def _apply(connection: Connection[Any]) -> tuple[str, ...]:
    done = dict(connection.execute("SELECT name, sha256 FROM public.migrations").fetchall())
    known = {migration.name: migration for migration in migrations()}
    for name, sha256 in done.items():
        if name not in known or known[name].sha256 != sha256:
            raise LabError(
                "the database has a migration that this program does not know",
                found=name,
                allowed=tuple(known),
                next_step="Use the program that made it, or another database.",
            )
    new = [migration for migration in known.values() if migration.name not in done]
    for migration in new:
        connection.execute(migration.text)
        row = (migration.name, migration.sha256)
        connection.execute("INSERT INTO public.migrations (name, sha256) VALUES (%s, %s)", row)
    return tuple(migration.name for migration in new)


def _grant(connection: Connection[Any], role: str) -> None:
    from psycopg.sql import SQL, Identifier

    if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
        raise LabError("there is no such role on this server", found=role, next_step="Make it first.")
    connection.execute(SQL(statement("grants")).format(role=Identifier(role)))
