"""Balances as last seen, and the note of which books a bank's journals are for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from real_books import BooksServer, RealBooks

from labkit.bank.books import Account, TransferOrder, account_number
from labkit.bank.books.journal import JournalError, LastKnown, journal_of, journals_of, pin_books

AT = dt.datetime(2023, 12, 1, 14, 29, 59, tzinfo=dt.UTC)
MINE, THEIRS = account_number(1), account_number(2)


def account(number: int, balance: str = "12.50") -> Account:
    """Make an account as it was read."""
    return Account(number, "customer-1", "EUR", Decimal(balance))


def test_balances_outlast_the_process(tmp_path: Path) -> None:
    """What one process noted and saved, the next one knows, to the cent and the moment."""
    file = tmp_path / "journal" / "balances.json"
    known = LastKnown(file)
    known.note(account(MINE), AT - dt.timedelta(hours=1))
    known.note(account(MINE, "9.99"), AT)
    known.save()
    found = LastKnown(file)
    assert found.every() == known.every()
    seen = found.get(MINE)
    assert seen is not None
    assert (seen.account, seen.known_at) == (account(MINE, "9.99"), AT)
    assert found.get(THEIRS) is None


def test_nothing_new_is_not_written(tmp_path: Path) -> None:
    """A file is written when something was noted that it does not have, and only then."""
    file = tmp_path / "balances.json"
    known = LastKnown(file)
    known.save()
    assert not file.exists()
    known.note(account(MINE), AT)
    known.save()
    file.unlink()
    known.note(account(MINE), AT)
    known.save()
    assert not file.exists()


@pytest.mark.parametrize(
    "text", ["", "[{]", "{}", '[{"account_id": 1}]', "[1]", '[{"account_id": 1, "balance": "x"}]']
)
def test_a_file_that_cannot_be_read_is_nothing_known(tmp_path: Path, text: str) -> None:
    """Damage to this file costs what it held, and stops nothing."""
    file = tmp_path / "balances.json"
    file.write_text(text, encoding="utf-8")
    known = LastKnown(file)
    assert known.every() == ()
    known.note(account(MINE), AT)
    known.save()
    assert LastKnown(file).every() == known.every()


@pytest.mark.server
def test_books_are_noted_when_a_bank_is_opened(
    a_books_server: BooksServer, books: RealBooks, tmp_path: Path
) -> None:
    """The note follows the bank to another database, except while orders wait for the one before."""
    assert pin_books(tmp_path, books.app)
    journal = journal_of(tmp_path, "bank-web-1")
    first = journal.books
    other = a_books_server.open()
    assert pin_books(tmp_path, other.app)
    second = journal.books
    assert first != second
    journal.accept(TransferOrder("key-1", MINE, THEIRS, Decimal(1)))
    assert not pin_books(tmp_path, books.app)
    assert journal.books == second
    assert [found.folder for found in journals_of(tmp_path)] == [journal.folder]


@pytest.mark.parametrize("text", ["{", "[]", "{}", "1"])
def test_a_damaged_note_stops_entering(tmp_path: Path, text: str) -> None:
    """Where it cannot be read which books the orders are for, nothing is guessed."""
    journal = journal_of(tmp_path, "bank-web-1")
    (tmp_path / "journal" / "books.json").write_text(text, encoding="utf-8")
    with pytest.raises(JournalError, match="cannot be used"):
        _ = journal.books
