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
#: What takes a feature's place where the manual ledger is on and no connection is to be had.
ON_PAPER: dict[str, str] = {
    "accounts": "opening an account: it is shown as we last saw it",
    "transfers": "making a transfer: we take it on paper, and enter it later",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What does not work and what does, in people's words; ``since_utc`` is the first failure seen.

    ``working`` was seen to work since then; of ``unknown`` it was not seen whether it does.
    """

    broken: tuple[str, ...]
    working: tuple[str, ...]
    since_utc: dt.datetime
    unknown: tuple[str, ...] = ()


class Trouble:
    """Remember the first failure after the last success: of the database as a whole, and of each feature.

    Of what did not fail it is remembered when it worked last: what nobody has tried since is not known.

    Examples
    --------
    >>> trouble = Trouble()
    >>> at = dt.datetime(2023, 12, 1, 14, 30, tzinfo=dt.UTC)
    >>> trouble.failed("transfers", at)
    >>> trouble.report(at).broken
    ('making a transfer',)
    >>> trouble.worked("statement", at + dt.timedelta(minutes=1))
    >>> trouble.report(at).working, trouble.report(at).unknown
    (('reading a statement',), ('logging in', 'opening an account'))
    >>> trouble.unreachable(at)
    >>> trouble.report(at).working
    ()
    """

    def __init__(self) -> None:
        self.unreachable_since: dt.datetime | None = None
        self._failing: dict[str, dt.datetime] = {}
        self._worked: dict[str, dt.datetime] = {}

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

    def worked(self, feature: str, at: dt.datetime) -> None:
        """Note that a feature did its work."""
        self._failing.pop(feature, None)
        self._worked[feature] = at

    def report(self, now: dt.datetime, *, failed: str = "", on_paper: bool = False) -> Report:
        """Say what is broken and what is not, for a request of the feature ``failed`` that has just failed.

        ``on_paper`` says that paper stands in for the database while no connection is to be had.
        """
        if self.unreachable_since is not None:
            instead = {name: words for name, words in ON_PAPER.items() if on_paper and name != failed}
            broken = [name for name in FEATURES if name not in instead]
            return self._sorted(broken, instead, self.unreachable_since)
        broken = [name for name in FEATURES if name in self._failing]
        rest = {name: words for name, words in FEATURES.items() if name not in broken}
        return self._sorted(broken, rest, min((self._failing[name] for name in broken), default=now))

    def _sorted(self, broken: list[str], rest: dict[str, str], since: dt.datetime) -> Report:
        """Tell apart what was seen to work since the failures began, and what nobody has tried."""
        seen = [name for name in rest if name in self._worked and self._worked[name] >= since]
        working = tuple(rest[name] for name in seen)
        unknown = tuple(FEATURES[name] for name in rest if name not in seen)
        return Report(tuple(FEATURES[name] for name in broken), working, since, unknown)
