"""An exercise as a value: the scenario that is made into evidence, and everything that is true of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from labkit.simulation.faults import Row
from labkit.simulation.model import Scenario
from labkit.simulation.practice.cards import Card

LEVELS = ("gentle", "fair", "hard", "very hard")


@dataclass(frozen=True, slots=True)
class Times:
    """When it was; a fault that comes or goes slowly has an interval.

    Attributes
    ----------
    onset, set_in : datetime
        Since when the cause is at work, and until when it has set in; equal for a step.
    fades, recovered : datetime
        Since when it goes, and when it is gone; equal for a step.
    detected : datetime
        The first report of a user or the first page after the onset.
    """

    start: dt.datetime
    onset: dt.datetime
    set_in: dt.datetime
    detected: dt.datetime
    fades: dt.datetime
    recovered: dt.datetime
    end: dt.datetime

    @property
    def gradual(self) -> bool:
        """True where the onset is no step."""
        return self.set_in > self.onset


@dataclass(frozen=True, slots=True)
class Herring:
    """Something near the outage that has nothing to do with it: what it is and why it is harmless."""

    name: str
    at: dt.datetime
    text: str


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What makes a case hard, in points, and the level that follows from their sum."""

    reasons: tuple[tuple[str, int], ...]

    @property
    def points(self) -> int:
        """Sum of the points."""
        return sum(points for _, points in self.reasons)

    @property
    def rank(self) -> int:
        """Level as a number from 1 to 4."""
        return 1 + sum(self.points >= least for least in (3, 5, 7))

    @property
    def level(self) -> str:
        """Level in words; it tells no reason."""
        return LEVELS[self.rank - 1]


@dataclass(frozen=True, slots=True)
class Exercise:
    """One outage to practise on.

    Attributes
    ----------
    seed, attempt : int
        What it was drawn from; ``attempt`` counts the draws that could not be solved.
    withheld : tuple of str
        Files of the evidence that the student does not get.
    """

    seed: int
    attempt: int
    card: Card
    scenario: Scenario
    times: Times
    herrings: tuple[Herring, ...]
    withheld: tuple[str, ...]
    difficulty: Difficulty

    @property
    def row(self) -> Row:
        """The fault's row of the catalogue."""
        return self.card.row

    @property
    def silent(self) -> bool:
        """True where no request fails: only an indicator of correctness sees it."""
        return self.card.silent

    @property
    def signature(self) -> str:
        """Digest of fault, time and red herrings: two exercises with the same one would be alike."""
        what = (
            self.card.scenario,
            self.times.onset.isoformat(),
            [(one.name, one.at.isoformat()) for one in self.herrings],
        )
        return hashlib.blake2b(repr(what).encode(), digest_size=6).hexdigest()
