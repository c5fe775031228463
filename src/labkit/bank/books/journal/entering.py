"""Entering a journal into the books: every order once, whatever was posted before and whoever is killed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from labkit.bank.books.errors import BooksError
from labkit.bank.books.journal.entries import JournalEntry
from labkit.bank.books.journal.report import Report
from labkit.bank.books.place import read_books_id, read_environment
from labkit.bank.books.posting import transfer
from labkit.core.locking import BusyError, locked

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from labkit.bank.books.journal.journal import Journal

#: Why a run stopped that found another one at work.
BUSY = "another process is entering this journal"


async def enter(journal: Journal, connection: AsyncConnection[Any]) -> Report:
    """Enter all orders that wait, in the order in which they were taken.

    An order is posted under its idempotency key and its outcome is written down afterwards. Whoever is killed
    between the two leaves an order that waits and is posted: the next run finds it there already. What the
    books refuse becomes a conflict for a person. Any other error of the database stops the run, and what was
    not reached waits for the next; so does everything where the database has other books than before.

    Parameters
    ----------
    connection : psycopg.AsyncConnection
        Open, with no transaction begun, with or without autocommit.

    Returns
    -------
    Report
        What this run did, and why it stopped, if it did.
    """
    import psycopg

    done: list[JournalEntry] = []
    stopped = None
    try:
        with locked(journal.folder / "entering.lock", patience_s=0):
            stopped = await _other_books(journal, connection)
            waiting = () if stopped else await asyncio.to_thread(journal.pending)
            for entry in waiting:
                done.append(await _enter(journal, connection, entry))
    except BusyError:
        stopped = BUSY
    except OSError as error:
        stopped = f"the journal cannot be used: {error}"
    except psycopg.Error as error:
        stopped = f"the database said: {error.diag.message_primary or ' '.join(str(error).split())}"
    entries = await asyncio.to_thread(journal.entries)
    return Report.of(done, waiting=entries, set_aside=journal.set_aside, stopped=stopped)


async def enter_into_other_books(journal: Journal, connection: AsyncConnection[Any]) -> Report:
    """Enter, after a person has made sure that the orders belong into these books."""
    async with connection.transaction():
        books_id, environment = await read_books_id(connection), await read_environment(connection)
    await asyncio.to_thread(journal.belongs_to, books_id, environment)
    return await enter(journal, connection)


async def _other_books(journal: Journal, connection: AsyncConnection[Any]) -> str | None:
    """Say why the database's books are not the journal's; the first ones that are seen are."""
    async with connection.transaction():
        books_id, environment = await read_books_id(connection), await read_environment(connection)
    mine = journal.books
    if mine is None:
        await asyncio.to_thread(journal.belongs_to, books_id, environment)
    elif mine[0] != books_id:
        return (
            f"these are other books ({environment or 'not marked'}) than those the orders were taken for "
            f"({mine[1] or 'not marked'}): correct the connection string, or see docs/ledger.md"
        )
    return None


async def _enter(journal: Journal, connection: AsyncConnection[Any], entry: JournalEntry) -> JournalEntry:
    """Enter one order; its outcome is on the disk before the next one's turn."""
    import psycopg

    try:
        posted = await transfer(connection, entry.order)
    except BooksError as error:
        return await asyncio.to_thread(journal.in_conflict, entry.number, error.reason, str(error))
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        said = error.diag.message_primary or str(error)
        return await asyncio.to_thread(journal.in_conflict, entry.number, "refused by a constraint", said)
    return await asyncio.to_thread(journal.posted, entry.number, posted.transfer_id, already=posted.repeated)
