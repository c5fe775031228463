"""A program's log as text: every line that begins with a time is a record, the lines after it belong to it.

After the time the usual shapes are looked for in turn (Python's logging, log4j, Spring Boot, nginx, a level
in brackets or in capitals); what fits none is the message. A stack trace goes to the columns of exceptions.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from labkit.core.records import LogRecord
from labkit.evidence.lines import Line
from labkit.evidence.readers.folding import MOST_LINES, fold, together
from labkit.evidence.readers.leading_times import begin_of, begins
from labkit.evidence.readers.reading import Format, Lines, Outcome
from labkit.evidence.readers.severities import number_of
from labkit.evidence.readers.stack_traces import trace_in
from labkit.evidence.strict import JsonObject

_LEVEL = (
    r"TRACE|DEBUG|INFO|INFORMATION|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRITICAL|CRIT|ALERT|EMERG|FATAL|PANIC"
)
_ANY_LEVEL = rf"(?:{_LEVEL}|{_LEVEL.lower()}|Trace|Debug|Info|Notice|Warn|Warning|Error|Critical|Fatal)"
_LOGGER = r"[A-Za-z_][\w.$/-]*"
#: Shapes of what follows the time, with the names of their parts; the first that fits counts.
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        rf"- (?P<logger>{_LOGGER}) - (?P<level>{_LEVEL}) - ",
        rf"(?P<level>{_LEVEL})\s+(?P<pid>\d+) --- \[(?P<thread>[^\]]*)\](?: \[[^\]]*\])? "
        r"(?P<logger>\S+)\s*: ",
        rf"\[(?P<thread>[^\]]*)\] (?P<level>{_LEVEL})\s+(?P<logger>{_LOGGER})(?:\s+-|:) ",
        rf"\[(?P<level>{_LEVEL.lower()})\] (?P<pid>\d+)#(?P<thread>\d+): ",
        rf"\[(?P<logger>\w*):(?P<level>{_LEVEL.lower()})\] \[pid (?P<pid>\d+)(?::tid (?P<thread>\d+))?\] ",
        rf"(?P<level>{_LEVEL})\s+\[(?P<thread>[^\]]*)\] (?P<logger>{_LOGGER})(?:\s+-|:) ",
        rf"\[?(?P<level>{_LEVEL})\]?:?\s+(?:\[(?P<thread>[^\]]*)\]\s+)?\[?(?P<logger>{_LOGGER})\]?(?: -|:) ",
        r"(?P<host>[\w.-]+) (?P<logger>[\w./-]+)\[(?P<pid>\d+)\]: ",
        rf"\[(?P<thread>[^\]]*)\] \[?(?P<level>{_LEVEL})\]?:? ",
        rf"[-|:]?\s*(?:\[(?P<level>{_ANY_LEVEL})\s*\]|(?P<bare>{_LEVEL})(?=[\s:|,-]))\s*[-|:]?\s*",
    )
)
_NO_TIME = "no time at the beginning, and no record before it that it could belong to"
_SHORT = 400  # where level and logger stand, if anywhere
_LONG = 4000  # the longest head of syslog, with its structured data


def reader(latest: dt.datetime | None = None) -> Callable[[Lines], Iterator[Outcome]]:
    """Make a reader of a file that cannot speak of times after ``latest``."""

    def read(lines: Lines) -> Iterator[Outcome]:
        return fold(lines, _belongs, _why_none, lambda lines: _record(lines, latest))

    return read


def _belongs(line: Line, pending: Sequence[Line]) -> bool:
    return len(pending) < MOST_LINES and not _begins(line.content)


def _why_none(line: Line) -> str | None:
    return None if _begins(line.content) else _NO_TIME


def _record(lines: Sequence[Line], latest: dt.datetime | None) -> Outcome:
    return together(lines, lambda text: [parse(text, lines[0].received or latest)])


def parse(text: str, latest: dt.datetime | None = None) -> LogRecord:
    """Read all lines of one record."""
    begin = begin_of(text, latest)
    rest: JsonObject = dict(begin.rest)
    message = text[begin.end :]
    parts = {} if begin.severity else _parts(message)
    level = parts.pop("level", None) or parts.pop("bare", None)
    message = message[parts.pop("end", 0) :]
    logger = parts.pop("logger", None)
    before, trace = trace_in(message)
    record = LogRecord(
        time_utc=begin.time_utc,
        severity_text=begin.severity or level,
        severity_number=number_of(begin.severity or level),
        logger=logger or begin.program,
        body=before,
        host_name=begin.host or parts.pop("host", None),
        attributes=rest | {key: value for key, value in parts.items() if value} or None,
    )
    if trace is None:
        return record
    return replace(
        record,
        exception_type=trace.type,
        exception_message=trace.message,
        exception_stacktrace=trace.text,
    )


def _parts(message: str) -> JsonObject:
    start = message[:_SHORT].split("\n", 1)[0]
    for shape in _SHAPES:
        match = shape.match(start)
        if match:
            return match.groupdict() | {"end": match.end()}
    return {}


def _begins(raw: bytes) -> bool:
    return begins(raw[:_LONG].decode("utf-8", "replace"))


def _looks_like(raw: bytes, record: JsonObject | None) -> bool:
    return record is None and _begins(raw)


FORMAT = Format(
    "plain log",
    "logs",
    "a program's log as text (every record begins with a time)",
    _looks_like,
    reader(),
)


def dated(latest: dt.datetime) -> Format:
    """Give the format for a file that cannot speak of times after ``latest``."""
    return replace(FORMAT, read=reader(latest))
