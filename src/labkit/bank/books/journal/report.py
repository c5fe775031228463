"""What became of the orders on a journal: entered, there already, in conflict, set aside, still waiting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from labkit.bank.books.journal.entries import Damaged, JournalEntry


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of entering did, or what a whole journal holds.

    Attributes
    ----------
    posted : tuple of JournalEntry
        Entered into the books from here.
    already : tuple of JournalEntry
        Stood in the books before: the database had posted them, and only its answer was lost.
    conflicts : tuple of JournalEntry
        Refused by the books; a person decides.
    settled : tuple of JournalEntry
        Decided by a person, and not entered.
    waiting : tuple of JournalEntry
        Orders still to be entered.
    set_aside : tuple of Damaged
        Lines of the journal that can't be read.
    stopped : str or None
        Why entering did not come to its end.
    """

    posted: tuple[JournalEntry, ...] = ()
    already: tuple[JournalEntry, ...] = ()
    conflicts: tuple[JournalEntry, ...] = ()
    settled: tuple[JournalEntry, ...] = ()
    waiting: tuple[JournalEntry, ...] = ()
    set_aside: tuple[Damaged, ...] = ()
    stopped: str | None = None

    @classmethod
    def of(
        cls,
        entries: Iterable[JournalEntry],
        *,
        waiting: Iterable[JournalEntry],
        set_aside: tuple[Damaged, ...],
        stopped: str | None = None,
    ) -> Report:
        """Sort entries by their state; ``waiting`` are those of the whole journal."""
        kept = tuple(entries)
        return cls(
            posted=tuple(entry for entry in kept if entry.state == "posted"),
            already=tuple(entry for entry in kept if entry.state == "there already"),
            conflicts=tuple(entry for entry in kept if entry.state == "conflict"),
            settled=tuple(entry for entry in kept if entry.state == "settled"),
            waiting=tuple(entry for entry in waiting if entry.state == "waiting"),
            set_aside=set_aside,
            stopped=stopped,
        )

    @property
    def done(self) -> bool:
        """Whether nothing is left, neither to enter nor for a person."""
        return not (self.waiting or self.conflicts or self.set_aside or self.stopped)

    def to_json(self) -> dict[str, Any]:
        """Give the report as JSON's values."""
        groups = ("posted", "already", "conflicts", "settled", "waiting", "set_aside")
        listed = {name: [item.to_json() for item in getattr(self, name)] for name in groups}
        return listed | {"stopped": self.stopped}

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield (
            f"Manual ledger: {_orders(len(self.posted))} entered, {len(self.already)} there already, "
            f"{len(self.conflicts)} in conflict, {len(self.settled)} settled, {len(self.waiting)} waiting."
        )
        if self.stopped:
            yield f"Stopped: {self.stopped}"
        for entry in self.conflicts:
            yield f"For a person: {_order(entry)}: {entry.reason}"
        for damaged in self.set_aside:
            place = f"line {damaged.line}" if damaged.line else "the end"
            yield f"Can't be read: {damaged.file}, {place}: {damaged.reason}"


def _orders(count: int) -> str:
    return f"{count} order" if count == 1 else f"{count} orders"


def _order(entry: JournalEntry) -> str:
    order = entry.order
    return f"{order.idempotency_key}, {order.amount:.2f} from {order.from_account} to {order.to_account}"
