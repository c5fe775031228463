"""Logs as OTLP/JSON: one row a log record.

Source: https://opentelemetry.io/docs/specs/otel/logs/data-model/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from labkit.core.records import LogRecord
from labkit.evidence.readers.otlp import (
    any_value,
    attributes_of,
    batch_of,
    begins_with,
    by_line_or_document,
    objects,
    scopes,
    take_text,
)
from labkit.evidence.readers.reading import Format
from labkit.evidence.strict import (
    JsonObject,
    Unusable,
    at_nanosecond,
    hex_id,
    integer,
    mapping,
    nanoseconds,
    text,
    wrong,
)

_TIMES = ("timeUnixNano", "observedTimeUnixNano")
_NAMES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def parse(raw: bytes) -> list[LogRecord]:
    """Read one batch of log records."""
    return list(_records(batch_of(raw, "resourceLogs")))


def _records(batch: JsonObject) -> Iterator[LogRecord]:
    for group in objects(batch, "resourceLogs"):
        resource = attributes_of(mapping(group, "resource"))
        place = LogRecord(
            service_name=take_text(resource, "service.name"),
            service_version=take_text(resource, "service.version"),
            host_name=take_text(resource, "host.name"),
        )
        for scope in scopes(group, "Logs"):
            logger = text(mapping(scope, "scope") or mapping(scope, "instrumentationLibrary"), "name")
            for key in ("logRecords", "logs"):
                for record in objects(scope, key):
                    yield _record(record, replace(place, logger=logger or None), resource)


def _record(record: JsonObject, place: LogRecord, resource: JsonObject) -> LogRecord:
    attributes = attributes_of(record)
    number = _severity(record)
    return replace(
        place,
        time_utc=at_nanosecond(nanoseconds(record, _time(record))),
        severity_text=text(record, "severityText") or (_NAMES[(number - 1) // 4] if number else None),
        severity_number=number or None,
        body=_body(record),
        trace_id=hex_id(record, "traceId", 32),
        span_id=hex_id(record, "spanId", 16),
        exception_type=take_text(attributes, "exception.type"),
        exception_message=take_text(attributes, "exception.message"),
        exception_stacktrace=take_text(attributes, "exception.stacktrace"),
        attributes=resource | _event(record) | attributes or None,
    )


def _time(record: JsonObject) -> str:
    """Choose when it happened; where that is not known, when it was seen."""
    return next((key for key in _TIMES if integer(record, key)), _TIMES[0])


def _severity(record: JsonObject) -> int:
    """Read a number from 0 to 24, or its name, such as ``SEVERITY_NUMBER_ERROR2``."""
    value = record.get("severityNumber")
    if value is None:
        return 0
    if type(value) is int and 0 <= value <= 24:
        return value
    if type(value) not in (int, str):
        raise wrong("severityNumber", value, "a number or a name")
    name = str(value).removeprefix("SEVERITY_NUMBER_")
    if name.isascii() and name.isdigit() and len(name) < 3 and int(name) <= 24:
        return int(name)
    base, step = (name[:-1], int(name[-1])) if name[-1:] in ("2", "3", "4") else (name, 1)
    if base in _NAMES:
        return _NAMES.index(base) * 4 + step
    if name == "UNSPECIFIED":
        return 0
    raise Unusable("severityNumber is not between 0 and 24, nor a name of these")


def _body(record: JsonObject) -> str | None:
    body = any_value(record.get("body"), "body")
    if body is None or isinstance(body, str):
        return body
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _event(record: JsonObject) -> JsonObject:
    name = text(record, "eventName")
    return {"event.name": name} if name else {}


FORMAT = Format(
    "otlp logs",
    "logs",
    "logs as OTLP/JSON (resourceLogs, a batch a line or one document)",
    begins_with("resourceLogs"),
    by_line_or_document(parse),
)
