"""An application's log as JSON lines with the names that logging libraries use, instead of OpenTelemetry's.

A record has a time, and a message, a severity or an exception. Each column knows the names it may have, the
most telling first; ``a.b`` is a key with a dot or a key within an object. What no column takes stays in
``attributes``. A value of a type that a column cannot hold stays there as well: only a record without a
usable time is refused.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

from labkit.core.records import LogRecord
from labkit.evidence.lines import Broken, Line
from labkit.evidence.readers.epochs import written_or_counted
from labkit.evidence.readers.reading import Format, Lines, Loaded, Outcome, reject
from labkit.evidence.readers.severities import number_of, of_number
from labkit.evidence.readers.stack_traces import Trace, exception_of
from labkit.evidence.strict import JsonObject, Unusable, parse_object

TIMES = (
    *("timestamp", "@timestamp", "time", "ts", "datetime", "date", "asctime", "@t", "t", "eventTime"),
    *("Timestamp", "timeMillis", "timestamp_ms", "created", "instant"),
)
LEVELS = (
    *("severity_text", "level", "severity", "lvl", "levelname", "log.level", "log_level", "loglevel", "@l"),
    *("Level", "SeverityText", "severityText", "levelno", "priority"),
)
MESSAGES = (
    "message",
    "msg",
    "body",
    "event",
    "@m",
    "@mt",
    "short_message",
    "Message",
    "MessageTemplate",
    "text",
)
LOGGERS = (
    "logger",
    "logger_name",
    "loggerName",
    "log.logger",
    "SourceContext",
    "name",
    "module",
    "component",
)
TRACES = (
    *("trace_id", "traceId", "traceID", "trace.id", "TraceId", "otelTraceID", "otel.trace_id", "trace"),
    "logging.googleapis.com/trace",
)
SPANS = (
    *("span_id", "spanId", "spanID", "span.id", "SpanId", "otelSpanID", "otel.span_id"),
    "logging.googleapis.com/spanId",
)
SERVICES = ("service.name", "service_name", "serviceName", "service", "app", "application")
VERSIONS = ("service.version", "service_version", "serviceVersion", "version")
HOSTS = ("host.name", "host.hostname", "hostname", "host_name", "HOSTNAME", "host", "pod")
STACKS = (
    *(
        "exception.stacktrace",
        "error.stack_trace",
        "error.stack",
        "err.stack",
        "exception.stack_trace",
        "stack_trace",
    ),
    *("stacktrace", "stackTrace", "exc_text", "traceback", "stack", "@x", "thrown.extendedStackTrace"),
    "exc_info",
)
TYPES = (
    *(
        "exception.type",
        "error.type",
        "err.type",
        "error.name",
        "exception.class",
        "exception.exception_class",
    ),
    *("exception.name", "error.kind", "exception_type", "exc_type", "thrown.name", "error.class", "err.name"),
)
MESSAGES_OF_ERRORS = (
    *("exception.message", "error.message", "err.message", "exception.exception_message", "exception.msg"),
    *("exception_message", "thrown.message", "error_message"),
)
ERRORS = ("exception", "error", "err", "exc", "thrown")
_ID = re.compile(r"(?:.*/traces/)?([0-9a-fA-F]+)")


def parse(record: JsonObject, received: dt.datetime | None = None) -> LogRecord:
    """Turn one record into a row; without a time of its own it has that of the collector."""
    rest = dict(record)
    time_utc = _time(rest, received)
    level, number = _level(rest)
    body = _body(rest)
    exception = _exception(rest)
    if body is None and level is None and exception is None:
        raise Unusable("the record has no message, no level and no exception")
    return LogRecord(
        time_utc=time_utc,
        severity_text=level,
        severity_number=number,
        logger=_take_text(rest, LOGGERS),
        body=body,
        trace_id=_take_id(rest, TRACES, 32),
        span_id=_take_id(rest, SPANS, 16),
        service_name=_take_text(rest, SERVICES),
        service_version=_take_text(rest, VERSIONS),
        host_name=_take_text(rest, HOSTS),
        exception_type=exception.type if exception else None,
        exception_message=exception.message if exception else None,
        exception_stacktrace=(exception.text or None) if exception else None,
        attributes={key: value for key, value in rest.items() if value not in (None, {})} or None,
    )


def _time(rest: JsonObject, received: dt.datetime | None) -> dt.datetime:
    for name in TIMES:
        value = _find(rest, name)
        if value is not None:
            found = written_or_counted(name, value)
            _drop(rest, name)
            return found
    if received is None:
        raise Unusable("the record has no time")
    return received


def _level(rest: JsonObject) -> tuple[str | None, int | None]:
    given = rest.pop("severity_number", None)
    number = given if type(given) is int and 0 <= given <= 24 else None
    for name in LEVELS:
        value = _find(rest, name)
        if type(value) is str and value.isascii() and value.isdigit() and len(value) < 4:
            value = int(value)
        if type(value) is str:
            _drop(rest, name)
            return value, number_of(value) if number is None else number
        if type(value) is int and of_number(value)[0]:
            _drop(rest, name)
            return of_number(value)
    return None, number


def _body(rest: JsonObject) -> str | None:
    name = next((name for name in MESSAGES if rest.get(name) is not None), None)
    if name is None:
        return None
    body = rest.pop(name)
    return body if type(body) is str else json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _exception(rest: JsonObject) -> Trace | None:
    """Put an exception together from the parts that are given, and from its stack trace what is not."""
    stack = _take_text(rest, STACKS) or _take_list(rest, STACKS)
    kind, message = _take_text(rest, TYPES), _take_text(rest, MESSAGES_OF_ERRORS)
    if stack is None and kind is None and message is None:
        name = next((name for name in ERRORS if type(rest.get(name)) is str and rest[name]), None)
        if name is None:
            return None
        stack = rest.pop(name)
        if "\n" not in stack:  # a message only, as Go's libraries write it
            return Trace(None, stack, "")
    told = exception_of(stack) if stack else Trace(None, None, "")
    return Trace(kind or told.type, message or told.message, told.text)


def _find(rest: JsonObject, name: str) -> Any:
    """Look a name up: the key as it is, or a key within an object."""
    if name in rest:
        return rest[name]
    outer, dot, inner = name.partition(".")
    within = rest.get(outer) if dot else None
    return within.get(inner) if type(within) is dict else None


def _drop(rest: JsonObject, name: str) -> None:
    if name in rest:
        del rest[name]
        return
    outer, _, inner = name.partition(".")
    rest[outer] = {key: value for key, value in rest[outer].items() if key != inner}


def _take_text(rest: JsonObject, names: tuple[str, ...]) -> str | None:
    for name in names:
        value = _find(rest, name)
        if type(value) is str and value:
            _drop(rest, name)
            return value
    return None


def _take_list(rest: JsonObject, names: tuple[str, ...]) -> str | None:
    """Take a stack trace that is a list of lines."""
    for name in names:
        value = _find(rest, name)
        if type(value) is list and value and all(type(line) is str for line in value):
            _drop(rest, name)
            return "\n".join(line.rstrip("\n") for line in value)
    return None


def _take_id(rest: JsonObject, names: tuple[str, ...], digits: int) -> str | None:
    for name in names:
        value = _find(rest, name)
        match = _ID.fullmatch(value) if type(value) is str else None
        if match and len(match[1]) == digits:
            _drop(rest, name)
            return match[1].lower() if match[1].strip("0") else None
    return None


def read(lines: Lines) -> Iterator[Outcome]:
    """Read one record a line."""
    for line in lines:
        yield reject(line, line.reason) if isinstance(line, Broken) else _outcome(line)


def _outcome(line: Line) -> Outcome:
    try:
        return Loaded(line.number, 1, [parse(parse_object(line.content), line.received)])
    except Unusable as reason:
        return reject(line, str(reason))


def looks_like(record: JsonObject | None, *, has_time: bool = False) -> bool:
    """Say whether an object is a record; one that a collector wrapped needs no time of its own."""
    if record is None or not (has_time or any(_find(record, name) is not None for name in TIMES)):
        return False
    return any(_find(record, name) is not None for name in (*MESSAGES, *LEVELS))


FORMAT = Format(
    "json log",
    "logs",
    "an application's log as JSON lines (a time, and a level or a message, by their usual names)",
    lambda _, record: looks_like(record),
    read,
)
