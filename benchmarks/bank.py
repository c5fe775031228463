"""The running bank under load: healthy, with the wrong port, and after the rollback; with a pool and without.

    python benchmarks/bank.py 4000 --clients 16 --rounds 5

The bank is the real one: its own PostgreSQL, one web process, telemetry on, everything on 127.0.0.1. So many
clients ask, each again as soon as it has its answer: 7 of 10 requests read an account, 2 a statement, 1 makes
a transfer. An outage is measured for 20 s at most. A rollback is timed from the call to the first good
answer, while a request is sent every 50 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from labkit.bank.running import Bank, open_bank

ACCOUNTS = 400
EVERY_S = 0.05
LONGEST_OUTAGE_S = 20.0
#: The bank closes a connection on which nobody asks for five seconds.
IDLE_S = 3.0


@dataclass
class Client:
    """One customer over one kept connection; raw, so that the bank and not the client is what is measured."""

    port: int
    customer: int
    cookie: str = ""
    asked: float = 0.0
    reader: asyncio.StreamReader | None = field(default=None, repr=False)
    writer: asyncio.StreamWriter | None = field(default=None, repr=False)

    async def ask(self, method: str, path: str, body: object = None) -> int:
        """Send one request and give the status of its answer."""
        idle = time.monotonic() - self.asked
        if self.writer is None or self.writer.is_closing() or idle > IDLE_S:
            self.close()
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self.reader is not None
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n"
        head += f"cookie: {self.cookie}\r\ncontent-type: application/json\r\n"
        self.writer.write(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        await self.reader.readexactly(int(headers["content-length"]))
        for line in lines:
            if line.lower().startswith("set-cookie: "):
                self.cookie = line.split(": ", 1)[1].split(";")[0]
        self.asked = time.monotonic()
        if headers.get("connection") == "close":
            self.writer.close()
        return int(lines[0].split()[1])

    def close(self) -> None:
        """Give the connection up."""
        if self.writer is not None:
            self.writer.close()

    async def log_in(self) -> None:
        """Get a session."""
        from labkit.bank.books import DEMO_PASSWORD

        login = {"login": f"customer-{self.customer}", "password": DEMO_PASSWORD}
        status = await self.ask("POST", "/login", login)
        assert status == 200, status

    async def one(self, draw: random.Random, keys: itertools.count[int]) -> int:
        """Do what a customer does next."""
        from labkit.bank.books import account_number

        mine, kind = account_number(self.customer), draw.random()
        if kind < 0.7:
            return await self.ask("GET", f"/accounts/{mine}")
        if kind < 0.9:
            return await self.ask("GET", f"/accounts/{mine}/statement")
        order = {"idempotency_key": f"bench-{next(keys)}-{time.time_ns()}", "from_account": mine}
        order |= {"to_account": account_number(self.customer, 1), "amount": "0.01", "memo": "bench"}
        return await self.ask("POST", "/transfers", order)


@dataclass(frozen=True)
class Phase:
    """What was measured: seconds it took, milliseconds of each answer, and how often each status came."""

    seconds: float
    milliseconds: list[float]
    statuses: Counter[int]

    def row(self, name: str) -> str:
        """Write it as a line of the table."""
        cuts = statistics.quantiles(self.milliseconds, n=100, method="inclusive")
        good = sum(count for status, count in self.statuses.items() if status < 300)
        rate = len(self.milliseconds) / self.seconds
        bad = len(self.milliseconds) - good
        return f"{name:30}{rate:12.1f}{cuts[49]:10.1f}{cuts[98]:10.1f}{good:10}{bad:10}"


async def load(clients: list[Client], count: int, seconds: float) -> Phase:
    """Let all clients ask until there were so many requests, or the time is over."""
    taken, statuses, milliseconds = itertools.count(), Counter(), []
    keys, began = itertools.count(), time.perf_counter()

    async def busy(client: Client) -> None:
        draw = random.Random(client.customer)
        while next(taken) < count and time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            statuses[await client.one(draw, keys)] += 1
            milliseconds.append(1000 * (time.perf_counter() - asked))

    await asyncio.gather(*map(busy, clients))
    return Phase(time.perf_counter() - began, milliseconds, statuses)


async def heal(bank: Bank, port: int, customer: Client) -> float:
    """Roll back while requests go on coming, and give the seconds to the first good answer."""
    from labkit.bank.books import account_number

    healed: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def knock() -> None:
        client = Client(port, customer.customer, customer.cookie)
        status = await client.ask("GET", f"/accounts/{account_number(client.customer)}")
        client.close()
        if status == 200 and not healed.done():
            healed.set_result(time.perf_counter())

    async def knocking() -> None:
        async with asyncio.TaskGroup() as knocks:
            while not healed.done():
                knocks.create_task(knock())
                await asyncio.sleep(EVERY_S)

    visits = asyncio.create_task(knocking())
    await asyncio.sleep(1.0)
    assert not healed.done(), "the bank answered during the outage"
    began = time.perf_counter()
    back = asyncio.create_task(asyncio.to_thread(bank.rollback))
    at = await healed
    await asyncio.gather(visits, back)
    return at - began


async def measure(bank: Bank, count: int, clients: int, rounds: int) -> None:
    """Measure with a pool, then without, and print."""
    from labkit.bank.releases import routine_update

    port = int(bank.url.rpartition(":")[2])
    people = [Client(port, number) for number in range(1, clients + 1)]
    for client in people:
        await client.log_in()
    await load(people, min(200, count), 60)  # caches and connections
    print(f"{'':30}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'good':>10}{'refused':>10}")
    healing = {}
    for name, size in (("pool of 4", 4), ("no pool", 0)):
        bank.configure({"POOL_MAX_SIZE": size})
        healthy = await load(people, count, 120)
        print(healthy.row(f"healthy, {name}"))
        outage_s = min(LONGEST_OUTAGE_S, max(4.0, healthy.seconds / 4))
        times = []
        for number in range(rounds):
            bank.deploy("1.8.0", routine_update(bank.dsn))
            if not number:
                print((await load(people, count, outage_s)).row(f"wrong port, {name}"))
            times.append(await heal(bank, port, people[0]))
        healing[name] = times
        print((await load(people, count, 120)).row(f"after the rollback, {name}"))
    print("\nseconds from the rollback to the first good answer")
    for name, times in healing.items():
        print(f"{name:30}{'  '.join(f'{one:.2f}' for one in times)}   worst {max(times):.2f}")


def main() -> None:
    """Open a bank, measure, and close it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("requests", type=int, nargs="?", default=4000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5, help="rollbacks to time")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="labkit-bench-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL, which gives up root, comes through here
        with open_bank(Path(folder) / "bank", accounts=ACCOUNTS) as bank:
            print(f"{asked.clients} clients at once, {asked.requests:,} requests, 1 web process")
            asyncio.run(measure(bank, asked.requests, asked.clients, asked.rounds))


if __name__ == "__main__":
    main()
