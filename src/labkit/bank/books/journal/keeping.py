"""A task beside a service: it enters the journal as soon as the database is there again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from labkit.bank.books.journal.entering import enter
from labkit.bank.books.journal.journal import Journal
from labkit.bank.books.journal.report import Report
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from psycopg import AsyncConnection

Session = Callable[[], "AbstractAsyncContextManager[AsyncConnection[Any]]"]


async def keep_entering(
    journal: Journal, session: Session, told: Callable[[Report], None], *, every_s: float = 1.0
) -> None:
    """Enter whatever waits, again and again, until the task is cancelled.

    Parameters
    ----------
    session : callable
        Gives a connection for a while, as ``AsyncConnectionPool.connection`` does. It is asked only while
        orders wait, or it is not known which books they are for.
    told : callable
        Gets the report of each run that did or stopped something, an unchanged reason only once.
    """
    import psycopg

    before: str | None = None
    while True:
        try:
            if await asyncio.to_thread(journal.pending) or journal.books is None:
                async with session() as connection:
                    report = await enter(journal, connection)
                done = report.posted or report.already or report.conflicts
                if done or report.stopped not in (None, before):
                    told(report)
                before = report.stopped
        except psycopg.Error:
            pass  # the database can't be reached yet: the pool says so
        except (LabError, OSError) as error:
            if str(error) != before:
                told(Report(stopped=str(error)))
            before = str(error)
        await asyncio.sleep(every_s)
