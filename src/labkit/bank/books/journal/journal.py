"""The journal of one web process: an append-only file of orders, and files of what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.bank.books.errors import KeyReusedError
from labkit.bank.books.journal.entries import Conflict, Damaged, JournalEntry
from labkit.bank.books.journal.errors import unusable
from labkit.bank.books.journal.lines import Line, Lines
from labkit.bank.books.journal.pin import read_pin, write_pin
from labkit.bank.books.journal.report import Report
from labkit.bank.books.orders import TransferOrder
from labkit.core.errors import LabError
from labkit.core.locking import locked
from labkit.core.syncing import make_folder

ORDERS, OUTCOMES, CONFLICTS, SET_ASIDE = "orders", "outcomes", "conflicts", "set-aside"


class Journal:
    """Orders taken while the database can't be reached.

    Several processes and threads may use one folder at a time: each looks at what the others added before it
    adds something. Nothing that stands in the files is changed or removed, but an unfinished last line.

    Parameters
    ----------
    folder : Path
        Made if need be. It has ``orders.jsonl`` and, once there is something for them, ``outcomes.jsonl``,
        ``conflicts.jsonl`` (for a person), ``set-aside.jsonl`` (lines that can't be read) and ``books.json``
        (which books the orders are for).
    pin : Path, optional
        In place of the folder's own ``books.json``: one for several journals.
    clock : callable, optional
        Gives the moment of an entry.

    Raises
    ------
    JournalError
        Where the folder can't be used.
    """

    def __init__(
        self, folder: Path, *, pin: Path | None = None, clock: Callable[[], dt.datetime] | None = None
    ) -> None:
        self.folder = folder
        self._pin = pin or folder / "books.json"
        self._clock = clock or (lambda: dt.datetime.now(dt.UTC))
        self._entries: dict[int, JournalEntry] = {}
        self._numbers: dict[str, int] = {}
        self._largest = 0
        self._conflicts: dict[tuple[int, int], dict[str, Any]] = {}
        self._set_aside: dict[Damaged, None] = {}
        self._files = {
            name: Lines(folder / f"{name}.jsonl") for name in (SET_ASIDE, ORDERS, CONFLICTS, OUTCOMES)
        }
        try:
            make_folder(folder)
        except OSError as error:
            raise unusable(folder, error) from error
        with self._looked():
            pass

    def accept(self, order: TransferOrder) -> JournalEntry:
        """Take an order; when this returns, it is on the disk, and a client may be told so.

        The same order with the same key is one order: its entry is given again, with ``repeated`` set.

        Raises
        ------
        KeyReusedError
            Where another order was taken under its key.
        JournalError
            Where the disk does not take it; then it must not be said to be accepted.
        """
        with self._looked():
            if (number := self._numbers.get(order.idempotency_key)) is not None:
                known = self._entries[number]
                if known.order != order:
                    raise KeyReusedError(order.idempotency_key)
                return replace(known, repeated=True)
            entry = JournalEntry(self._next_number(), self.now(), order)
            self._files[ORDERS].add(entry.record())
            self._keep(entry)
            return entry

    def entries(self) -> tuple[JournalEntry, ...]:
        """List all orders that were ever taken, in order."""
        with self._looked():
            return tuple(self._entries.values())

    def open_for(self, account_id: int) -> tuple[JournalEntry, ...]:
        """List the orders from an account that wait or are in conflict, as of the last look."""
        return tuple(
            entry
            for entry in tuple(self._entries.values())
            if entry.order.from_account == account_id and entry.state in ("waiting", "conflict")
        )

    def pending(self) -> tuple[JournalEntry, ...]:
        """List the orders that wait to be entered, in the order in which they were taken."""
        return tuple(entry for entry in self.entries() if entry.state == "waiting")

    def report(self) -> Report:
        """Say what became of every order that was ever taken here."""
        entries = self.entries()
        return Report.of(entries, waiting=entries, set_aside=self.set_aside)

    @property
    def set_aside(self) -> tuple[Damaged, ...]:
        """Lines that can't be read, as of the last look."""
        return tuple(self._set_aside)

    def posted(self, number: int, transfer_id: str, *, already: bool) -> JournalEntry:
        """Write down that an order stands in the books."""
        return self._becomes(
            number, {"state": "there already" if already else "posted", "transfer_id": transfer_id}
        )

    def in_conflict(self, number: int, kind: str, reason: str) -> JournalEntry:
        """Write down that the books refuse an order: first for a person, then as its outcome."""
        with self._looked():
            entry = self._entries[number]
            conflict = Conflict(number, entry.attempts + 1, self.now(), kind, reason, entry.order)
            if (number, conflict.attempt) not in self._conflicts:  # else: killed between the two lines
                self._files[CONFLICTS].add(conflict.to_json())
                self._conflicts[number, conflict.attempt] = conflict.to_json()
        return self._becomes(number, {"state": "conflict", "kind": kind, "reason": reason})

    def again(self, idempotency_key: str) -> JournalEntry:
        """Have an order in conflict entered once more, since a person removed the reason.

        Raises
        ------
        LabError
            Where there is no conflict about this key.
        """
        return self._becomes(self._conflict_of(idempotency_key), {"state": "waiting"})

    def settle(self, idempotency_key: str, note: str) -> JournalEntry:
        """Close a conflict without entering the order; the note says what a person did instead.

        Raises
        ------
        LabError
            Where there is no conflict about this key, and for an empty note.
        """
        if not note.strip():
            raise LabError("a settled conflict needs a note", next_step="Say what was done instead.")
        return self._becomes(self._conflict_of(idempotency_key), {"state": "settled", "reason": note.strip()})

    def _conflict_of(self, idempotency_key: str) -> int:
        open_ones = {
            entry.order.idempotency_key: entry.number for entry in self.entries() if entry.state == "conflict"
        }
        if idempotency_key not in open_ones:
            raise LabError(
                "no conflict about an order of this key", found=idempotency_key, allowed=sorted(open_ones)
            )
        return open_ones[idempotency_key]

    @property
    def books(self) -> tuple[str, str | None] | None:
        """Which books the orders are for, once that is known: their id and environment."""
        return read_pin(self._pin)

    def belongs_to(self, books_id: str, environment: str | None) -> None:
        """Remember which books the orders are for."""
        with self._held():
            write_pin(self._pin, books_id, environment)

    def now(self) -> str:
        """Give the moment, in UTC, as it is written."""
        moment = self._clock().astimezone(dt.UTC)
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

    @contextmanager
    def _held(self) -> Iterator[None]:
        try:
            with locked(self.folder / "lock"):
                yield
        except OSError as error:
            raise unusable(self.folder, error) from error

    @contextmanager
    def _looked(self) -> Iterator[None]:
        """Hold the journal, and know all that stands in it."""
        with self._held():
            for name, file in self._files.items():
                for line in file.news():
                    self._learn(name, line)
            yield

    def _learn(self, name: str, line: Line) -> None:
        try:
            if line.record is None:
                raise ValueError(line.reason)
            self._understand(name, line.record)
        except (ValueError, TypeError, KeyError, LabError) as error:
            reason = line.reason or f"not a line of this file: {error}"
            raw = line.raw.decode("utf-8", "backslashreplace")
            self._keep_aside(Damaged(f"{name}.jsonl", line.number, reason, raw))

    def _understand(self, name: str, record: dict[str, Any]) -> None:
        if name == ORDERS:
            self._keep(JournalEntry.read(record))
        elif name == OUTCOMES:
            self._largest = max(self._largest, int(record["entry"]))
            entry = self._entries[record["entry"]]
            self._entries[entry.number] = entry.became(record)
        elif name == CONFLICTS:
            self._conflicts[record["entry"], record["attempt"]] = record
        else:
            self._set_aside[Damaged(record["file"], record["line"], record["reason"], record["raw"])] = None

    def _keep(self, entry: JournalEntry) -> None:
        if entry.number in self._entries:
            raise ValueError("a number that another entry has")
        self._largest = max(self._largest, entry.number)
        self._entries[entry.number] = entry
        self._numbers.setdefault(entry.order.idempotency_key, entry.number)

    def _next_number(self) -> int:
        """Count on, past the numbers that damaged lines may have had."""
        return max(self._largest, self._files[ORDERS].count) + 1

    def _keep_aside(self, damaged: Damaged) -> None:
        """Copy a line that can't be read, once."""
        if damaged not in self._set_aside:
            self._set_aside[damaged] = None
            if damaged.file != f"{SET_ASIDE}.jsonl":
                self._files[SET_ASIDE].add(damaged.to_json())

    def _becomes(self, number: int, outcome: dict[str, Any]) -> JournalEntry:
        with self._looked():
            record = {"entry": number, "at": self.now()} | outcome
            self._files[OUTCOMES].add(record)
            self._entries[number] = self._entries[number].became(record)
            return self._entries[number]
