"""The time at the beginning of a line of text, in the shapes that programs and log collectors write.

A time without a zone is UTC. One without a year (syslog of RFC 3164, klog) is taken as the last such day
before the latest moment the file can speak of: when a collector wrapped the line, else when the file was
last changed; a day of grace covers clocks and zones that differ.
Sources: https://www.rfc-editor.org/rfc/rfc3164, https://www.rfc-editor.org/rfc/rfc5424
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from labkit.evidence.readers.severities import of_syslog
from labkit.evidence.strict import JsonObject, Unusable, moment
from labkit.evidence.zones import PATTERN

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = "|".join(MONTHS)
_CLOCK = r"\d\d:\d\d:\d\d"
_ISO = re.compile(
    rf"[\[(<]?(\d{{4}})[-/](\d\d)[-/](\d\d)[T ]({_CLOCK}(?:[.,]\d{{1,9}})?)"
    rf"(?: ?({PATTERN})(?![\w:]))?[\])>]?(?=[\s:|\-\[]|\Z)(?! (?:{PATTERN}),)[ \t]*"
)
_RFC5424 = re.compile(
    rf"<(\d{{1,3}})>1 (\d{{4}})-(\d\d)-(\d\d)T({_CLOCK}(?:\.\d{{1,6}})?)(Z|[+-]\d\d:\d\d) "
    r"(\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]\"\\]|\\.|\"(?:[^\"\\]|\\.)*\")*\])+)(?: \ufeff?|\Z)"
)
_RFC3164 = re.compile(
    rf"(?:<(\d{{1,3}})>)?({_MONTH}) ([ 0-3]?\d) ({_CLOCK}(?:\.\d{{1,6}})?) "
    r"(?:([\w.:-]+) )?(?:([\w./() -]{1,64}?)(?:\[(\d{1,10})\])?: )?"
)
_HTTPD = re.compile(rf"\[[A-Z][a-z]{{2}} ({_MONTH}) (\d\d) ({_CLOCK}(?:\.\d{{1,6}})?) (\d{{4}})\] ?")
_KLOG = re.compile(rf"([IWEF])(\d\d)(\d\d) ({_CLOCK}\.\d{{6}}) +(\d{{1,10}}) ([^\s\]]+:\d+)\] ?")
_GRACE = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Begin:
    """What a line begins with: its time, how much of the line that is, and what else stood there."""

    time_utc: dt.datetime
    end: int
    severity: str | None = None
    host: str | None = None
    program: str | None = None
    rest: JsonObject = field(default_factory=dict)


def begins(text: str) -> bool:
    """Say whether a line begins with a time, of whatever value."""
    return any(shape.match(text) for shape, _ in _SHAPES)


def begin_of(text: str, latest: dt.datetime | None = None) -> Begin:
    """Read the beginning of a line; ``latest`` is a moment that a time without a year cannot be after.

    Examples
    --------
    >>> begin_of("2023/12/01 14:30:00.5 x").time_utc
    datetime.datetime(2023, 12, 1, 14, 30, 0, 500000)
    >>> begin_of("Dec 31 23:59:59 web-1 app[7]: x", dt.datetime(2024, 1, 2)).time_utc.year
    2023
    """
    for shape, read in _SHAPES:
        match = shape.match(text)
        if match:
            return read(match, latest)
    raise Unusable("no time at the beginning")


def _iso(match: re.Match[str], _: dt.datetime | None) -> Begin:
    year, month, day, clock, zone = match.groups()
    return Begin(moment("the time", f"{year}-{month}-{day} {clock}{zone or ''}"), match.end())


def _rfc5424(match: re.Match[str], _: dt.datetime | None) -> Begin:
    priority, year, month, day, clock, zone, host, program, process, kind, data = match.groups()
    given = {"pid": process, "msgid": kind, "structured_data": data}
    return Begin(
        moment("the time", f"{year}-{month}-{day} {clock}{zone}"),
        match.end(),
        of_syslog(int(priority))[0],
        _given(host),
        _given(program),
        {key: value for key, value in given.items() if value != "-"},
    )


def _rfc3164(match: re.Match[str], latest: dt.datetime | None) -> Begin:
    priority, month, day, clock, host, program, process = match.groups()
    return Begin(
        _yearless(MONTHS.index(month) + 1, int(day), clock, latest),
        match.end(),
        of_syslog(int(priority))[0] if priority else None,
        host,
        program,
        {"pid": process} if process else {},
    )


def _httpd(match: re.Match[str], _: dt.datetime | None) -> Begin:
    month, day, clock, year = match.groups()
    return Begin(moment("the time", f"{year}-{MONTHS.index(month) + 1:02}-{day} {clock}"), match.end())


def _klog(match: re.Match[str], latest: dt.datetime | None) -> Begin:
    letter, month, day, clock, thread, place = match.groups()
    return Begin(
        _yearless(int(month), int(day), clock, latest),
        match.end(),
        {"I": "INFO", "W": "WARNING", "E": "ERROR", "F": "FATAL"}[letter],
        rest={"thread": thread, "place": place},
    )


_SHAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], dt.datetime | None], Begin]], ...] = (
    (_ISO, _iso),
    (_RFC5424, _rfc5424),
    (_RFC3164, _rfc3164),
    (_HTTPD, _httpd),
    (_KLOG, _klog),
)


def _given(value: str) -> str | None:
    return None if value == "-" else value


def _yearless(month: int, day: int, clock: str, latest: dt.datetime | None) -> dt.datetime:
    """Place a time that has no year: the last such day that is not after the latest moment."""
    if latest is None:
        raise Unusable("the time has no year, and nothing here says which")
    until = latest + _GRACE
    for year in range(until.year, until.year - 9, -1):  # a 29th of February may be eight years back
        try:
            found = moment("the time", f"{year:04}-{month:02}-{day:02} {clock}")
        except Unusable:
            continue
        if found <= until:
            return found
    raise Unusable("the time at the beginning is no time")
