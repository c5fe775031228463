"""Read a moment, in many spellings, as microseconds of UTC since 1970."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime
from typing import Any

from labkit.classroom.checks.reading import UnreadableError, is_missing, type_name

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_US = dt.timedelta(microseconds=1)
#: A plain number from here on is seconds since 1970, then milli-, micro- and nanoseconds.
_SCALES = ((1e17, 1e-3), (1e14, 1.0), (1e11, 1e3), (1e8, 1e6))
_TIME_ONLY = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(am|pm)?\s*(?:utc|gmt|z)?", re.IGNORECASE
)
_ZONE_WORD = re.compile(r"\s*\b(?:utc|gmt|zulu)$", re.IGNORECASE)
_OTHER_ZONE = re.compile(r"[\d\s]([a-z]{3,5}|[a-z]+/[a-z_]+)$", re.IGNORECASE)
_FORMS = (
    "%d/%b/%Y:%H:%M:%S %z",
    "%d/%b/%Y:%H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M",
    "%d %B %Y %H:%M:%S",
    "%d %B %Y %H:%M",
    "%b %d, %Y %H:%M:%S",
    "%b %d, %Y %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
)
_HOW = "Write it in UTC, such as '2024-02-29 08:15:00'."


def read_moment(value: Any, day: str = "") -> int:
    """Read a moment; without a zone it is UTC.

    Parameters
    ----------
    value : object
        A datetime, a text, a numpy or pandas time, or seconds since 1970.
    day : str
        The day of a text that is only a time of day, as '2023-12-01'.

    Returns
    -------
    int
        Microseconds since 1970-01-01 UTC.

    Raises
    ------
    UnreadableError
        It is no moment, or an ambiguous one.

    Examples
    --------
    >>> read_moment("1970-01-01T01:00:02+01:00")
    2000000
    >>> read_moment("00:00:02", day="1970-01-01")
    2000000
    """
    if is_missing(value):
        raise UnreadableError(f"{type_name(value)}, which is no moment. {_HOW}")
    if isinstance(value, dt.datetime):
        return _of(value)
    if isinstance(value, dt.date):
        raise UnreadableError(f"a date without a time of day. {_HOW}")
    if isinstance(value, dt.time):
        return _of_text(value.isoformat(), day)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _of_number(value)
    if isinstance(value, str):
        return _of_text(value.strip(), day)
    raise UnreadableError(f"{type_name(value)}, which is no moment. {_HOW}")


def as_utc(moment_us: int) -> dt.datetime:
    """Give a moment as tables have it: UTC without a zone.

    Examples
    --------
    >>> as_utc(2_500_000)
    datetime.datetime(1970, 1, 1, 0, 0, 2, 500000)
    """
    return (_EPOCH + moment_us * _US).replace(tzinfo=None)


def show_moment(moment_us: int) -> str:
    """Show a moment in UTC, with as many digits as it has.

    Examples
    --------
    >>> show_moment(2_500_000)
    '1970-01-01 00:00:02.5 UTC'
    """
    text = as_utc(moment_us).isoformat(" ")
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} UTC"


def _of(moment: dt.datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (dt.datetime.fromisoformat(aware.isoformat()) - _EPOCH) // _US


def _of_number(value: float) -> int:
    for least, factor in _SCALES:
        if least <= abs(value) < 1e20:
            return round(value * factor)
    raise UnreadableError(f"the number {value}, which is no moment. {_HOW}")


def _of_text(text: str, day: str) -> int:
    if found := _TIME_ONLY.fullmatch(text):
        return _of_text(f"{_known_day(day)} {_clock(found)}", "")
    plain = _ZONE_WORD.sub("", text)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", plain):
        raise UnreadableError(f"a date without a time of day. {_HOW}")
    if (moment := _parsed(plain)) is not None:
        return _of(moment)
    if re.fullmatch(r"\d{9,19}(\.\d+)?", plain):
        return _of_number(float(plain))
    if (zone := _OTHER_ZONE.search(plain)) and _parsed(plain[: zone.start(1)].strip()):
        raise UnreadableError(f"a time in the zone {zone[1]!r}, whose distance to UTC is not sure. {_HOW}")
    raise UnreadableError(f"a text that is no clear moment. {_HOW}")


def _known_day(day: str) -> str:
    if not day:
        raise UnreadableError(f"a time of day without its date. {_HOW}")
    return day


def _clock(found: re.Match[str]) -> str:
    hour, minute, second, fraction, half = found.groups()
    shown = int(hour) % 12 + (12 if half.lower() == "pm" else 0) if half else int(hour)
    return f"{shown:02}:{minute}:{second or '00'}" + (f".{fraction[:6].ljust(6, '0')}" if fraction else "")


def _parsed(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(_six_digits(text))
    except ValueError:
        pass
    for form in _FORMS:
        try:
            return dt.datetime.strptime(text, form)  # noqa: DTZ007 - without a zone it is UTC
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(text) if re.match(r"[A-Za-z]{3},", text) else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _six_digits(text: str) -> str:
    """Cut fractions to microseconds, and close the gap before a zone: '14:30:00 +05:30'."""
    cut = re.sub(r"([.,]\d{6})\d+", r"\1", text)
    return re.sub(r"(\d) +([+-]\d{2})", r"\1\2", cut)
