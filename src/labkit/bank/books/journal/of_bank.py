"""The journals of a bank: one for each web process, in ``BANK/journal/HOST``, and one note of their books."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from labkit.bank.books.connecting import connected
from labkit.bank.books.journal.journal import Journal
from labkit.bank.books.journal.pin import read_pin, write_pin

if TYPE_CHECKING:
    from labkit.core.dsn import Dsn


def journal_of(bank: Path, host: str) -> Journal:
    """Open the journal of one web process; its folder is made if need be."""
    return Journal(bank / "journal" / host, pin=_pin(bank))


def _pin(bank: Path) -> Path:
    return bank / "journal" / "books.json"


def pinned_books(bank: Path) -> str | None:
    """Give the id of the books that a bank's journals are for; ``None`` where it was never noted.

    Raises
    ------
    JournalError
        For a note that can't be read.
    """
    found = read_pin(_pin(bank))
    return None if found is None else found[0]


def hosts_with_orders(bank: Path) -> tuple[str, ...]:
    """Name the web processes that ever took an order."""
    return tuple(sorted(file.parent.name for file in (bank / "journal").glob("*/orders.jsonl")))


def journals_of(bank: Path) -> tuple[Journal, ...]:
    """Open the journals that a bank has, by the names of their hosts."""
    return tuple(journal_of(bank, host) for host in hosts_with_orders(bank))


def pin_books(bank: Path, dsn: Dsn | str) -> bool:
    """Note which books a bank's journals are for, while it is sure: when the bank is opened.

    Where orders wait to be entered the note stays as it is: they were taken for those books.

    Returns
    -------
    bool
        Whether it is noted now.

    Raises
    ------
    LabError
        Where no session can be had.
    """
    journals = journals_of(bank)
    if any(journal.pending() for journal in journals) and journals[0].books is not None:
        return False
    query = "SELECT books_id, (SELECT name FROM public.environment) FROM public.books"
    with connected(dsn) as connection:
        found = connection.execute(query).fetchone()
    assert found is not None, "migrating makes this row"
    write_pin(_pin(bank), str(found[0]), found[1])
    return True
