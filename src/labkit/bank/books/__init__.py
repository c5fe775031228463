"""The bank's books: a double-entry ledger in PostgreSQL, and what the bank does with it."""

from __future__ import annotations

from labkit.bank.books.auditing import Audit, audit
from labkit.bank.books.errors import (
    BadAmountError,
    BadOrderError,
    BooksError,
    KeyReusedError,
    LoginRefusedError,
    OverdrawnError,
    OwnAccountError,
    UnknownAccountError,
    unreachable,
)
from labkit.bank.books.login import Session, log_in
from labkit.bank.books.migrating import migrate
from labkit.bank.books.orders import PostedTransfer, TransferOrder, read_amount
from labkit.bank.books.place import mark_environment, read_books_id, read_environment
from labkit.bank.books.posting import transfer
from labkit.bank.books.reading import Account, Entry, read_account, read_accounts, read_statement
from labkit.bank.books.seeding import DEMO_PASSWORD, Seeded, account_number, seed

__all__ = [
    "DEMO_PASSWORD",
    "Account",
    "Audit",
    "BadAmountError",
    "BadOrderError",
    "BooksError",
    "Entry",
    "KeyReusedError",
    "LoginRefusedError",
    "OverdrawnError",
    "OwnAccountError",
    "PostedTransfer",
    "Seeded",
    "Session",
    "TransferOrder",
    "UnknownAccountError",
    "account_number",
    "audit",
    "log_in",
    "mark_environment",
    "migrate",
    "read_account",
    "read_accounts",
    "read_amount",
    "read_books_id",
    "read_environment",
    "read_statement",
    "seed",
    "transfer",
    "unreachable",
]
