"""Which of two connection strings serves which request: the deployment, its canary, its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labkit.replay.recording import FOREVER, MINUTE, Recording

if TYPE_CHECKING:
    from labkit.simulation.streams import Ints
    from labkit.simulation.world import Flags

#: How long a canary is watched before the update goes to everyone.
CANARY_US = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Rollout:
    """When the update's connection string is in force, and for whom; microseconds since 1970.

    A visit is served by the update from `begin` until `end`; with a canary, only a share of the visits until
    `everyone`.
    """

    begin: int
    end: int
    share: float = 1.0
    everyone: int = 0

    def updated(self, recording: Recording, rows: Ints, start: Ints) -> Flags:
        """Tell for requests that start at some time whether the update serves them."""
        inside = (start >= self.begin) & (start < self.end)
        if self.share < 1:
            inside &= (start >= self.everyone) | (recording.turn[rows] < self.share)
        return np.asarray(inside)


def recorded(recording: Recording) -> Rollout:
    """Give the rollout as it was."""
    return Rollout(recording.deployed_us, recording.repaired_us)


def planned(recording: Recording, *, canary: float, stopped: bool) -> Rollout:
    """Give the rollout as a configuration begins it, with nobody to end it yet."""
    if stopped:
        return Rollout(FOREVER, FOREVER)
    begin = recording.deployed_us
    if 0 < canary < 1:
        return Rollout(begin, FOREVER, canary, begin + CANARY_US)
    return Rollout(begin, FOREVER)
