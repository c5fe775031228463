"""Compare what worked with what was dialled: host, port, database and role."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from labkit.core.secret import MASK
from labkit.evidence.investigate.ask import Answer
from labkit.evidence.investigate.complaints import Complaints
from labkit.evidence.investigate.model import Claim, Row
from labkit.evidence.investigate.safe import safe_host

_COLUMNS = {"host": "server_address", "port": "server_port", "dbname": "db_namespace", "user": "db_user"}
#: Share of the commonest target below which another one is a stray.
_STRAY = 0.05
_ADDRESS = re.compile(r"^[\d.]+$|^[0-9a-f:]*:[0-9a-f:]+$", re.I)


@dataclass(frozen=True, slots=True)
class Compared:
    """One part: the values that worked outside the incident, and those met during it."""

    part: str
    worked: tuple[str, ...]
    dialled: tuple[str, ...]
    claim: Claim

    @property
    def differs(self) -> bool | None:
        """True, False, or None where one side is not known or a name stands against an address."""
        if not self.worked or not self.dialled:
            return None
        if set(self.worked) & set(self.dialled):
            return False
        if self.part == "host" and _form(self.worked) != _form(self.dialled):
            return None
        return True


def _form(values: tuple[str, ...]) -> frozenset[bool]:
    return frozenset(bool(_ADDRESS.match(value)) for value in values)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The parts of a connection that the evidence shows by itself, without any deployment's record."""

    compared: tuple[Compared, ...]

    def of(self, part: str) -> Compared | None:
        """Give one part."""
        return next((item for item in self.compared if item.part == part), None)


def read_endpoints(targets: Answer, sessions: Answer, complaints: Complaints) -> Endpoints:
    """Compare spans and sessions before and after with spans and messages during the incident."""
    return Endpoints(tuple(_compare(part, targets, sessions, complaints) for part in _COLUMNS))


def _compare(part: str, targets: Answer, sessions: Answer, complaints: Complaints) -> Compared:
    # A piece of a password that stands where the host should be names no host.
    named = [c for c in complaints.telling if MASK not in safe_host(c.reading.named.get(part, MASK))]
    spans_good = _common(targets.where(lambda row: row["outside"] > row["failed_outside"]), "outside")
    worked = _values(_COLUMNS[part], spans_good) or _logged_in(part, sessions)
    dialled = _ordered(c.reading.named[part] for c in named)
    if not dialled:
        dialled = _values(_COLUMNS[part], _common(targets.rows, "during"))
    if named:
        text = (
            f"{part} {_said(dialled)} in the messages of the incident, {_said(worked)} where queries worked"
        )
        return Compared(part, worked, dialled, complaints.answer.claim(text, tuple(c.row for c in named)))
    text = f"queries go to {part} {_said(dialled)} during the incident, to {_said(worked)} otherwise"
    return Compared(part, worked, dialled, targets.claim(text))


def _common(rows: Iterable[Row], column: str) -> tuple[Row, ...]:
    """Leave out what only a few stray queries met."""
    found = [row for row in rows if row[column] > 0]
    most = max((row[column] for row in found), default=0)
    return tuple(row for row in found if row[column] >= _STRAY * most)


def _values(column: str, rows: Iterable[Row]) -> tuple[str, ...]:
    return _ordered(str(row[column]) for row in rows if row[column] is not None)


def _logged_in(part: str, sessions: Answer) -> tuple[str, ...]:
    column = {"user": "user_name", "dbname": "dbname"}.get(part)
    if column is None:
        return ()
    good = sessions.where(
        lambda row: row["lines_outside"] > row["refused_outside"] and row[column] is not None
    )
    return _values(column, good)


def _ordered(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _said(values: tuple[str, ...]) -> str:
    return " or ".join(repr(value) for value in values) if values else "(not recorded)"
