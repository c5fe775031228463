"""The incident's clock: whole microseconds since 1970, cut into blocks that can be made one by one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from labkit.simulation.model import Scenario

SECOND = 1_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_BLOCK_S = 300
_LEAST_S = 30
_FULL_SCALE = 40


def to_us(when: dt.datetime) -> int:
    """Turn a time into microseconds since 1970."""
    return (when - _EPOCH) // dt.timedelta(microseconds=1)


def from_us(us: int) -> dt.datetime:
    """Turn microseconds since 1970 into a time."""
    return _EPOCH + dt.timedelta(microseconds=us)


@dataclass(frozen=True, slots=True)
class Grid:
    """The window and its blocks; both follow from scenario and scale alone."""

    start_us: int
    end_us: int
    block_us: int

    @property
    def count(self) -> int:
        """Number of blocks."""
        return -(-(self.end_us - self.start_us) // self.block_us)

    def bounds(self, block: int) -> tuple[int, int]:
        """Return when a block starts and ends; blocks before the window have negative numbers."""
        start = self.start_us + block * self.block_us
        return start, min(start + self.block_us, self.end_us)


def grid(scenario: Scenario, scale: float) -> Grid:
    """Cut the window into blocks of five minutes, shorter ones where traffic is dense."""
    seconds = (
        _BLOCK_S if scale <= _FULL_SCALE else max(_LEAST_S, int(_BLOCK_S * _FULL_SCALE / scale) // 5 * 5)
    )
    return Grid(to_us(scenario.start), to_us(scenario.end), seconds * SECOND)
