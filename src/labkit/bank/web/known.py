"""What is known of accounts without asking: who owns one, for a while, and its balance as last seen."""

from __future__ import annotations

import datetime as dt
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.bank.books import Account

_MOST = 50_000
_LONG_AGO = float("-inf")


@dataclass(frozen=True, slots=True)
class LastSeen:
    """An account as it was when it was last read, and in which books; empty where they do not say."""

    account: Account
    at_utc: dt.datetime
    books_id: str = ""


class KnownAccounts:
    """Remember accounts that were read; the oldest go first when there are too many.

    ``owner`` forgets after the time to live, as a cache does; ``last_seen`` does not.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from labkit.bank.books import Account
    >>> known = KnownAccounts(ttl_s=30)
    >>> known.learn(Account(1001, "customer-1", "EUR", Decimal("12.50")), dt.datetime(2023, 12, 1, 14, 29))
    >>> known.owner(1001), known.owner(1002), known.last_seen(1001).account.balance
    ('customer-1', None, Decimal('12.50'))
    """

    def __init__(self, ttl_s: float) -> None:
        self._ttl_s = ttl_s
        self._seen: OrderedDict[int, tuple[float, LastSeen]] = OrderedDict()

    def learn(self, account: Account, at_utc: dt.datetime, books_id: str = "") -> None:
        """Remember what was just read."""
        self._seen[account.account_id] = time.monotonic(), LastSeen(account, at_utc, books_id)
        self._seen.move_to_end(account.account_id)
        while len(self._seen) > _MOST:
            self._seen.popitem(last=False)

    def inherit(self, other: KnownAccounts) -> None:
        """Take over what was last seen, but not who owns what: that may have been another database."""
        self._seen = OrderedDict((key, (_LONG_AGO, seen)) for key, (_, seen) in other._seen.items())

    def recall(self, seen: LastSeen) -> None:
        """Remember what was seen long ago, unless something later is known; the owner is asked for again."""
        self._seen.setdefault(seen.account.account_id, (_LONG_AGO, seen))

    def every(self) -> tuple[LastSeen, ...]:
        """List all that was last seen."""
        return tuple(seen for _, seen in self._seen.values())

    def owner(self, account_id: int) -> str | None:
        """Give an account's owner, if that was read within the time to live."""
        when, seen = self._seen.get(account_id, (_LONG_AGO, None))
        return seen.account.owner if seen and time.monotonic() - when < self._ttl_s else None

    def last_seen(self, account_id: int) -> LastSeen | None:
        """Give an account as it was last seen, however long ago."""
        return self._seen[account_id][1] if account_id in self._seen else None

    def of_owner(self, owner: str) -> tuple[LastSeen, ...]:
        """List what was last seen of somebody's accounts, by number."""
        found = (seen for _, seen in self._seen.values() if seen.account.owner == owner)
        return tuple(sorted(found, key=lambda seen: seen.account.account_id))
