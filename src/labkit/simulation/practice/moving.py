"""Move a scenario to another day: every time in it goes through one clock, whatever holds it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Value = TypeVar("Value")
_SECOND = dt.timedelta(seconds=1)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?= UTC)")


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs evenly between pairs of times, and with its old pace before and after them.

    Examples
    --------
    >>> def at(text): return dt.datetime.fromisoformat(text)
    >>> clock = Clock(((at("2023-12-01T14:00"), at("2024-03-04T09:00")),
    ...                (at("2023-12-01T15:00"), at("2024-03-04T09:30"))))
    >>> [f"{clock.moved(at(t)):%H:%M}" for t in ("2023-12-01T13:50", "2023-12-01T14:30", "2023-12-01T15:10")]
    ['08:50', '09:15', '09:40']
    """

    pairs: Sequence[tuple[dt.datetime, dt.datetime]]

    def moved(self, when: dt.datetime) -> dt.datetime:
        """Tell what a time of the old day is on the new one, in whole seconds."""
        if when <= self.pairs[0][0]:
            return self.pairs[0][1] + (when - self.pairs[0][0])
        for (old, new), (old_end, new_end) in itertools.pairwise(self.pairs):
            if when <= old_end:
                way = (when - old) / (old_end - old)
                return new + round((new_end - new) * way / _SECOND) * _SECOND
        return self.pairs[-1][1] + (when - self.pairs[-1][0])


def moved(value: Value, clock: Clock) -> Value:
    """Move every time within a frozen value: in fields, in tuples, and written out in texts."""
    changed: Any = value
    if isinstance(value, dt.datetime):
        changed = clock.moved(value)
    elif isinstance(value, str):
        changed = _STAMP.sub(lambda found: _restamped(found.group(), clock), value)
    elif isinstance(value, tuple):
        changed = tuple(moved(item, clock) for item in value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: moved(getattr(value, f.name), clock) for f in dataclasses.fields(value)}
        changed = dataclasses.replace(value, **fields)
    result: Value = changed
    return result


def _restamped(text: str, clock: Clock) -> str:
    when = clock.moved(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC))
    return f"{when:%Y-%m-%d %H:%M:%S}"
