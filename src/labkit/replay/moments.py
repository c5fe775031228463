"""Times as people write them, on the day of the incident."""

from __future__ import annotations

import datetime as dt

from labkit.replay.configuration import AS_RECORDED, NEVER
from labkit.replay.recording import FOREVER, Recording, from_us, to_us


def moment_us(recording: Recording, text: str) -> int:
    """Turn '14:45' or '2023-12-01 14:45:10' into microseconds since 1970; a clock is of the incident's day.

    Where the update came late in the evening, a clock before it means the next day.
    """
    if text == NEVER:
        return FOREVER
    if text == AS_RECORDED:
        raise ValueError("what was recorded depends on what is asked for")
    if len(text) > 9:
        return to_us(dt.datetime.fromisoformat(text))
    day = from_us(recording.begin_us).date()
    when = to_us(dt.datetime.combine(day, dt.time.fromisoformat(text)))
    crosses_midnight = from_us(recording.end_us).date() != day
    return when + 86_400_000_000 if crosses_midnight and when < recording.begin_us else when
