"""A session of the proving ground: what psycopg's connection does at a server with one of the faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labkit.replay.proving.books import Server, open_books
from labkit.replay.proving.clock import Watch
from labkit.replay.proving.dialect import Statement, for_duckdb, parameters, statements
from labkit.replay.proving.info import ConnectionInfo
from labkit.replay.proving.refusals import (
    UnknownHereError,
    cancel,
    changed,
    refusal,
    refuse_unknown,
    show,
    translated,
)

if TYPE_CHECKING:
    import duckdb


class Cursor:
    """The result of a statement, read as from psycopg."""

    __slots__ = ("_next", "_rows", "_session", "description")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: list[tuple[Any, ...]] | None = None
        self._next = 0
        self.description: list[Any] | None = None

    def execute(self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> Cursor:
        """Run a statement."""
        self._rows, self.description = self._session.run(query, params)
        self._next = 0
        return self

    @property
    def rowcount(self) -> int:
        """How many rows there are."""
        return -1 if self._rows is None else len(self._rows)

    def fetchone(self) -> tuple[Any, ...] | None:
        """Give the next row, or None after the last."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """Give the next few rows."""
        if self.description is None or self._rows is None:
            from psycopg import ProgrammingError

            raise ProgrammingError("the last operation didn't produce records (command status: none)")
        taken = self._rows[self._next : self._next + size]
        self._next += len(taken)
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Give all rows that are left."""
        return self.fetchmany(max(1, self.rowcount))

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        while (row := self.fetchone()) is not None:
            yield row

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""


class Session:
    """A connection to a server of the proving ground, used like psycopg's.

    It knows ``execute``, ``cursor``, ``commit``, ``rollback``, ``transaction``, ``close``, ``info``, and the
    statements of ``refusals.VERBS``. What it does not know raises an error that says so, and no other.
    """

    __slots__ = (
        "_aborted",
        "_books",
        "_open",
        "_server",
        "_watch",
        "_written",
        "autocommit",
        "closed",
        "info",
    )

    def __init__(self, server: Server, watch: Watch, *, autocommit: bool = False) -> None:
        self._server = server
        self._watch = watch
        self._books: duckdb.DuckDBPyConnection = open_books(server)
        self._open = self._aborted = self.closed = False
        self._written = 0
        self.autocommit = autocommit
        self.info = ConnectionInfo(server)

    def execute(self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> Cursor:
        """Run a statement and give its result."""
        return Cursor(self).execute(query, params)

    def cursor(self) -> Cursor:
        """Make a cursor."""
        return Cursor(self)

    def commit(self) -> None:
        """Make what was written permanent; after an error it is lost, as at a real server."""
        self._finish("ROLLBACK" if self._aborted else "COMMIT")

    def rollback(self) -> None:
        """Take back what was written."""
        self._finish("ROLLBACK")

    def close(self) -> None:
        """End the session; what was not committed is lost."""
        if not self.closed:
            self._finish("ROLLBACK")
            self.closed = True
            self._books.close()

    @contextmanager
    def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> Iterator[Session]:
        """Run a block as one transaction; ``force_rollback`` takes everything back at its end."""
        if self._open or savepoint_name:
            raise UnknownHereError(
                "the proving ground has no transaction within a transaction",
                next_step="Begin the block before the first statement.",
            )
        self._begin()
        try:
            yield self
        except BaseException as error:
            self.rollback()
            from psycopg import Rollback

            if not isinstance(error, Rollback):
                raise
            return
        self._finish("ROLLBACK" if force_rollback or self._aborted else "COMMIT")

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if not self.closed:
            self.rollback() if kind else self.commit()
            self.close()

    def run(self, query: str, params: Any) -> tuple[list[tuple[Any, ...]], list[Any] | None]:
        """Run the statements of a text in order; give rows and columns of the first, as psycopg does."""
        from psycopg import OperationalError, errors

        if self.closed:
            raise OperationalError("the connection is closed")
        if not isinstance(query, str):
            raise UnknownHereError("a statement is a text here", found=type(query).__name__)
        done: list[tuple[list[tuple[Any, ...]], list[Any] | None]] = []
        for one in statements(query):
            self._watch.step(one.text)
            if self._aborted and one.verb not in ("ROLLBACK", "COMMIT"):
                text = "current transaction is aborted, commands ignored until end of transaction block"
                raise errors.InFailedSqlTransaction(text)
            try:
                done.append(self._one(one, params))
            except BaseException:
                self._aborted = not self.autocommit or self._open
                raise
        return done[0] if done else ([], None)

    def _one(self, one: Statement, params: Any) -> tuple[list[tuple[Any, ...]], list[Any] | None]:
        if one.verb in ("COMMIT", "END", "ROLLBACK", "ABORT"):
            self._finish("ROLLBACK" if one.verb in ("ROLLBACK", "ABORT") or self._aborted else "COMMIT")
            return [], None
        self._begin_unless_autocommit(one.verb)
        if one.verb == "BEGIN":
            return [], None
        if one.verb == "SHOW":
            return show(one, self._server)
        if one.verb == "SET":
            self._server = changed(one, self._server)
            return [], None
        refuse_unknown(one, self._server)
        if refused := refusal(one, self._server):
            self._ask(one, params, "EXPLAIN ")
            raise refused
        limit = self._server.limit_ms
        self._watch.passes(min(one.takes_ms, limit) / 1000)
        cancel(one, limit)
        return self._asked(one, params)

    def _asked(self, one: Statement, params: Any) -> tuple[list[tuple[Any, ...]], list[Any] | None]:
        """Let DuckDB answer, and note what was written."""
        rows, columns = self._ask(one, params)
        if not one.writes or one.locks:
            return rows, columns
        self._written += 1
        if self.autocommit and not self._open:
            self._watch.left_behind += 1
        return (rows, columns) if "RETURNING" in one.text.upper() else ([], None)

    def _ask(self, one: Statement, params: Any, how: str = "") -> tuple[list[tuple[Any, ...]], list[Any]]:
        import duckdb

        text = how + for_duckdb(one, self._server.user, dict(self._server.settings))
        bound = params if params else None
        if bound is not None:
            text = parameters(text, isinstance(bound, Mapping))
        try:
            result = self._books.execute(text, bound)
            columns = list(result.description or [])
            return result.fetchall(), columns
        except duckdb.Error as error:
            raise translated(one, error) from None

    def _begin_unless_autocommit(self, verb: str) -> None:
        if not self._open and (verb == "BEGIN" or not self.autocommit):
            self._begin()

    def _begin(self) -> None:
        self._books.execute("BEGIN TRANSACTION")
        self._open, self._written = True, 0

    def _finish(self, how: str) -> None:
        if self._open:
            self._books.execute(how)
            if how == "COMMIT":
                self._watch.left_behind += self._written
        self._open, self._aborted, self._written = False, False, 0
