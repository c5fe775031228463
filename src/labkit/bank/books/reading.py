"""What a customer reads in the books: an account, its statement, and which accounts are theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.bank.books.errors import UnknownAccountError
from labkit.core.errors import LabError

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from psycopg import AsyncConnection

#: No statement shows more entries.
LONGEST_STATEMENT = 100

_ACCOUNT = "SELECT account_id, owner, currency, balance FROM accounts WHERE account_id = %(account_id)s"
_ACCOUNTS = (
    "SELECT account_id, owner, currency, balance FROM accounts WHERE owner = %(owner)s ORDER BY account_id"
)
_STATEMENT = (
    "SELECT entry_id, posted_at, amount, memo FROM entries WHERE account_id = %(account_id)s "
    "ORDER BY posted_at DESC LIMIT 100"
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account and what is on it; the owner is a customer's login."""

    account_id: int
    owner: str
    currency: str
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a statement: the amount is below nothing where it was taken."""

    entry_id: int
    posted_at: dt.datetime
    amount: Decimal
    memo: str


async def read_account(connection: AsyncConnection[Any], account_id: int) -> Account:
    """Read one account.

    Raises
    ------
    UnknownAccountError
        Where there is none of this number.
    """
    found = await (await connection.execute(_ACCOUNT, {"account_id": account_id})).fetchone()
    if found is None:
        raise UnknownAccountError(account_id)
    return Account(*found)


async def read_accounts(connection: AsyncConnection[Any], owner: str) -> tuple[Account, ...]:
    """Read all accounts of a customer, by their login, in the order of their numbers."""
    rows = await (await connection.execute(_ACCOUNTS, {"owner": owner})).fetchall()
    return tuple(Account(*row) for row in rows)


async def read_statement(
    connection: AsyncConnection[Any], account_id: int, limit: int = LONGEST_STATEMENT
) -> tuple[Entry, ...]:
    """Read the latest entries of an account, the newest first; none where there is no such account.

    Raises
    ------
    LabError
        For a limit that is not from 1 to 100.
    """
    if not 1 <= limit <= LONGEST_STATEMENT:
        raise LabError("a statement cannot have so many entries", found=limit, allowed=("1 to 100",))
    rows = await (await connection.execute(_STATEMENT, {"account_id": account_id})).fetchmany(limit)
    return tuple(Entry(*row) for row in rows)
