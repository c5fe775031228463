"""Killing a bank and its PostgreSQL at random moments, and what must be true of the books afterwards."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil
import psycopg
from killed_bank import CUSTOMERS, order_of
from real_books import make_roles

from labkit.bank.books import account_number, audit, mark_environment, migrate, seed
from labkit.bank.postgres import Server, running_server


@dataclass(frozen=True)
class Chances:
    """How many kills, and the seed of their moments: from ``KILL_MOMENTS`` and ``KILL_SEED``."""

    moments: int
    seed: int

    @classmethod
    def of_environment(cls, moments: int) -> Chances:
        """Take the usual number, and a seed that nobody chose, unless the environment says otherwise."""
        seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(10**6))
        return cls(int(os.environ.get("KILL_MOMENTS") or moments), seed)

    def __str__(self) -> str:
        return f"KILL_MOMENTS={self.moments} KILL_SEED={self.seed}"


class Killed(Protocol):
    """Something that can be killed and begun again."""

    def kill(self) -> None:
        """End it at once, with SIGKILL."""

    def begin(self) -> None:
        """Begin it again, and wait until it is there."""


@dataclass(frozen=True)
class KilledPostgres:
    """A server whose first process and all others are killed together."""

    server: Server

    def kill(self) -> None:
        """Kill the first process first: it can neither tidy up nor start anything again."""
        assert self.server.pid is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.server.pid)
            first.suspend()
            processes = [first, *first.children(recursive=True)]
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(processes, timeout=20)

    def begin(self) -> None:
        """Start it again: it recovers from its log."""
        self.server.start()


def kill_at_random(
    chances: Chances,
    bank: Killed,
    postgres: Killed,
    wait: Callable[[float], None],
    longest_s: float = 0.6,
) -> Counter[str]:
    """Kill the bank and PostgreSQL alternately, now and then both; give how often each.

    Between two moments lie up to ``longest_s``, and what it takes to begin again.
    """
    draw, kills = random.Random(chances.seed), Counter[str]()
    for moment in range(chances.moments):
        wait(draw.uniform(0.02, longest_s))
        victims = [(("bank", bank), ("postgres", postgres))[moment % 2]]
        if draw.random() < 0.15:
            victims = [("bank", bank), ("postgres", postgres)]
        for _, victim in victims:
            victim.kill()
        wait(draw.uniform(0.0, 0.4))
        for name, victim in reversed(victims):
            victim.begin()
            kills[name] += 1
    return kills


@dataclass(frozen=True)
class DurableBooks:
    """Books on a server that keeps its promises: fsync is on."""

    server: Server
    owner: str
    app: str

    def posted(self) -> list[tuple[Any, ...]]:
        """Read every transfer that is not from the seed: key, both accounts, amount, memo."""
        with psycopg.connect(self.owner) as connection:
            return connection.execute(
                "SELECT idempotency_key, taken.account_id, given.account_id, transfers.amount, taken.memo "
                "FROM transfers JOIN entries AS taken USING (transfer_id) "
                "JOIN entries AS given USING (transfer_id) "
                "WHERE taken.amount < 0 AND given.amount > 0 AND idempotency_key LIKE 'key-%'"
            ).fetchall()

    def check(self, accepted: Iterable[str]) -> None:
        """See that every accepted order stands there exactly once as it was given, and no other at all."""
        found = self.posted()
        keys = Counter(row[0] for row in found)
        missing = sorted(set(accepted) - keys.keys())
        assert not missing, f"accepted and not in the books: {missing}"
        assert max(keys.values()) == 1, f"posted twice: {keys.most_common(3)}"
        for key, *rest in found:
            order = order_of(key)
            assert rest == [order.from_account, order.to_account, order.amount, order.memo], key
        assert audit(self.owner).good


@contextmanager
def durable_books() -> Iterator[DurableBooks]:
    """Run a server with fsync on, in a folder that goes at the end, with books for ten customers."""
    folder = Path(tempfile.mkdtemp(prefix="labkit-killed-")).resolve()
    folder.chmod(0o755)
    try:
        with running_server(folder / "postgres") as server:
            make_roles(server)
            with psycopg.connect(server.superuser.reveal(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE bank OWNER bank_owner")
                (fsync,) = connection.execute("SHOW fsync").fetchone() or ("",)
                assert fsync == "on"
            owner = server.dsn(dbname="bank", user="bank_owner", password="owner-41").reveal()
            migrate(owner)
            seed(owner, accounts=2 * CUSTOMERS)
            mark_environment(server.dsn(dbname="bank"), "production")
            app = server.dsn(dbname="bank", user="bank_app", password="app-41").reveal()
            assert account_number(CUSTOMERS, 1)
            yield DurableBooks(server, owner, app)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
