"""A running bank behind the console: which connection string is in force, another one, and what comes of it.

The bank is whatever has these few names; ``labkit.bank.running.attach(folder)`` gives one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from labkit.core.conninfo import read
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError
from labkit.core.secret import MASK, Secret
from labkit.replay.configuration import AS_CORRECTED, AS_DEPLOYED, AS_RECORDED, Configuration
from labkit.replay.spelled import marked, parts

if TYPE_CHECKING:
    from labkit.replay.change import DsnChange

KEY = "DATABASE_URL"
#: Parts of a configuration that a running bank can take; all others are for replays.
_TAKEN = frozenset({"dsn_after", "password_after"})
#: Parts that a recorded fault may have changed, and that mean the same on another machine.
_CARRIED = ("user", "dbname", "sslmode", "options", "connect_timeout", "target_session_attrs")
#: What is sent in place of the right one.
_WRONG_PASSWORD = "not-the-password"
_MOST_S = 300.0


class AnsweredSecond(Protocol):
    """The requests that began in one second."""

    @property
    def at_s(self) -> int:
        """Return the second, since 1970."""

    @property
    def requests(self) -> int:
        """Return how many were answered."""

    @property
    def failed(self) -> int:
        """Return how many of them failed."""

    @property
    def p95_ms(self) -> float:
        """Return the 95th percentile of their durations."""


class RunningBank(Protocol):
    """A bank that runs, as far as the console needs it."""

    @property
    def dsn(self) -> Dsn:
        """Return the connection string that is right, whatever is in force."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the settings in force; ``DATABASE_URL`` is a Secret or a text."""

    def configure(self, changes: Mapping[str, Any], *, name: str, actor: str) -> None:
        """Change settings of the release in force; come back when the bank has them."""

    def recent(self, seconds: float) -> Sequence[AnsweredSecond]:
        """Return what was answered in the last seconds."""


@dataclass(slots=True)
class Live:
    """One running bank and what this console has asked of it.

    Attributes
    ----------
    bank : RunningBank
        The bank.
    deployed : Dsn
        What 'as deployed' means for it: the recorded fault, carried over to its own addresses.
    switched : list of (float, str)
        When the string was changed, here or elsewhere (seconds since 1970), and to what.
    """

    bank: RunningBank
    deployed: Dsn
    switched: list[tuple[float, str]] = field(default_factory=list)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, bank: RunningBank, change: DsnChange | None) -> Live:
        """Open a bank beside a record.

        Raises
        ------
        LabError
            For something that is no running bank.
        """
        missing = [name for name in ("dsn", "settings", "configure", "recent") if not hasattr(bank, name)]
        if missing:
            raise LabError(
                f"this is no running bank: it has no {', '.join(missing)}",
                found=type(bank).__name__,
                next_step="labkit.bank.running.attach(folder) gives one.",
            )
        right, now = bank.dsn, _in_force(bank)
        live = cls(bank, now if now is not None and now != right else _carried(right, change))
        live._known = live._choice(now)
        return live

    @property
    def busy(self) -> bool:
        """Whether the bank is being changed at this moment."""
        return self._turn.locked()

    def switch(self, configuration: Configuration) -> None:
        """Put another connection string in force in the running bank.

        Raises
        ------
        LabError
            For a configuration with anything but a string, a string that cannot be, or a bank that is gone.
        """
        dsn, said = self._asked(configuration)
        with self._turn:
            begun = time.time()
            secret = Secret(dsn.reveal())
            self.bank.configure({KEY: secret}, name=f"Connection string {said}", actor="replay console")
            self.switched.append((begun, said))
            self._known = self._choice(_in_force(self.bank))

    def _asked(self, configuration: Configuration) -> tuple[Dsn, str]:
        others = sorted(set(configuration.changed) - _TAKEN)
        if others:
            raise LabError(
                "a running bank takes another connection string only",
                found=", ".join(others),
                next_step="Make a console without 'live' to replay everything else.",
            )
        text = configuration.dsn_after
        if text == AS_CORRECTED:
            return self.bank.dsn, "as corrected"
        if text == AS_DEPLOYED:
            return self.deployed, "as deployed"
        return _with_password(Dsn.parse(text), self.bank.dsn, configuration.password_after), "edited"

    def told(self) -> dict[str, Any]:
        """Tell a page what is in force; passwords are masked."""
        with self._turn:
            return self._told()

    def _told(self) -> dict[str, Any]:
        right, now = self.bank.dsn, _in_force(self.bank)
        shown = now.redacted if now is not None else "(unreadable)"
        other = now is not None and now.password != right.password
        choice = self._choice(now)
        self._notice(choice)
        at, said = self.switched[-1] if self.switched else (0.0, "")
        return {
            "on": True,
            "right": marked(right.redacted, shown, another_password=other),
            "now": marked(shown, right.redacted, another_password=other),
            "parts": parts(shown),
            "choice": choice,
            "switched": at,
            "said": said,
        }

    def _notice(self, choice: dict[str, str]) -> None:
        """Remember a change that somebody else made: a deployment, a rollback."""
        if choice != self._known:
            self._known = choice
            text = choice["dsn_after"]
            self.switched.append((time.time(), text if text in (AS_DEPLOYED, AS_CORRECTED) else "edited"))

    def _choice(self, now: Dsn | None) -> dict[str, str]:
        """Name the configuration that the string in force stands for."""
        if now is not None and now == self.bank.dsn:
            return {"dsn_after": AS_CORRECTED, "password_after": AS_RECORDED}
        if now is None or now == self.deployed:
            return {"dsn_after": AS_DEPLOYED, "password_after": AS_RECORDED}
        another = "another" if now.password != self.bank.dsn.password else AS_RECORDED
        return {"dsn_after": now.redacted, "password_after": another}

    def seconds(self, back_s: float) -> list[list[float]]:
        """Give the last seconds as rows: second, requests, failed, p95 in milliseconds."""
        found = self.bank.recent(min(max(float(back_s), 1.0), _MOST_S))
        return [[one.at_s, one.requests, one.failed, one.p95_ms] for one in found]


def _in_force(bank: RunningBank) -> Dsn | None:
    found = bank.settings.get(KEY)
    text = found.reveal() if isinstance(found, Secret) else str(found or "")
    return Dsn.parse(text) if text and read(text) is not None else None


def _carried(right: Dsn, change: DsnChange | None) -> Dsn:
    """Carry a recorded fault over: a port that is off by as much, a host or a name that is as wrong.

    A bank on this machine must stay there: a wrong host becomes a name that no machine can have.
    """
    if change is None or read(change.before) is None or read(change.after) is None:
        return right.replace(port=_moved(right, 1))
    before, after = Dsn.parse(change.before), Dsn.parse(change.after)
    wrong = right
    if before.port != after.port:
        wrong = wrong.replace(port=_moved(right, _number(after.port) - _number(before.port)))
    if before.host != after.host:
        wrong = wrong.replace(host="db-primary.invalid")
    for part in _CARRIED:
        if before.get(part) != after.get(part):
            wrong = wrong.replace(**{part: after.get(part)})
    return wrong if wrong != right else right.replace(password=_WRONG_PASSWORD)


def _moved(dsn: Dsn, by: int) -> int:
    moved = _number(dsn.port) + (by or 1)
    return moved if 0 < moved < 65536 else _number(dsn.port) - 1


def _number(port: str | None) -> int:
    text = (port or "5432").partition(",")[0]
    return int(text) if text.isdecimal() else 5432


def _with_password(asked: Dsn, right: Dsn, password_after: str) -> Dsn:
    """Put the right password where the page shows a mask; or another one, where that is asked for."""
    if asked.password is None:
        return asked
    if password_after != AS_RECORDED or asked.password.reveal() != MASK:
        return asked.replace(password=_WRONG_PASSWORD)
    return asked.replace(password=right.password)
