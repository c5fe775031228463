"""A time in JSON: written out, or counted from 1970 in seconds, milli-, micro- or nanoseconds.

Which of these a number counts is told by its size: the years 1973 to 5138 in seconds and the same moments in
the finer units do not overlap.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from labkit.evidence.readers.leading_times import begin_of, begins
from labkit.evidence.strict import Unusable, kind, moment

_NUMBER = re.compile(r"\d{9,19}(?:\.\d{1,9})?", re.ASCII)
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - times in tables are UTC without a zone
_UNITS = ((Decimal(10**11), 1), (Decimal(10**14), 10**3), (Decimal(10**17), 10**6), (Decimal(10**20), 10**9))
_EARLIEST = Decimal(10**8)


def written_or_counted(key: str, value: object) -> dt.datetime:
    """Read a time that is text, a number, or seconds and nanoseconds apart.

    Examples
    --------
    >>> written_or_counted("ts", 1701439200123) == written_or_counted("ts", "2023-12-01T14:00:00.123Z")
    True
    """
    if type(value) is str and not _NUMBER.fullmatch(value):
        return _written(key, value)
    if type(value) in (int, float, str):
        return counted(key, Decimal(str(value)))
    if type(value) is dict and type(value.get("epochSecond")) is int:
        rest = value.get("nanoOfSecond")
        return counted(key, Decimal(value["epochSecond"]) + Decimal(rest if type(rest) is int else 0) / 10**9)
    raise Unusable(f"{key} is {kind(value)}, not a time")


def counted(key: str, number: Decimal) -> dt.datetime:
    """Read a number as time since 1970."""
    unit = next((unit for limit, unit in _UNITS if number < limit), None)
    if unit is None or number < _EARLIEST:
        raise Unusable(f"{key} is out of range: {number}")
    return _EPOCH + dt.timedelta(microseconds=int(number * 10**6 / unit))


def _written(key: str, value: str) -> dt.datetime:
    try:
        return moment(key, value)
    except Unusable:
        if not begins(value) or begin_of(value).end != len(value):
            raise
        return begin_of(value).time_utc
