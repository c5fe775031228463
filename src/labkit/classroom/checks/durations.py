"""Read a length of time, in many spellings, as microseconds."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from labkit.classroom.checks.reading import UnreadableError, is_missing, type_name
from labkit.classroom.checks.tolerance import UNITS_US

_US = dt.timedelta(microseconds=1)
_CLOCK = re.compile(r"(-)?(?:(\d+) days?,? )?(\d+):(\d{2})(?::(\d{2}(?:\.\d+)?))?")
_PART = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(us|ms|milliseconds?|microseconds?|s|sec|secs|seconds?|m|min|mins|minutes?|h|hrs?|hours?|d|days?)"
    r"(?![a-z])",
    re.IGNORECASE,
)
_ISO = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?", re.IGNORECASE)
_HOW = "Write it as a timedelta, as '1:05:00' or as '65 min'."


def unit_us(unit: str) -> int | None:
    """Give the microseconds of a unit's name; ``None`` for an unknown one.

    Examples
    --------
    >>> unit_us("minutes"), unit_us("parsecs")
    (60000000, None)
    """
    word = unit.strip().lower()
    short = {"m": "min", "millisecond": "ms", "microsecond": "us", "hr": "h"}
    singular = word.removesuffix("s") if len(word) > 2 else word
    return UNITS_US.get(short.get(singular, singular))


def read_duration(value: Any, unit: str = "seconds") -> int:
    """Read a length of time; a plain number is in `unit`.

    Returns
    -------
    int
        Microseconds.

    Raises
    ------
    UnreadableError
        It is no length of time.

    Examples
    --------
    >>> read_duration("2h 30min") == read_duration("2:30:00") == read_duration(9000)
    True
    """
    if isinstance(value, dt.timedelta):
        return dt.timedelta(value.days, value.seconds, value.microseconds) // _US
    if is_missing(value) or isinstance(value, (bool, dt.date)):
        raise UnreadableError(f"{type_name(value)}, which is no length of time. {_HOW}")
    if isinstance(value, dt.time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    if isinstance(value, str):
        return _of_text(value.strip(), unit)
    try:
        return round(float(value) * (unit_us(unit) or 1_000_000))
    except (TypeError, ValueError, OverflowError) as error:
        raise UnreadableError(f"{type_name(value)}, which is no length of time. {_HOW}") from error


def show_duration(length_us: int) -> str:
    """Show a length of time as hours, minutes and seconds.

    Examples
    --------
    >>> show_duration(9_000_500_000)
    '2:30:00.5'
    """
    sign, rest = ("-" if length_us < 0 else ""), abs(length_us)
    minutes, us = divmod(rest, 60_000_000)
    seconds = f"{us / 1e6:09.6f}".rstrip("0").rstrip(".")
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{seconds}"


def _of_text(text: str, unit: str) -> int:
    if found := _CLOCK.fullmatch(text):
        sign, days, hours, minutes, seconds = found.groups()
        whole = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(seconds or 0)
        return round(whole * 1e6) * (-1 if sign else 1)
    if len(text) > 2 and (found := _ISO.fullmatch(text)):
        sign, days, *clock = found.groups()
        hours, minutes, seconds = (_number(part) for part in clock)
        whole = ((_number(days) * 24 + hours) * 60 + minutes) * 60 + seconds
        return round(whole * 1e6) * (-1 if sign else 1)
    parts = _PART.findall(text)
    if parts and not _PART.sub("", text).replace("and", "").strip(" ,-+"):
        total = sum(_number(number) * (unit_us(word) or 0) for number, word in parts)
        return round(total) * (-1 if text.startswith("-") else 1)
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return round(float(text) * (unit_us(unit) or 1_000_000))
    raise UnreadableError(f"a text that is no clear length of time. {_HOW}")


def _number(text: str | None) -> float:
    try:
        return float((text or "0").replace(",", "."))
    except ValueError as error:
        raise UnreadableError(f"a text that is no clear length of time. {_HOW}") from error
