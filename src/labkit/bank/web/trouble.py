"""What does not work at the moment, and since when: as far as this process has seen it itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

#: What people do here, in their words, by the route that does it.
FEATURES: dict[str, str] = {
    "login": "logging in",
    "accounts": "opening an account",
    "statement": "reading a statement",
    "transfers": "making a transfer",
}
#: What takes a feature's place where the manual ledger is on.
ON_PAPER = {"transfers": "making a transfer: we take it on paper, and enter it later"}


@dataclass(frozen=True, slots=True)
class Report:
    """What does not work and what does, in people's words; ``since_utc`` is the first failure seen."""

    broken: tuple[str, ...]
    working: tuple[str, ...]
    since_utc: dt.datetime


class Trouble:
    """Remember the first failure after the last success: of the database as a whole, and of each feature.

    Examples
    --------
    >>> trouble = Trouble()
    >>> at = dt.datetime(2023, 12, 1, 14, 30, tzinfo=dt.UTC)
    >>> trouble.failed("transfers", at)
    >>> trouble.report(at).broken
    ('making a transfer',)
    >>> trouble.unreachable(at)
    >>> trouble.report(at).working
    ()
    """

    def __init__(self) -> None:
        self.unreachable_since: dt.datetime | None = None
        self._failing: dict[str, dt.datetime] = {}

    @staticmethod
    def now() -> dt.datetime:
        """Give the time, in UTC."""
        return dt.datetime.now(dt.UTC)

    def unreachable(self, since: dt.datetime) -> None:
        """Note that no connection was to be had by who asked for one at that time."""
        if self.unreachable_since is None:
            self.unreachable_since = since

    def reached(self) -> None:
        """Note that there was a connection."""
        self.unreachable_since = None

    def failed(self, feature: str, since: dt.datetime) -> None:
        """Note that a feature failed for a request that began at that time."""
        self._failing.setdefault(feature, since)

    def worked(self, feature: str) -> None:
        """Note that a feature did its work."""
        self._failing.pop(feature, None)

    def report(self, now: dt.datetime, *, on_paper: bool = False) -> Report:
        """Say what is broken and what is not, for a request that has just failed.

        ``on_paper`` says that transfers are taken on paper while no connection is to be had.
        """
        if self.unreachable_since is not None:
            paper = ("transfers",) if on_paper else ()
            broken = tuple(words for name, words in FEATURES.items() if name not in paper)
            return Report(broken, tuple(ON_PAPER[name] for name in paper), self.unreachable_since)
        failing = [name for name in FEATURES if name in self._failing]
        working = tuple(words for name, words in FEATURES.items() if name not in failing)
        since = min((self._failing[name] for name in failing), default=now)
        return Report(tuple(FEATURES[name] for name in failing), working, since)
