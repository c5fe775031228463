"""Killed at random moments, the running service and its PostgreSQL lose no transfer that was answered.

Customers send their orders over HTTP and send them again until there is an answer, as programs do. The usual
run has ten moments. ``KILL_MOMENTS=50 pytest -s tests/bank/test_journal_kill_service.py`` has fifty; a seed
that it printed makes the same choices again with ``KILL_SEED=...`` (the machine's timing stays its own).
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from killed_bank import TELLERS, order_of
from killing import Chances, KilledPostgres, durable_books, kill_at_random
from web_bank import WebHost, logged_in, release, until, web_host

from labkit.bank.books.journal import journals_of, pin_books
from labkit.bank.postgres import free_port

pytestmark = [pytest.mark.server, pytest.mark.slow]
SETTINGS = {"MANUAL_LEDGER": "on", "POOL_TIMEOUT_SECONDS": 0.3, "METRICS_EVERY_SECONDS": 60}


@dataclass
class KilledService:
    """The web process; it begins again on its port."""

    bank: Path
    port: int
    _stack: ExitStack = field(default_factory=ExitStack, repr=False)

    def begin(self) -> None:
        """Begin it, and wait until it listens."""
        self.host: WebHost = self._stack.enter_context(web_host(self.bank, port=self.port))

    def kill(self) -> None:
        """Kill it; it must have been alive."""
        assert self.host.process.poll() is None, "the service ended by itself"
        self.host.process.kill()
        self.host.process.communicate()
        self._stack.close()

    def __enter__(self) -> KilledService:
        self.begin()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.close()  # it ends by itself, well


@dataclass
class Customer:
    """One customer's program: one order after the other, each sent until it is answered."""

    number: int
    url: str
    cookies: dict[str, str] = field(repr=False)
    answers: list[tuple[int, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    problem: Exception | None = None

    def work(self) -> None:
        """Order until it is over; the last order is sent until it has its answer."""
        with httpx.Client(base_url=self.url, cookies=self.cookies, timeout=5, trust_env=False) as client:
            number = 0
            while not self.over.is_set() and self.problem is None:
                number += 1
                try:
                    self.order(client, f"key-0-{self.number}-{number}")
                except Exception as error:  # noqa: BLE001  told by the test, not by the thread
                    self.problem = error

    def order(self, client: httpx.Client, key: str) -> None:
        """Send one order until somebody says what became of it."""
        while True:
            try:
                answer = client.post("/transfers", json=order_of(key).to_json())
            except httpx.HTTPError:  # nobody there, or gone before the answer
                time.sleep(0.05)
                continue
            if answer.status_code >= 500:  # no connection, or one that broke: nobody knows, so once more
                time.sleep(0.05)
                continue
            made_before = answer.status_code == 409 and "made before" in answer.text
            if answer.status_code not in (200, 202) and not made_before:
                raise ValueError(answer.status_code, answer.text)
            self.answers.append((answer.status_code, key))
            return


def test_kills_lose_no_answered_transfer(tmp_path: Path) -> None:
    """Every order that was answered with 200 or 202 stands in the books exactly once afterwards."""
    chances = Chances.of_environment(10)
    print(chances)  # noqa: T201
    with durable_books() as books:
        pin_books(tmp_path, books.app)
        release(tmp_path, "1.7.4", books.app, **SETTINGS)
        with KilledService(tmp_path, free_port()) as service:
            with ordering(service.host) as customers:
                postgres = KilledPostgres(books.server)
                kills = kill_at_random(chances, service, postgres, time.sleep, longest_s=1.5)
            until(lambda: not any(journal.pending() for journal in journals_of(tmp_path)), 120)
        whole = journals_of(tmp_path)[0].report()
        answered = [answer for one in customers for answer in one.answers]
        statuses = Counter(status for status, _ in answered)
        print(dict(kills), dict(statuses), str(whole).splitlines()[0])  # noqa: T201
        books.check(key for _, key in answered)
    assert (whole.waiting, whole.conflicts, whole.stopped) == ((), (), None)
    entered = {entry.order.idempotency_key for entry in (*whole.posted, *whole.already)}
    assert entered >= {key for status, key in answered if status == 202}
    assert min(statuses[200], statuses[202]) > chances.moments // 2, "the orders did not meet the kills"
    assert whole.posted, "nothing was entered from the journal alone"


@contextmanager
def ordering(host: WebHost) -> Iterator[list[Customer]]:
    """Let customers order during the block; each has an answer to its last order at the end."""
    customers = [customer(host, number) for number in range(1, TELLERS + 1)]
    threads = [threading.Thread(target=one.work) for one in customers]
    for thread in threads:
        thread.start()
    try:
        yield customers
    finally:
        for one in customers:
            one.over.set()
        for thread in threads:
            thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a customer never got an answer"
    assert not [one.problem for one in customers if one.problem]


def customer(host: WebHost, number: int) -> Customer:
    """Log a customer in; the service sees their account, so it knows whose it is."""
    with logged_in(host, number) as client:
        assert client.get("/accounts").status_code == 200
        return Customer(number, host.url, dict(client.cookies))
