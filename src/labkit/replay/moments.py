"""Times as people write them, on the day of the incident, and the ones worth asking about."""

from __future__ import annotations

import datetime as dt

from labkit.replay.configuration import AS_RECORDED, NEVER
from labkit.replay.recording import FOREVER, MINUTE, SECOND, Recording, from_us, to_us

#: Shares of an outage after which one asks what a repair, or more workers, would have brought. In the seed
#: incident these are 14:45, when users report it, 15:30, when developers are called, and 15:12.
EARLY, LATE, ROOM = 0.1, 0.4, 0.28
_LONG = 30 * MINUTE


def moment_us(recording: Recording, text: str) -> int:
    """Turn '14:45' or '2023-12-01 14:45:30' into microseconds since 1970; a clock is of the incident's day.

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


def moment_at(recording: Recording, share: float) -> str:
    """Write the time after a share of the outage, in whole minutes, or in seconds where it was short.

    Examples
    --------
    >>> import labkit
    >>> moment_at(labkit.record(labkit.load("data/debacle")), EARLY)
    '14:45'
    """
    begin, end = recording.deployed_us, min(recording.repaired_us, recording.end_us)
    step = MINUTE if end - begin >= _LONG else SECOND
    when = from_us(round((begin + share * (end - begin)) / step) * step)
    return f"{when:%H:%M}" if when.second == 0 else f"{when:%H:%M:%S}"
