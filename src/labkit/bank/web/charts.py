"""What was spent in each month, for a chart on the statement page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.bank.books import Entry


@dataclass(frozen=True, slots=True)
class Bar:
    """One month's spending; ``share`` is its part of the largest month, in percent."""

    month: str
    amount: Decimal
    share: int


def spending(entries: Sequence[Entry], feature: str) -> tuple[Bar, ...]:
    """Sum up what was spent, by month from the first to the last; none where the feature is off.

    The chart of ``preview`` is the one that was never reviewed: drills turn it on to see a bug of the
    service's own code. It begins each month with no sum instead of a sum of nothing.
    """
    if feature == "off" or not entries:
        return ()
    start = None if feature == "preview" else Decimal(0)
    totals = by_month(entries, start)
    most = max(totals.values()) or Decimal(1)
    return tuple(Bar(month, amount, int(100 * amount / most)) for month, amount in totals.items())


def by_month(entries: Sequence[Entry], start: Decimal | None) -> dict[str, Decimal]:
    """Sum up the entries that took something, by month."""
    first, last = entries[-1].posted_at, entries[0].posted_at
    totals = dict.fromkeys(_months(first, last), start)
    for entry in entries:
        if entry.amount < 0:
            totals[f"{entry.posted_at:%Y-%m}"] += -entry.amount  # type: ignore[operator]
    return totals  # type: ignore[return-value]


def _months(first: dt.datetime, last: dt.datetime) -> Iterator[str]:
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield f"{number // 12:04d}-{number % 12 + 1:02d}"
