"""What is true of a practice case, told again from its seed whenever it is needed, and kept nowhere."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from labkit.simulation.faults import ROWS
from labkit.simulation.faults.row import MISCONFIGURED
from labkit.simulation.practice import Exercise, Herring
from labkit.simulation.practice.difficulty import neighbours

#: A time is right within one minute: the rule of OpenRCA (Xu et al., ICLR 2025; main/evaluate.py).
LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Truth:
    """The answer to one case; times are UTC without a zone, as in the tables.

    Attributes
    ----------
    onset, set_in, detected, fades, recovered : datetime
        As in the exercise: a fault that comes slowly sets in from ``onset`` to ``set_in``.
    part : str
        libpq's name of the wrong part; empty where the connection is not the cause.
    remedy : str
        What kind of repair ends it.
    before, after : str
        The connection string before and during the outage, redacted; equal where it did not change. It may
        have changed without harm, where another repair than the string's ends the outage.
    """

    fault: str
    kind: str
    part: str
    summary: str
    silent: bool
    remedy: str
    onset: dt.datetime
    set_in: dt.datetime
    detected: dt.datetime
    fades: dt.datetime
    recovered: dt.datetime
    before: str
    after: str
    herrings: tuple[Herring, ...]
    separates: str
    alike: tuple[str, ...]
    neighbours: tuple[str, ...]
    difficulty: tuple[tuple[str, int], ...]

    def names(self, kind: str, part: str) -> bool:
        """Tell whether kind and part are the true ones; a part counts where the connection is the cause."""
        return kind == self.kind and (self.kind != MISCONFIGURED or part == self.part)


def truth_of(exercise: Exercise) -> Truth:
    """Tell what is true of an exercise."""
    scenario, row, times = exercise.scenario, exercise.row, exercise.times
    assert scenario.fault is not None
    before = [release for release in scenario.releases if release.start < times.onset][-1]
    during = [release for release in scenario.releases if release.start <= times.onset][-1]
    return Truth(
        fault=row.name,
        kind=row.kind,
        part=row.part if row.kind == MISCONFIGURED else "",
        summary=scenario.fault.summary,
        silent=exercise.silent,
        remedy=exercise.card.remedy,
        onset=_plain(times.onset),
        set_in=_plain(times.set_in),
        detected=_plain(times.detected),
        fades=_plain(times.fades),
        recovered=_plain(times.recovered),
        before=before.dsn.redacted,
        after=during.dsn.redacted,
        herrings=exercise.herrings,
        separates=row.separates,
        alike=row.alike,
        neighbours=neighbours(row),
        difficulty=exercise.difficulty.reasons,
    )


def _plain(when: dt.datetime) -> dt.datetime:
    """Write a time as tables have it: UTC without a zone."""
    return when.astimezone(dt.UTC).replace(tzinfo=None)


def seconds_off(when: dt.datetime | None, low: dt.datetime, high: dt.datetime) -> float:
    """Measure how far a time lies outside an interval, in seconds; no time is infinitely far.

    Examples
    --------
    >>> noon = dt.datetime(2024, 3, 4, 12, 0)
    >>> seconds_off(noon + dt.timedelta(seconds=90), noon, noon + dt.timedelta(seconds=30))
    60.0
    """
    if when is None:
        return math.inf
    return max((low - when).total_seconds(), (when - high).total_seconds(), 0.0)


def all_parts() -> tuple[str, ...]:
    """List the parts that a wrong connection can have, over the whole catalogue."""
    return tuple(sorted({row.part for row in ROWS.values() if row.kind == MISCONFIGURED and row.part}))
