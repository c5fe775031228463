"""A bank's process that takes orders until it is killed: posted at once, or onto the journal.

Usage: killed_bank.py FOLDER RUN, with the connection string on standard input. Orders follow from their keys
(``order_of``). After an order was accepted, ``200 KEY`` (posted) or ``202 KEY`` (on the journal) goes to
standard output. Beside that the journal is entered whenever the database is there.
"""

from __future__ import annotations

import asyncio
import random
import sys
import zlib
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from labkit.bank.books import TransferOrder, account_number, transfer, unreachable
from labkit.bank.books.journal import Journal, keep_entering

CUSTOMERS, TELLERS = 10, 4


def order_of(key: str) -> TransferOrder:
    """Give the order that a key stands for: ``key-RUN-CUSTOMER-NUMBER`` is one of that customer."""
    draw, taken = random.Random(zlib.crc32(key.encode())), int(key.split("-")[2])
    given = draw.choice([customer for customer in range(1, CUSTOMERS + 1) if customer != taken])
    amount = Decimal(draw.randrange(1, 40)) / 100
    return TransferOrder(key, account_number(taken), account_number(given), amount, f"memo of {key}")


class Bank:
    """One process: a journal, and connections made anew when they are lost."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.journal, self.dsn = Journal(folder), dsn

    @asynccontextmanager
    async def session(self) -> Any:
        """Connect, for a while."""
        async with await psycopg.AsyncConnection.connect(self.dsn, connect_timeout=2) as connection:
            yield connection

    async def tell(self, name: str) -> None:
        """Take one order after the other on a connection of one's own."""
        draw, number = random.Random(name), 0
        while True:
            try:
                async with self.session() as connection:
                    while True:
                        number += 1
                        await self.take(connection, f"key-{name}-{number}", draw)
            except psycopg.Error as error:
                if not unreachable(error):
                    raise
                # While nobody is there, orders come all the same; this one may have been posted.
                for k in range(number, number + 2):
                    await self.write_down(f"key-{name}-{k}")
                number += 1
                await asyncio.sleep(0.15)

    async def take(self, connection: psycopg.AsyncConnection[Any], key: str, draw: random.Random) -> None:
        """Post an order; now and then as if its answer had been lost, or as a client that sends it twice."""
        await transfer(connection, order_of(key))
        if draw.random() < 0.1:
            await self.write_down(key)
        if draw.random() < 0.1:
            assert (await transfer(connection, order_of(key))).repeated
        say(200, key)

    async def write_down(self, key: str) -> None:
        """Take an order onto the journal."""
        await asyncio.to_thread(self.journal.accept, order_of(key))
        say(202, key)


def say(status: int, key: str) -> None:
    """Tell the client; it reads whole lines only."""
    sys.stdout.write(f"{status} {key}\n")
    sys.stdout.flush()


async def main(folder: Path, run: str, dsn: str) -> None:
    """Take orders at several places at once, and enter the journal, until the kill."""
    bank = Bank(folder, dsn)
    tellers = (bank.tell(f"{run}-{teller}") for teller in range(1, TELLERS + 1))
    entering = keep_entering(bank.journal, bank.session, lambda report: None, every_s=0.05)
    await asyncio.gather(entering, *tellers)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.stdin.readline().strip()))
