"""Killed at random moments, a bank and its PostgreSQL lose no order that was accepted, and double none.

The usual run has ten moments. ``KILL_MOMENTS=50 pytest -s tests/bank/test_journal_kill.py`` has fifty; a
seed that it printed makes the same choices again with ``KILL_SEED=...`` (the machine's timing stays its own).
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest
from killing import Chances, KilledPostgres, durable_books, kill_at_random

from labkit.bank.books.journal import Journal, Report, enter

pytestmark = [pytest.mark.server, pytest.mark.slow]
BANK = Path(__file__).parent.parent / "real" / "killed_bank.py"


@dataclass
class KilledBank:
    """The bank's process, and what it told its clients before it died."""

    folder: Path
    dsn: str = field(repr=False)
    answers: list[tuple[str, str]] = field(default_factory=list)
    _runs: count[int] = field(default_factory=count, repr=False)

    def begin(self) -> None:
        """Begin it with orders of a run of its own."""
        command = [sys.executable, str(BANK), str(self.folder), str(next(self._runs))]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self._process.stdin is not None
        self._process.stdin.write(f"{self.dsn}\n")
        self._process.stdin.flush()
        self._first = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(self._process, self._first))
        self._reader.start()
        assert self._first.wait(60), "the bank takes no orders"

    def _read(self, process: subprocess.Popen[str], first: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            status, _, key = line.strip().partition(" ")
            if line.endswith("\n"):  # an answer that was cut off has not arrived
                self.answers.append((status, key))
                first.set()

    def kill(self) -> None:
        """Kill it; it must have been alive."""
        assert self._process.poll() is None, self._process.communicate()[1]
        self._process.kill()
        self._reader.join()
        self._process.communicate()


def test_kills_lose_no_accepted_order(tmp_path: Path) -> None:
    """Every order that was answered with 200 or 202 stands in the books exactly once afterwards."""
    chances = Chances.of_environment(10)
    print(chances)  # noqa: T201
    with durable_books() as books:
        bank = KilledBank(tmp_path / "journal", books.app)
        bank.begin()
        kills = kill_at_random(chances, bank, KilledPostgres(books.server), time.sleep)
        bank.kill()
        asyncio.run(_enter(books.app, bank.folder))
        whole = Journal(bank.folder).report()
        answers = Counter(status for status, _ in bank.answers)
        print(dict(kills), dict(answers), str(whole).splitlines()[0])  # noqa: T201
        books.check(key for _, key in bank.answers)
    assert (whole.waiting, whole.conflicts) == ((), ())
    assert {entry.order.idempotency_key for entry in (*whole.posted, *whole.already)} >= {
        key for status, key in bank.answers if status == "202"
    }
    assert min(answers["200"], answers["202"]) > chances.moments, "the orders did not meet the kills"
    assert whole.posted, "nothing was entered from the journal alone"
    assert whole.already, "no order was both posted and journalled"


async def _enter(dsn: str, folder: Path) -> Report:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        return await enter(Journal(folder), connection)
