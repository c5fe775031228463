"""An application's log: one JSON record a line, named as OpenTelemetry's log data model.

Two shapes are read: ours (``resource`` is flat, ``scope`` names the logger) and that of OpenTelemetry's
Python SDK (``resource.attributes``, ids with ``0x``).
Source: https://opentelemetry.io/docs/specs/otel/logs/data-model/
"""

from __future__ import annotations

import json
from typing import Any

from labkit.core.records import LogRecord
from labkit.evidence.readers.reading import Format, line_by_line
from labkit.evidence.strict import (
    JsonObject,
    Unusable,
    hex_id,
    integer,
    mapping,
    parse_object,
    text,
    time_of,
)

_KNOWN = frozenset(
    {
        *("timestamp", "severity_text", "severity_number", "body", "trace_id", "span_id"),
        *("resource", "scope", "attributes"),
    }
)

_SAYS_SOMETHING = (
    "severity_text",
    "severity_number",
    "event_name",
)  # a record without a body has one of these


def parse(raw: bytes) -> list[LogRecord]:
    """Read one line of an application's log."""
    record = parse_object(raw)
    attributes = dict(mapping(record, "attributes"))
    resource = mapping(record, "resource")
    resource = dict(mapping(resource, "attributes") if "attributes" in resource else resource)
    return [
        LogRecord(
            time_utc=time_of(record, _time(record)),
            severity_text=text(record, "severity_text"),
            severity_number=_severity(record),
            logger=_logger(record),
            body=_body(record),
            trace_id=hex_id(record, "trace_id", 32),
            span_id=hex_id(record, "span_id", 16),
            service_name=take(resource, "service.name"),
            service_version=take(resource, "service.version"),
            host_name=take(resource, "host.name"),
            exception_type=take(attributes, "exception.type"),
            exception_message=take(attributes, "exception.message"),
            exception_stacktrace=take(attributes, "exception.stacktrace"),
            attributes=remaining(attributes, record, resource),
        )
    ]


def take(source: JsonObject, key: str) -> str | None:
    """Take an optional text out of a set of attributes."""
    value = text(source, key)
    source.pop(key, None)
    return value


def remaining(attributes: JsonObject, record: JsonObject, resource: JsonObject) -> JsonObject | None:
    """Gather what has no column: attributes first, then the record's other keys, then the resource's."""
    others = {key: value for key, value in record.items() if key not in _KNOWN and value is not None}
    return {**resource, **others, **attributes} or None


def _time(record: JsonObject) -> str:
    """Choose when it happened; where that is not known, when it was seen."""
    return next(
        (key for key in ("timestamp", "observed_timestamp") if record.get(key) is not None), "timestamp"
    )


def _severity(record: JsonObject) -> int | None:
    number = integer(record, "severity_number")
    if number is not None and not 0 <= number <= 24:
        raise Unusable("severity_number is not between 0 and 24")
    return number


def _logger(record: JsonObject) -> str | None:
    return text(mapping(record, "scope"), "name")


def _body(record: JsonObject) -> str | None:
    body: Any = record.get("body")
    if body is None and not any(record.get(key) for key in _SAYS_SOMETHING):
        raise Unusable("body is missing, and so are severity and event_name")
    return (
        body
        if body is None or isinstance(body, str)
        else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    )


def _looks_like(_: bytes, record: JsonObject | None) -> bool:
    return (
        record is not None and "body" in record and ("severity_text" in record or "severity_number" in record)
    )


FORMAT = Format(
    "app log",
    "logs",
    "application log (JSON lines with OpenTelemetry's names: timestamp, severity_text, body)",
    _looks_like,
    line_by_line(parse),
)
