"""Which books these are, and of which environment: what keeps production and staging apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.bank.books.connecting import connected
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from labkit.core.dsn import Dsn

ENVIRONMENTS = ("production", "staging")


def mark_environment(dsn: Dsn | str, name: str) -> bool:
    """Write which environment a database belongs to: in a row, and in its own setting ``app.environment``.

    Returns
    -------
    bool
        Whether the setting, which the connection doctor reads, was made too. A superuser can; the database's
        owner needs ``GRANT SET ON PARAMETER app.environment`` besides, since PostgreSQL does not know it.

    Raises
    ------
    LabError
        For a name that is no environment, and where no session can be had.
    """
    import psycopg
    from psycopg.sql import SQL, Identifier, Literal

    if name not in ENVIRONMENTS:
        raise LabError("no such environment", found=name, allowed=ENVIRONMENTS)
    with connected(dsn) as connection:
        with connection.transaction():
            connection.execute("DELETE FROM public.environment")
            connection.execute("INSERT INTO public.environment (name) VALUES (%s)", (name,))
        setting = SQL("ALTER DATABASE {database} SET app.environment = {name}")
        database = Identifier(connection.info.dbname)
        try:
            connection.execute(setting.format(database=database, name=Literal(name)))
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


async def read_environment(connection: AsyncConnection[Any]) -> str | None:
    """Read which environment the database says it belongs to; ``None`` where it was never marked."""
    found = await (await connection.execute("SELECT name FROM environment")).fetchone()
    return None if found is None else str(found[0])


async def read_books_id(connection: AsyncConnection[Any]) -> str:
    """Read which books these are: an id that no other database has, made with the tables."""
    found = await (await connection.execute("SELECT books_id FROM books")).fetchone()
    if found is None:
        raise LabError("these books do not say which they are", next_step="Migrate the database again.")
    return str(found[0])
