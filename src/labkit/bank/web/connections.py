"""The way to the database under one release: through its pool, or a connection for each request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from labkit.bank.web.query_spans import traced
from labkit.bank.web.settings import Settings
from labkit.bank.web.trouble import Trouble

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

Connection = psycopg.AsyncConnection[Any]


_PATIENCE_S = 1.0
_MARK = "_got_no_connection"


def got_no_connection(error: BaseException) -> bool:
    """Tell whether an exception ended an attempt to get a connection, rather than the work on one."""
    return getattr(error, _MARK, False)


@dataclass(frozen=True, slots=True)
class Use:
    """How many connections are in use, idle and allowed, and how many requests wait for one."""

    used: int
    idle: int
    most: int
    waiting: int


class Connections:
    """Lend connections to requests; ``POOL_MAX_SIZE=0`` means that each request makes its own."""

    def __init__(
        self, settings: Settings, provider: TracerProvider, trouble: Trouble, application_name: str
    ) -> None:
        self._settings, self._trouble = settings, trouble
        self._class = traced(provider)
        self._parts: dict[str, Any] = {"application_name": application_name}
        self._used = 0
        self._workers: set[asyncio.Task[Any]] = set()
        self._pool: AsyncConnectionPool[Connection] | None = None
        if settings.pool_max_size:
            self._pool = AsyncConnectionPool(
                settings.database_url.reveal(),
                connection_class=self._class,
                kwargs=self._parts,
                min_size=settings.least_connections,
                max_size=settings.pool_max_size,
                timeout=settings.pool_timeout_seconds,
                max_lifetime=settings.pool_max_lifetime_seconds,
                name="pool-1",
                open=False,
            )

    async def begin(self) -> None:
        """Let the pool begin to connect; nobody waits for it."""
        if self._pool is not None:
            before = asyncio.all_tasks()
            await self._pool.open(wait=False)
            begun = asyncio.all_tasks() - before
            self._workers = {task for task in begun if task.get_name().startswith(f"{self._pool.name}-")}

    async def end(self) -> None:
        """Close what is open; an attempt to connect that waits for an answer is given up."""
        if self._pool is not None:
            await self._pool.close(timeout=_PATIENCE_S)
            for task in self._workers:
                task.cancel()
            if self._workers:
                await asyncio.wait(self._workers, timeout=_PATIENCE_S)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection for one transaction: committed at the end, rolled back after an exception.

        Raises
        ------
        psycopg.Error, OSError, UnicodeError
            What the driver or the pool says; ``got_no_connection`` tells whether it came to a connection.
        """
        began, reached = self._trouble.now(), False
        try:
            async with self._own() if self._pool is None else self._pool.connection() as connection:
                reached = True
                self._trouble.reached()
                self._used += 1
                try:
                    yield connection
                finally:
                    self._used -= 1
        except (psycopg.Error, OSError, UnicodeError) as error:
            if not reached:
                self._trouble.unreachable(began)
                setattr(error, _MARK, True)
            raise

    @asynccontextmanager
    async def _own(self) -> AsyncIterator[Connection]:
        """Make a connection for one request, as a program without a pool does."""
        opened = await self._class.connect(self._settings.database_url.reveal(), **self._parts)
        async with opened as connection:
            yield connection

    @property
    def use(self) -> Use:
        """How the connections are used right now."""
        if self._pool is None:
            return Use(self._used, 0, 0, 0)
        stats = self._pool.get_stats()
        return Use(self._used, stats["pool_available"], self._pool.max_size, stats.get("requests_waiting", 0))
