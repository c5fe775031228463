"""Weigh the messages of errors: which of them belong to the incident, and how much they explain."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labkit.evidence.investigate.ask import Answer, ask
from labkit.evidence.investigate.model import MISCONFIGURED, SERVER, Citation, Claim, Row, Window
from labkit.evidence.investigate.reading import Reading, read_row
from labkit.evidence.investigate.safe import safe

if TYPE_CHECKING:
    import duckdb

#: A message belongs to the incident when it is this many times as frequent during it as otherwise.
_MORE_OFTEN = 5.0
#: A pool lives on the connections it has, for up to an hour (max_lifetime of psycopg_pool): so long before
#: the first failure it may be said why new ones fail. When that is over, it is said no longer than a minute.
_LEAD, _TRAIL = dt.timedelta(hours=1), dt.timedelta(seconds=90)
#: It explains the incident fully when it comes with this share of the failures, or when a pool hides the
#: cause of this share of them.
_SHARE, _HIDDEN = 0.2, 0.3
#: From this strength on a message may speak for the whole incident.
_FIRM = 0.5


@dataclass(frozen=True, slots=True)
class Complaint:
    """One message of the incident: its meaning, its row, and how much it explains, from 0 to 1."""

    reading: Reading
    row: Row
    strength: float

    @property
    def text(self) -> str:
        """The first line of it, fit to be shown."""
        return safe(" ".join((self.row["example"] or "").split()))[:160]

    def weight(self, kind: str, part: str | None) -> float:
        """How much it speaks for a cause."""
        return self.strength * max(
            (m.weight for m in self.reading.meanings if (m.kind, m.part) == (kind, part)), default=0.0
        )


@dataclass(frozen=True, slots=True)
class Complaints:
    """All messages of the incident, strongest first.

    ``first_utc`` is the first sign: connections may fail before any request does, while a pool lives on.
    """

    answer: Answer
    all: tuple[Complaint, ...]
    first_utc: dt.datetime | None = None

    @property
    def telling(self) -> tuple[Complaint, ...]:
        """Those that name a cause."""
        return tuple(c for c in self.all if c.reading.signature.reached != "hidden" or _is_code(c))

    @property
    def commonest(self) -> str | None:
        """The error that most failures of the time end in, also where it is as frequent at other times."""
        spans = self.answer.where(lambda row: row["source"] == "span" and row["during"] > 0)
        rows = spans or self.answer.rows
        return rows[0]["error"] if rows else None  # most frequent first

    def weight(self, kind: str, part: str | None) -> float:
        """How much the messages speak for a cause: the strongest of them counts."""
        return max((c.weight(kind, part) for c in self.all), default=0.0)

    def strength(self) -> float:
        """How much is explained by messages that name a cause, from 0 to 1."""
        return max((c.strength for c in self.telling), default=0.0)

    def clearing(self, part: str) -> tuple[Complaint, ...]:
        """List those that the server cannot have said before it had accepted a part."""
        return tuple(c for c in self.all if part in c.reading.signature.clears and c.strength >= _FIRM)

    def claim(self, kind: str, part: str | None) -> Claim:
        """Cite the messages that speak for a cause, or say that none does."""
        speaking = [c for c in self.all if c.weight(kind, part) > 0]
        best = sorted(speaking, key=lambda c: -c.weight(kind, part))
        rows = tuple(c.row for c in best)
        if not best:
            return self.answer.claim("no message of the incident says so", tuple(c.row for c in self.all))
        first = best[0]
        count = sum(c.row["during"] for c in best)
        return self.answer.claim(
            f'{count:,} messages, such as: "{first.text}" ({first.reading.signature.says})', rows
        )


def _is_code(complaint: Complaint) -> bool:
    return complaint.reading.signature.name == "program"


def read_complaints(con: duckdb.DuckDBPyConnection, window: Window) -> Complaints:
    """Ask for the messages and weigh them."""
    if not window.found or window.begin is None:
        return Complaints(Answer((), Citation("error_messages")), ())
    answer = ask(con, "error_messages", from_utc=window.begin, until_utc=window.recovery_utc)
    read = [(read_row(row), row) for row in answer.rows]
    known = [
        (reading, row) for reading, row in read if reading is not None and _belongs(reading, row, window)
    ]
    hidden: dict[str, float] = {}
    for reading, row in known:
        if reading.signature.reached == "hidden":
            hidden[row["source"]] = hidden.get(row["source"], 0.0) + row["during"]
    share = min(1.0, max(hidden.values(), default=0.0) / max(1, window.failed))
    found = [Complaint(reading, row, _strength(reading, row, window, share)) for reading, row in known]
    found = _behind_the_pool(_as_the_server_says(found))
    return Complaints(answer, tuple(sorted(found, key=lambda c: -c.strength)), _first_sign(found, window))


def _belongs(reading: Reading, row: Row, window: Window) -> bool:
    during = row["during"] / max(window.minutes, 1 / 60)
    outside = row["outside"] / max(window.minutes_outside, 1.0)
    often = during >= _MORE_OFTEN * outside
    return bool(row["during"]) and (often or (reading.signature.connecting and _confined(row, window)))


def _confined(row: Row, window: Window) -> bool:
    """Tell whether a message is of this time alone: it begins with the incident, or leads up to it."""
    if window.begin is None or window.end is None or window.first_utc is None:
        return False
    earliest = max(window.begin - _LEAD, window.first_utc + _TRAIL)
    return bool(earliest <= row["first_utc"] and row["last_utc"] <= window.end + _TRAIL)


def _first_sign(found: list[Complaint], window: Window) -> dt.datetime | None:
    """Give when connections began to fail, where that is well before the first request did: clocks differ."""
    if window.onset_utc is None:
        return window.begin
    first: list[dt.datetime] = [
        c.row["first_utc"]
        for c in found
        if c.reading.signature.connecting and c.strength >= _FIRM and _confined(c.row, window)
    ]
    return min([window.onset_utc, *(time for time in first if time < window.onset_utc - _TRAIL)])


def _strength(reading: Reading, row: Row, window: Window, hidden: float) -> float:
    if window.failed == 0:
        return 0.0  # where nothing fails, no message explains a failure
    explained = min(1.0, row["during"] / max(1.0, _SHARE * window.failed))
    own_line = row["source"] == "postgres_log" and any(
        m.kind == SERVER and m.weight >= 0.8 for m in reading.meanings
    )
    behind_pool = reading.signature.connecting and hidden >= _HIDDEN and _names_part(reading)
    return 1.0 if own_line or behind_pool else round(explained, 3)


def _as_the_server_says(found: list[Complaint]) -> list[Complaint]:
    """Let what clients are told of a refusal say nothing beside the server's own words for it."""
    if not any(c.row["source"] == "postgres_log" and c.reading.signature.reached == "server" for c in found):
        return found
    return [replace(c, strength=0.0) if c.reading.signature.vague else c for c in found]


def _behind_the_pool(found: list[Complaint]) -> list[Complaint]:
    """Let a pool's timeout speak only for as much as no message behind it explains."""
    told = max((c.strength for c in found if c.reading.signature.connecting), default=0.0)
    return [
        replace(c, strength=round(c.strength * (1 - told), 3))
        if c.reading.signature.reached == "hidden"
        else c
        for c in found
    ]


def _names_part(reading: Reading) -> bool:
    return any(meaning.kind == MISCONFIGURED for meaning in reading.meanings)
