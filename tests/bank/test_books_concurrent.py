"""Whatever writers do to the books at once: money is conserved, nobody overdrawn, an order posted once."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real_books import BooksServer, RealBooks

from labkit.bank.books import (
    BooksError,
    KeyReusedError,
    OverdrawnError,
    PostedTransfer,
    TransferOrder,
    audit,
    transfer,
)

pytestmark = pytest.mark.server
WRITERS = 4
ACCOUNTS = 3


@dataclass(frozen=True)
class Step:
    """What one writer tries: an order from one account to another, by our functions or by hand."""

    key: int
    taken: int
    given: int
    cents: int
    by_hand: bool
    #: By hand only: what the second entry has too much, and whether the key is a new one.
    wrong_by: int = 0


def steps() -> st.SearchStrategy[list[list[Step]]]:
    """Draw what each writer does; few keys and accounts, so that they meet."""
    accounts = st.permutations(range(ACCOUNTS)).map(lambda order: order[:2])
    step = st.builds(
        lambda key, pair, cents, by_hand, wrong_by: Step(key, *pair, cents, by_hand, wrong_by),
        st.integers(0, 4),
        accounts,
        st.sampled_from([1, 400, 700, 1000]),
        st.booleans(),
        st.sampled_from([0, 0, 0, 1, -1]),
    )
    return st.lists(st.lists(step, max_size=5), min_size=WRITERS, max_size=WRITERS)


class Bank:
    """Accounts of an example's own, with 10.00 on each, and four writers on them."""

    numbers = count(1_000, 10)

    def __init__(self, books: RealBooks) -> None:
        self.books = books
        self.first = next(self.numbers)
        with psycopg.connect(books.owner) as connection:
            for account in range(self.first, self.first + ACCOUNTS):
                values = {"account": account, "id": f"open-{account}"}
                for statement in (
                    "INSERT INTO accounts (account_id, owner) VALUES (%(account)s, 'somebody')",
                    "INSERT INTO transfers (transfer_id, idempotency_key, amount) "
                    "VALUES (%(id)s, %(id)s, 10)",
                    "INSERT INTO entries (transfer_id, account_id, amount) "
                    "VALUES (%(id)s, 1, -10), (%(id)s, %(account)s, 10)",
                ):
                    connection.execute(statement, values)

    def order(self, step: Step) -> TransferOrder:
        """Make the order that a step is about."""
        taken, given_ = self.first + step.taken, self.first + step.given
        return TransferOrder(f"{self.first}-{step.key}", taken, given_, Decimal(step.cents) / 100)

    def balances(self) -> list[Decimal]:
        """Read what is on the accounts."""
        found = self.books.ask(
            "SELECT balance FROM accounts WHERE account_id BETWEEN %s AND %s ORDER BY account_id",
            [self.first, self.first + ACCOUNTS - 1],
        )
        return [balance for (balance,) in found]

    async def work(self, writers: list[list[Step]]) -> list[tuple[Step, Any]]:
        """Let all writers go at once; give each step with what came of it."""
        answers = await asyncio.gather(*(self._write(steps_) for steps_ in writers))
        return [pair for answer in answers for pair in answer]

    async def _write(self, steps_: Sequence[Step]) -> list[tuple[Step, Any]]:
        connect = psycopg.AsyncConnection.connect(self.books.app, autocommit=True)
        async with await connect as connection:
            return [(step, await self._try(connection, step)) for step in steps_]

    async def _try(self, connection: psycopg.AsyncConnection[Any], step: Step) -> object:
        try:
            if step.by_hand:
                return await _by_hand(connection, self.order(step), step.wrong_by)
            return await transfer(connection, self.order(step))
        except (BooksError, psycopg.IntegrityError, psycopg.errors.DeadlockDetected) as error:
            return error


async def _by_hand(
    connection: psycopg.AsyncConnection[Any], order: TransferOrder, wrong_by: int
) -> PostedTransfer:
    """Write a transfer without the bank's functions: no lock, no look at the balance, sides perhaps wrong."""
    name = order.idempotency_key
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO transfers (transfer_id, idempotency_key, amount) VALUES (%s, %s, %s)",
            (name, name, order.amount),
        )
        for account, amount in (
            (order.from_account, -order.amount),
            (order.to_account, order.amount + wrong_by),
        ):
            await connection.execute(
                "INSERT INTO entries (transfer_id, account_id, amount) VALUES (%s, %s, %s)",
                (name, account, amount),
            )
    return PostedTransfer(name)


@pytest.fixture(scope="module")
def module_books(a_books_server: BooksServer) -> RealBooks:
    """Give books for all examples; each has accounts of its own."""
    return a_books_server.open()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(writers=steps())
def test_money_is_conserved_and_orders_are_posted_once(
    module_books: RealBooks, writers: list[list[Step]]
) -> None:
    """The balances are those of the orders that were posted, each once; what was refused had to be."""
    bank = Bank(module_books)
    answers = asyncio.run(bank.work(writers))
    expected = [Decimal(10)] * ACCOUNTS
    posted = defaultdict(list)
    for step, answer in answers:
        order = bank.order(step)
        if isinstance(answer, PostedTransfer):
            posted[order.idempotency_key].append((order, answer))
            if not answer.repeated:
                assert not (step.by_hand and step.wrong_by), "an unbalanced transfer was committed"
                expected[step.taken] -= order.amount
                expected[step.given] += order.amount
    assert bank.balances() == expected
    assert min(expected) >= 0
    assert sum(expected) == 10 * ACCOUNTS
    for found in posted.values():
        assert len({answer.transfer_id for _, answer in found}) == 1, "two transfers under one key"
        assert len({order for order, _ in found}) == 1, "another order was taken for the one that is posted"
        assert Counter(answer.repeated for _, answer in found)[False] == 1
    for step, answer in answers:
        if isinstance(answer, KeyReusedError) or (
            isinstance(answer, psycopg.errors.UniqueViolation) and not step.wrong_by
        ):
            assert bank.order(step).idempotency_key in posted
        elif not step.by_hand and not isinstance(answer, PostedTransfer):
            assert isinstance(answer, (OverdrawnError, psycopg.errors.DeadlockDetected))
    assert audit(module_books.owner).good


def test_one_order_sent_many_times_at_once_is_posted_once(module_books: RealBooks) -> None:
    """Of twenty senders of the same order all get the same transfer, and the money moves once."""
    bank = Bank(module_books)
    same = Step(key=1, taken=0, given=1, cents=700, by_hand=False)
    answers = asyncio.run(bank.work([[same]] * 20))
    assert len({answer.transfer_id for _, answer in answers}) == 1
    assert sum(not answer.repeated for _, answer in answers) == 1
    assert bank.balances() == [Decimal(3), Decimal(17), Decimal(10)]


def test_opposite_transfers_never_wait_for_each_other(module_books: RealBooks) -> None:
    """Transfers to and fro between the same accounts all go through: no deadlock, nothing lost."""
    bank = Bank(module_books)
    writers = [
        [Step(100 * writer + number, writer % 2, 1 - writer % 2, 1, by_hand=False) for number in range(25)]
        for writer in range(6)
    ]
    answers = asyncio.run(bank.work(writers))
    assert all(isinstance(answer, PostedTransfer) for _, answer in answers)
    assert bank.balances() == [Decimal(10)] * ACCOUNTS


def test_an_account_is_emptied_by_as_many_as_it_can_pay(module_books: RealBooks) -> None:
    """Of twenty who take 4.00 of 10.00 at once, two get it."""
    bank = Bank(module_books)
    answers = asyncio.run(bank.work([[Step(number, 0, 1, 400, by_hand=False)] for number in range(20)]))
    assert Counter(type(answer) for _, answer in answers) == {PostedTransfer: 2, OverdrawnError: 18}
    assert bank.balances() == [Decimal(2), Decimal(18), Decimal(10)]
