"""Traces as OTLP/JSON: the strict reader, which says what a usable span is.

A usable span has a trace id, a span id, a name, a start and an end. One bad span makes its whole line
unusable, so that a line is either loaded or kept aside. Stable names come before the older ones.
Sources: https://opentelemetry.io/docs/specs/semconv/database/database-spans/ and
https://opentelemetry.io/docs/specs/semconv/non-normative/http-migration/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labkit.core.records import Span
from labkit.evidence.readers.otlp import (
    attributes_of,
    batch_of,
    begins_with,
    by_line_or_document,
    objects,
    scopes,
    take_integer,
    take_text,
)
from labkit.evidence.readers.reading import Format
from labkit.evidence.strict import (
    JsonObject,
    Unusable,
    at_nanosecond,
    hex_id,
    mapping,
    nanoseconds,
    need_hex_id,
    need_text,
    text,
    wrong,
)

_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUS = ("UNSET", "OK", "ERROR")

_PLACE = frozenset({"service.name", "service.version", "host.name"})


def parse(raw: bytes) -> list[Span]:
    """Read one batch of spans."""
    return list(_spans(batch_of(raw, "resourceSpans", forgiving=True)))


def _spans(batch: JsonObject) -> Iterator[Span]:
    for group in objects(batch, "resourceSpans"):
        resource = attributes_of(mapping(group, "resource"), wanted=_PLACE)
        place: dict[str, Any] = {
            "service_name": take_text(resource, "service.name"),
            "service_version": take_text(resource, "service.version"),
            "host_name": take_text(resource, "host.name"),
        }
        for scope in scopes(group, "Spans"):
            for span in objects(scope, "spans"):
                yield _span(span, place)


def _span(span: JsonObject, place: dict[str, Any]) -> Span:
    start, end = nanoseconds(span, "startTimeUnixNano"), nanoseconds(span, "endTimeUnixNano")
    status = mapping(span, "status")
    kind = _enum(span, "kind", "SPAN_KIND_", _KINDS)
    return Span(
        trace_id=need_hex_id(span, "traceId", 32),
        span_id=need_hex_id(span, "spanId", 16),
        parent_span_id=hex_id(span, "parentSpanId", 16),
        name=need_text(span, "name"),
        kind="INTERNAL" if kind == "UNSPECIFIED" else kind,
        start_utc=at_nanosecond(start),
        end_utc=at_nanosecond(end),
        duration_ms=(end - start) / 1e6,
        status_code=_enum(status, "code", "STATUS_CODE_", _STATUS),
        status_message=text(status, "message"),
        events=_events(span),
        **place,
        **_attributes(span, kind),
    )


def _attributes(span: JsonObject, kind: str) -> dict[str, Any]:
    rest = attributes_of(span)
    side = "host" if kind in ("SERVER", "CONSUMER") else "peer"
    return {
        "http_request_method": take_text(rest, "http.request.method", "http.method"),
        "http_route": take_text(rest, "http.route"),
        "url_path": take_text(rest, "url.path", "http.target"),
        "http_response_status_code": take_integer(rest, "http.response.status_code", "http.status_code"),
        "session_id": take_text(rest, "session.id"),
        "db_system_name": take_text(rest, "db.system.name", "db.system"),
        "db_namespace": take_text(rest, "db.namespace", "db.name"),
        "db_operation_name": take_text(rest, "db.operation.name", "db.operation"),
        "db_query_text": take_text(rest, "db.query.text", "db.statement"),
        "db_response_status_code": take_text(rest, "db.response.status_code"),
        "server_address": take_text(rest, "server.address", f"net.{side}.name"),
        "server_port": take_integer(rest, "server.port", f"net.{side}.port"),
        "error_type": take_text(rest, "error.type"),
        "attributes": rest or None,
    }


def _enum(record: JsonObject, key: str, prefix: str, names: tuple[str, ...]) -> str:
    value = record.get(key)
    if value is None:
        return names[0]
    if type(value) is int and 0 <= value < len(names):
        return names[value]
    if type(value) is str and value.removeprefix(prefix) in names:
        return value.removeprefix(prefix)
    if type(value) not in (int, str):
        raise wrong(key, value, "a number or a name")
    raise Unusable(f"{key} is none of {', '.join(names)}")


def _events(span: JsonObject) -> list[Any] | None:
    events = []
    for event in objects(span, "events"):
        moment = at_nanosecond(nanoseconds(event, "timeUnixNano"))
        attributes = attributes_of(event)
        events.append(
            {"time_utc": moment.isoformat(" "), "name": text(event, "name"), "attributes": attributes}
        )
    return events or None


FORMAT = Format(
    "otlp traces",
    "spans",
    "traces as OTLP/JSON (resourceSpans, a batch a line or one document)",
    begins_with("resourceSpans"),
    by_line_or_document(parse),
)
