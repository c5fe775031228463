"""What stands in a journal: orders, what became of them, conflicts, and lines that can't be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from labkit.bank.books.orders import TransferOrder

#: ``waiting`` to be entered; ``posted`` from here; ``there already``, posted from elsewhere; ``conflict``,
#: for a person; ``settled`` by a person, and not to be entered.
State = Literal["waiting", "posted", "there already", "conflict", "settled"]
STATES: tuple[State, ...] = ("waiting", "posted", "there already", "conflict", "settled")


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One order on the journal and what became of it.

    Attributes
    ----------
    number : int
        Counts orders from 1; the line in the file, as long as no line is damaged.
    accepted_at : str
        UTC, as ISO 8601 writes it.
    state : str
        One of ``STATES``.
    transfer_id : str or None
        The transfer in the books, once there is one.
    reason : str
        Why there is a conflict, or the note of whoever settled it.
    attempts : int
        How often it came into conflict.
    repeated : bool
        Whether this very order had been accepted before (said by ``accept`` only).
    """

    number: int
    accepted_at: str
    order: TransferOrder
    state: State = "waiting"
    transfer_id: str | None = None
    reason: str = ""
    attempts: int = 0
    repeated: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give what a report says of it."""
        said: dict[str, Any] = {"entry": self.number, "accepted_at": self.accepted_at, "state": self.state}
        if self.transfer_id:
            said["transfer_id"] = self.transfer_id
        if self.reason:
            said["reason"] = self.reason
        return said | {"order": self.order.to_json()}

    def record(self) -> dict[str, Any]:
        """Give the line of the file of orders."""
        return {"entry": self.number, "accepted_at": self.accepted_at, "order": self.order.to_json()}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> JournalEntry:
        """Read a line of the file of orders; ``ValueError`` or ``LabError`` for what is none."""
        number, accepted_at = record.get("entry"), record.get("accepted_at")
        if type(number) is not int or not isinstance(accepted_at, str):
            raise ValueError("an entry has a number and a moment")
        return cls(number, accepted_at, TransferOrder.read(record["order"]))

    def became(self, record: Mapping[str, Any]) -> JournalEntry:
        """Change as a line of the file of outcomes says; ``ValueError`` where it says nothing known."""
        state = record.get("state")
        if state not in STATES:
            raise ValueError("no state of an entry")
        return replace(
            self,
            state=state,
            transfer_id=record.get("transfer_id", self.transfer_id),
            reason=record.get("reason", ""),
            attempts=self.attempts + (state == "conflict"),
        )


@dataclass(frozen=True, slots=True)
class Conflict:
    """An order that the books refuse, for a person to decide; it stays in the file of conflicts.

    ``kind`` is the short reason, ``reason`` the whole sentence, ``attempt`` counts from 1.
    """

    entry: int
    attempt: int
    found_at: str
    kind: str
    reason: str
    order: TransferOrder

    def to_json(self) -> dict[str, Any]:
        """Give the line of the file of conflicts."""
        names = ("entry", "attempt", "found_at", "kind", "reason")
        return {name: getattr(self, name) for name in names} | {"order": self.order.to_json()}


@dataclass(frozen=True, slots=True)
class Damaged:
    """A line that can't be read, kept as it was: its file, line and text; line 0 is an unfinished end."""

    file: str
    line: int
    reason: str
    raw: str

    def to_json(self) -> dict[str, Any]:
        """Give the line of the file of what was set aside."""
        return {"file": self.file, "line": self.line, "reason": self.reason, "raw": self.raw}
