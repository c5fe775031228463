"""The journal keeps every order it accepted: over kills, full disks, damage, and beside other writers."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labkit.bank.books import KeyReusedError, TransferOrder
from labkit.bank.books.journal import Journal, JournalEntry, JournalError
from labkit.bank.books.journal.lines import write_line


def order(number: int, amount: str = "1.50") -> TransferOrder:
    """Make an order with a key of its own."""
    return TransferOrder(f"key-{number}", 107919, 115838, Decimal(amount), "tea — for two")


def keys(entries: tuple[JournalEntry, ...]) -> list[str]:
    """Name the orders."""
    return [entry.order.idempotency_key for entry in entries]


def test_an_accepted_order_is_there_for_the_next_process(tmp_path: Path) -> None:
    """What was accepted is read again as it was given, in order."""
    folder = tmp_path / "journal" / "bank-web-1"
    accepted = [Journal(folder).accept(order(number)) for number in range(3)]
    assert Journal(folder).pending() == tuple(accepted)
    assert [entry.order for entry in accepted] == [order(number) for number in range(3)]
    assert [entry.number for entry in accepted] == [1, 2, 3]


def test_an_order_sent_twice_is_one_entry(tmp_path: Path) -> None:
    """The same order with the same key is accepted again and written once; another one is refused."""
    journal = Journal(tmp_path)
    first = journal.accept(order(1))
    again = Journal(tmp_path).accept(order(1))
    assert (first.repeated, again.repeated) == (False, True)
    assert again.number == first.number
    with pytest.raises(KeyReusedError):
        journal.accept(order(1, "2.50"))
    assert len(journal.pending()) == 1


@cache
def written(count: int) -> bytes:
    """Give the file of orders as a journal wrote it."""
    with TemporaryDirectory() as name:
        journal = Journal(Path(name))
        for number in range(count):
            journal.accept(order(number))
        file = Path(name) / "orders.jsonl"
        return file.read_bytes() if count else b""


@settings(max_examples=60, deadline=None)
@given(before=st.integers(0, 3), missing=st.integers(0, 300))
@example(before=2, missing=1)
@example(before=2, missing=2)
def test_an_unfinished_last_line_is_set_aside(before: int, missing: int) -> None:
    """Wherever a kill cuts the last line, those before stay, its text is kept aside, and the next is good."""
    kept, whole = written(before), written(before + 1)
    cut = max(len(kept), len(whole) - missing)
    survives = cut >= len(whole) - 1  # only its line end may be missing
    with TemporaryDirectory() as name:
        file = Path(name) / "orders.jsonl"
        file.write_bytes(whole[:cut])
        reopened = Journal(Path(name))
        assert keys(reopened.pending()) == [f"key-{number}" for number in range(before + survives)]
        torn = whole[len(kept) : cut].decode()
        assert [item.raw for item in reopened.set_aside] == ([] if survives or not torn else [torn])
        reopened.accept(order(99))
        assert keys(Journal(Path(name)).pending()) == keys(reopened.pending())
        assert keys(reopened.pending())[-1] == "key-99"
        assert Journal(Path(name)).set_aside == reopened.set_aside


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_damaged_byte_costs_no_other_order(place: float, byte: int) -> None:
    """After a byte went bad, every line is an order as it was given, or is kept aside as it is."""
    content = bytearray(written(4))
    content[int(place * len(content))] = byte
    with TemporaryDirectory() as name:
        (Path(name) / "orders.jsonl").write_bytes(content)
        damaged = Journal(Path(name))
        left = damaged.pending()
        assert all(entry.order in [order(number) for number in range(4)] for entry in left)
        assert len(left) >= (2 if damaged.set_aside else 4)
        lines = bytes(content).decode("utf-8", "backslashreplace").split("\n")
        read = [line for line in lines if any(f'"{key}"' in line for key in keys(left))]
        assert {line for line in lines if line and line not in read} <= {
            item.raw for item in damaged.set_aside
        }
        assert damaged.accept(order(9)).number not in [entry.number for entry in left]


def fill(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    """Have the disk fail, after half of what is written."""
    write = os.write

    def full(number: int, content: bytes) -> int:
        if len(content) > 60:
            return write(number, content[:50])
        raise OSError(errno.ENOSPC, "No space left on device")

    def failing(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, fails, full if fails == "write" else failing)


@pytest.mark.parametrize("fails", ["write", "fsync"])
def test_a_disk_that_fails_accepts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """An order that the disk does not take is refused; those before are there, and the next one is taken."""
    journal = Journal(tmp_path)
    journal.accept(order(1))
    with monkeypatch.context() as patch:
        fill(patch, fails)
        with pytest.raises(JournalError, match="the journal cannot be used"):
            journal.accept(order(2))
    journal.accept(order(3))
    assert keys(journal.pending()) == ["key-1", "key-3"]
    assert keys(Journal(tmp_path).pending()) == ["key-1", "key-3"]
    assert not [entry for entry in Journal(tmp_path).set_aside if "key-3" in entry.raw]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file in the place of the folder is one line for a person."""
    (tmp_path / "journal").write_text("", encoding="utf-8")
    with pytest.raises(JournalError, match="the journal cannot be used"):
        Journal(tmp_path / "journal" / "bank-web-1")


def test_threads_and_journals_beside_each_other_lose_nothing(tmp_path: Path) -> None:
    """Several writers, each with a view of its own, give every order a number and a line of its own."""

    def write(worker: int) -> None:
        journal = Journal(tmp_path)
        for number in range(20):
            journal.accept(order(100 * worker + number))

    workers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    entries = Journal(tmp_path).entries()
    assert [entry.number for entry in entries] == list(range(1, 81))
    assert len(set(keys(entries))) == 80


ACCEPTING = """
import sys
from decimal import Decimal
from pathlib import Path
from labkit.bank.books import TransferOrder
from labkit.bank.books.journal import Journal
journal = Journal(Path(sys.argv[1]))
begin = int(sys.argv[2])
for number in range(begin, begin + 10_000):
    journal.accept(TransferOrder(f"key-{number}", 107919, 115838, Decimal("1.50"), "x" * 140))
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """A process killed while it accepts leaves every order it had acknowledged, and a file to go on with."""
    acknowledged: list[str] = []
    for begin in (0, 10_000, 20_000):
        command = [sys.executable, "-c", ACCEPTING, str(tmp_path), str(begin)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
            assert process.stdout is not None
            for line in process.stdout:
                acknowledged.append(f"key-{line.strip()}")
                if len(acknowledged) % 40 == 0:
                    process.kill()
                    break
            acknowledged += [f"key-{line.strip()}" for line in process.stdout if line.endswith("\n")]
    found = keys(Journal(tmp_path).pending())
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))


def test_a_report_names_what_cannot_be_read(tmp_path: Path) -> None:
    """A damaged line and an unfinished one are in the report, and it is not done."""
    lines = written(2).splitlines(keepends=True)
    (tmp_path / "orders.jsonl").write_bytes(lines[0].replace(b"1.50", b"9.50") + lines[1] + b'{"sha256": "')
    report = Journal(tmp_path).report()
    assert not report.done
    assert "Can't be read: orders.jsonl, line 1: its checksum is that of another text" in str(report)
    assert "Can't be read: orders.jsonl, the end: unfinished" in str(report)
    assert [item["line"] for item in report.to_json()["set_aside"]] == [1, 0]


@pytest.mark.parametrize(
    "line",
    [
        {"entry": "1", "accepted_at": "", "order": {}},
        {"entry": 2, "accepted_at": "", "order": order(1).to_json() | {"amount": "-1"}},
        {"entry": 3, "accepted_at": "", "order": []},
        {"entry": 4},
    ],
)
def test_a_line_of_another_kind_is_set_aside(tmp_path: Path, line: dict[str, Any]) -> None:
    """A line whose checksum is right and that is no order stops nothing."""
    (tmp_path / "orders.jsonl").write_bytes(written(1) + write_line(line))
    journal = Journal(tmp_path)
    assert keys(journal.pending()) == ["key-0"]
    assert [item.line for item in journal.set_aside] == [2]
    (tmp_path / "outcomes.jsonl").write_bytes(write_line({"entry": 1, "state": "lost"}))
    assert keys(Journal(tmp_path).pending()) == ["key-0"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has rights of another kind")
def test_a_journal_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Others on the machine can read neither the folder nor the files."""
    journal = Journal(tmp_path / "journal")
    journal.accept(order(1))
    journal.posted(1, "t-1", already=False)
    for path in (journal.folder, *journal.folder.glob("*.jsonl")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
