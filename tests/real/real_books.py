"""Books on a real PostgreSQL for a test: the bank's roles, and databases that are migrated and seeded."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.sql import SQL, Identifier
from real_postgres import RealPostgres, running_postgres

from labkit.bank.books import migrate, seed
from labkit.bank.postgres import Server
from labkit.core.dsn import Dsn

_UNTIL = dt.datetime(2023, 12, 1, 14, 0, tzinfo=dt.UTC)
Result = TypeVar("Result")


def run(dsn: str, work: Callable[[psycopg.AsyncConnection[Any]], Awaitable[Result]]) -> Result:
    """Do something on a connection, as the bank does."""

    async def connected() -> Result:
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            return await work(connection)

    return asyncio.run(connected())


@dataclass(frozen=True)
class RealBooks:
    """One database with books, and connection strings to it: the owner's, the bank's, the superuser's."""

    owner: str = field(repr=False)
    app: str = field(repr=False)
    superuser: str = field(repr=False)

    def ask(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one query as the superuser."""
        with psycopg.connect(self.superuser) as connection:
            return connection.execute(sql.encode(), values).fetchall()

    def balance(self, account: int) -> Any:
        """Read what is on an account."""
        return self.ask("SELECT balance FROM accounts WHERE account_id = %s", [account])[0][0]


@dataclass(frozen=True)
class BooksServer:
    """A server with the bank's roles, on which a test opens books of its own."""

    server: RealPostgres
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    def open(self, accounts: int = 6) -> RealBooks:
        """Make a database with so many customers' accounts, the same ones each time."""
        books = self.empty()
        migrate(books.owner)
        seed(books.owner, accounts=accounts, until=_UNTIL)
        return books

    def empty(self) -> RealBooks:
        """Make a database of the books' owner, without tables."""
        name = f"bank_{next(self._numbers)}"
        with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {} OWNER bank_owner").format(Identifier(name)))
        return RealBooks(
            owner=self.server.dsn(dbname=name, user="bank_owner", password="owner-41"),
            app=self.server.dsn(dbname=name, user="bank_app", password="app-41"),
            superuser=self.server.dsn(dbname=name),
        )


def make_roles(server: RealPostgres | Server) -> None:
    """Make the owner of the books and the role of the running bank."""
    dsn = server.dsn()
    with psycopg.connect(dsn.reveal() if isinstance(dsn, Dsn) else dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE bank_owner LOGIN PASSWORD 'owner-41'")
        connection.execute("CREATE ROLE bank_app LOGIN PASSWORD 'app-41'")


@contextmanager
def books_server(logs_to: Path, programs: Path | None = None, *, settings: str = "") -> Iterator[BooksServer]:
    """Run a PostgreSQL that has the bank's roles; it finds a deadlock at once, as tests make many."""
    with running_postgres(logs_to, programs, settings=f"deadlock_timeout = '20ms'\n{settings}") as server:
        make_roles(server)
        yield BooksServer(server)
