"""What a drill is asked for, what it tells while it lasts, and what comes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from labkit.classroom.drill.clock import DrillClock
from labkit.classroom.drill.truth import DrillTruth
from labkit.classroom.drill.users import Counts
from labkit.core.errors import LabError
from labkit.simulation.model import Scenario

_LEAST_MIN, _MOST_MIN = 0.5, 240.0
_MOST_HOSTS = 8


@dataclass(frozen=True, slots=True)
class Told:
    """What a watcher is told: something that happens, or only how far it is.

    ``text`` is empty for the latter; ``moment`` is on the incident's clock.
    """

    moment: dt.datetime
    share: float
    counts: Counts
    text: str = ""


Tell = Callable[[Told], None]


@dataclass(frozen=True, slots=True)
class Drill:
    """What is to be played.

    Attributes
    ----------
    name : str
        What is drilled: a name that `find_drill` knows.
    minutes : float
        How long the whole incident takes.
    seed : int
        Same seed, same users at the same moments.
    hosts : int
        Web processes of the bank.
    scale : float or None
        Share of the scenario's sessions; None for what two processor cores answer with ease.
    """

    name: str
    minutes: float = 3.0
    seed: int = 1
    hosts: int = 3
    scale: float | None = None

    def __post_init__(self) -> None:
        if not _LEAST_MIN <= self.minutes <= _MOST_MIN:
            allowed = (f"{_LEAST_MIN:g} to {_MOST_MIN:g}",)
            raise LabError("a drill cannot take so many minutes", found=self.minutes, allowed=allowed)
        if not 1 <= self.hosts <= _MOST_HOSTS:
            raise LabError("there cannot be so many hosts", found=self.hosts, allowed=("1 to 8",))
        if self.scale is not None and not 0 < self.scale <= 10:
            raise LabError("the scale cannot be", found=self.scale, allowed=("above 0, at most 10",))


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a drill: its files, its truth, what was sent, when, and what could not be had."""

    folder: Path
    files: tuple[Path, ...]
    truth: DrillTruth
    counts: Counts
    scale: float
    scenario: Scenario
    clock: DrillClock
    missing: tuple[str, ...] = ()
