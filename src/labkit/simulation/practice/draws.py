"""Draws of an exercise: every choice comes from a named stream of its seed, so none moves another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from labkit.simulation.streams import Stream

Item = TypeVar("Item")


class Draws:
    """Choices for one (seed, attempt, purpose).

    Examples
    --------
    >>> Draws(7, 0, "day").whole(1, 6) == Draws(7, 0, "day").whole(1, 6)
    True
    >>> sorted(Draws(7, 0, "order").shuffled("abc"))
    ['a', 'b', 'c']
    """

    def __init__(self, seed: int, attempt: int, purpose: str) -> None:
        self._stream = Stream(seed, f"practice/{purpose}", attempt)

    def unit(self) -> float:
        """Draw a number in [0, 1)."""
        return float(self._stream.uniform(1)[0])

    def chance(self, share: float) -> bool:
        """Draw true in this share of all cases."""
        return self.unit() < share

    def between(self, low: float, high: float) -> float:
        """Draw a number from an interval."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """Draw a whole number; both ends are possible."""
        return low + int(self.unit() * (high - low + 1))

    def span(self, low_min: float, high_min: float) -> dt.timedelta:
        """Draw a length in whole seconds; the limits are minutes."""
        return dt.timedelta(seconds=self.whole(round(low_min * 60), round(high_min * 60)))

    def pick(self, items: Sequence[Item]) -> Item:
        """Draw one of several."""
        return items[self.whole(0, len(items) - 1)]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Draw an order."""
        return [items[k] for k in np.argsort(self._stream.uniform(len(items)), kind="stable").tolist()]

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """Draw several different ones, in the order in which they stand."""
        chosen = set(self.shuffled(range(len(items)))[:count])
        return [item for k, item in enumerate(items) if k in chosen]

    def revision(self) -> str:
        """Draw the name of a commit: 40 hexadecimal digits."""
        return "".join(f"{int(word):016x}" for word in self._stream.words(3))[:40]
