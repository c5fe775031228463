"""A task beside a service: it enters the journal as soon as the database is there again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from labkit.bank.books.journal.entering import BUSY, enter
from labkit.bank.books.journal.journal import Journal
from labkit.bank.books.journal.report import Report
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from psycopg import AsyncConnection

Session = Callable[[], "AbstractAsyncContextManager[AsyncConnection[Any]]"]


class Clerk:
    """Enter what waits, a look at a time, and tell what came of it.

    Parameters
    ----------
    session : callable
        Gives a connection for a while, as ``AsyncConnectionPool.connection`` does. It is asked only while
        orders wait, or it is not known which books they are for.
    told : callable
        Gets the report of each run that did something, and a reason to stop once, until it is another.
    """

    def __init__(self, journal: Journal, session: Session, told: Callable[[Report], None]) -> None:
        self._journal, self._session, self._told = journal, session, told
        self._stopped: str | None = None

    async def look(self) -> None:
        """Enter what waits now, if the database is there."""
        import psycopg

        try:
            if await asyncio.to_thread(self._journal.pending) or self._journal.books is None:
                async with self._session() as connection:
                    self._tell(await enter(self._journal, connection))
        except LabError as error:
            self._tell(Report(stopped=str(error)))
        except (psycopg.Error, OSError, UnicodeError):
            pass  # the database can't be reached yet: the pool says so

    def _tell(self, report: Report) -> None:
        if report.stopped == BUSY:
            return
        done = report.posted or report.already or report.conflicts
        if done or report.stopped not in (None, self._stopped):
            self._told(report)
        self._stopped = report.stopped


async def keep_entering(
    journal: Journal, session: Session, told: Callable[[Report], None], *, every_s: float = 1.0
) -> None:
    """Have a clerk look again and again, until the task is cancelled."""
    clerk = Clerk(journal, session, told)
    while True:
        await clerk.look()
        await asyncio.sleep(every_s)
