"""Demo customers: accounts, what was brought to them, and transfers between them, the same for each seed."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, LiteralString

from labkit.bank.books.connecting import connected
from labkit.bank.books.passwords import hash_password
from labkit.bank.books.posting import EQUITY_ACCOUNT
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from psycopg import Connection

    from labkit.core.dsn import Dsn

#: Password of every demo customer: written here and in docs/ledger.md, so that anyone can log in.
DEMO_PASSWORD = "outage-lab"
_EACH = 2
_MOST = 100_000
_SPAN = dt.timedelta(days=90)
_MEMOS = ("rent", "groceries", "dinner", "concert tickets", "bicycle repair", "books", "present", "holiday")


@dataclass(frozen=True, slots=True)
class Seeded:
    """How much there is now; ``new`` where it was made by this call."""

    customers: int
    accounts: int
    transfers: int
    new: bool


def account_number(customer: int, which: int = 0) -> int:
    """Give the number of a demo customer's account: six digits, a different one for each.

    Examples
    --------
    >>> account_number(1), account_number(1, 1), account_number(2)
    (107919, 907919, 115838)
    """
    return 100_000 + ((customer + which * _MOST) * 7919) % 900_000


def seed(dsn: Dsn | str, accounts: int = 2000, seed: int = 1, until: dt.datetime | None = None) -> Seeded:
    """Make demo customers with two accounts each, and three months of entries on them.

    They are ``customer-1``, ``customer-2`` and so on. All have the password ``DEMO_PASSWORD``, and one salt:
    hashing a thousand passwords would take long, and this one is no secret. A database that has customers is
    left as it is.

    Parameters
    ----------
    accounts : int
        How many; every customer has two.
    seed : int
        Same seed, same rows.
    until : datetime, optional
        Moment of the last entries; now, if not said.

    Raises
    ------
    LabError
        For a number of accounts that cannot be made, and where no session can be had.
    """
    if accounts < _EACH or accounts % _EACH or accounts // _EACH >= _MOST:
        allowed = f"an even number from {_EACH} to {_EACH * _MOST - _EACH}"
        raise LabError("cannot make so many accounts", found=accounts, allowed=(allowed,))
    with connected(dsn) as connection, connection.transaction():
        connection.execute("LOCK TABLE public.customers IN SHARE ROW EXCLUSIVE MODE")
        new = connection.execute("SELECT FROM public.customers LIMIT 1").fetchone() is None
        if new:
            _write(connection, accounts // _EACH, seed, until or dt.datetime.now(dt.UTC))
        return Seeded(*_counts(connection), new=new)


def _counts(connection: Connection[Any]) -> tuple[int, int, int]:
    found = connection.execute(
        "SELECT (SELECT count(*) FROM public.customers), (SELECT count(*) FROM public.accounts), "
        "(SELECT count(*) FROM public.transfers)"
    ).fetchone()
    assert found is not None, "a query of counts has one row"
    return found[0], found[1] - 1, found[2]  # the bank's own account is no customer's


@dataclass(frozen=True, slots=True)
class _Move:
    """One transfer of the past."""

    number: int
    posted_at: dt.datetime
    taken: int
    given: int
    amount: Decimal
    memo: str


def _write(connection: Connection[Any], customers: int, seed: int, until: dt.datetime) -> None:
    numbers = [
        account_number(customer, which) for customer in range(1, customers + 1) for which in range(_EACH)
    ]
    kept = hash_password(DEMO_PASSWORD, hashlib.sha256(f"salt {seed}".encode()).digest()[:16])
    moves = list(_moves(numbers, random.Random(seed), until))
    people = ((customer, f"customer-{customer}", kept) for customer in range(1, customers + 1))
    _copy(connection, "public.customers (customer_id, login, password_hash)", people)
    owned = ((number, f"customer-{place // _EACH + 1}") for place, number in enumerate(numbers))
    _copy(connection, "public.accounts (account_id, owner)", owned)
    transfers = ((f"seed-{m.number}", f"seed-{m.number}", m.amount, m.posted_at) for m in moves)
    _copy(connection, "public.transfers (transfer_id, idempotency_key, amount, posted_at)", transfers)
    entries = (
        (f"seed-{m.number}", account, m.posted_at, amount, m.memo)
        for m in moves
        for account, amount in ((m.taken, -m.amount), (m.given, m.amount))
    )
    _copy(connection, "public.entries (transfer_id, account_id, posted_at, amount, memo)", entries)


def _copy(connection: Connection[Any], table: LiteralString, rows: Iterator[tuple[object, ...]]) -> None:
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _moves(numbers: list[int], draw: random.Random, until: dt.datetime) -> Iterator[_Move]:
    """Draw what each account began with, then transfers in order of time that no account is overdrawn by."""
    begin = until - _SPAN
    cents = {number: draw.randrange(50_000, 900_000) for number in numbers}
    for place, number in enumerate(numbers):
        yield _Move(place, begin, EQUITY_ACCOUNT, number, Decimal(cents[number]) / 100, "opening deposit")
    count = 2 * len(numbers)
    step = _SPAN / (count + 1)
    for place in range(count):
        taken, given = draw.sample(numbers, 2)
        if cents[taken] < 800:
            continue
        amount = draw.randrange(100, cents[taken] // 4)
        cents[taken] -= amount
        cents[given] += amount
        moment = begin + step * (place + 1)
        yield _Move(len(numbers) + place, moment, taken, given, Decimal(amount) / 100, draw.choice(_MEMOS))
