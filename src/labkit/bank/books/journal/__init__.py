"""The manual ledger: orders taken while the database can't be reached, and entered once it can be."""

from __future__ import annotations

from labkit.bank.books.journal.entering import enter, enter_into_other_books
from labkit.bank.books.journal.entries import Conflict, Damaged, JournalEntry, State
from labkit.bank.books.journal.errors import JournalError
from labkit.bank.books.journal.journal import Journal
from labkit.bank.books.journal.keeping import Clerk, keep_entering
from labkit.bank.books.journal.last_known import KnownBalance, LastKnown
from labkit.bank.books.journal.of_bank import (
    hosts_with_orders,
    journal_of,
    journals_of,
    pin_books,
    pinned_books,
)
from labkit.bank.books.journal.report import Report

__all__ = [
    "Clerk",
    "Conflict",
    "Damaged",
    "Journal",
    "JournalEntry",
    "JournalError",
    "KnownBalance",
    "LastKnown",
    "Report",
    "State",
    "enter",
    "enter_into_other_books",
    "hosts_with_orders",
    "journal_of",
    "journals_of",
    "keep_entering",
    "pin_books",
    "pinned_books",
]
