"""The drill's clock: moments of the incident mapped onto a few real minutes, and back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrillClock:
    """One incident squeezed into a shorter time.

    Attributes
    ----------
    start, end : datetime
        The scenario's window, UTC.
    began : datetime
        When the drill's window opened on the real clock, UTC.
    minutes : float
        How long the whole window takes in reality.

    Examples
    --------
    >>> day = dt.datetime(2023, 12, 1, 14, tzinfo=dt.UTC)
    >>> clock = DrillClock(day, day + dt.timedelta(hours=3.5), day, 3.0)
    >>> clock.factor
    70.0
    >>> f"{clock.real(day + dt.timedelta(minutes=30)):%H:%M:%S.%f}"
    '14:00:25.714286'
    """

    start: dt.datetime
    end: dt.datetime
    began: dt.datetime
    minutes: float

    @property
    def factor(self) -> float:
        """How many seconds of the incident pass in one real second."""
        return (self.end - self.start).total_seconds() / (60 * self.minutes)

    def after_s(self, moment: dt.datetime) -> float:
        """Tell how many real seconds after the beginning a moment of the incident comes."""
        return (moment - self.start).total_seconds() / self.factor

    def real(self, moment: dt.datetime) -> dt.datetime:
        """Give the real time of a moment of the incident."""
        return self.began + dt.timedelta(seconds=self.after_s(moment))

    def incident(self, real: dt.datetime) -> dt.datetime:
        """Give the moment of the incident at a real time."""
        return self.start + (real - self.began) * self.factor
