"""Metrics as OTLP/JSON: one row a point of a gauge or a sum.

A point of a histogram or a summary makes two rows, its count and its sum, named ``<metric>.count`` and
``<metric>.sum``. Source: https://opentelemetry.io/docs/specs/otel/metrics/data-model/
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from labkit.core.records import MetricPoint
from labkit.evidence.readers.otlp import (
    attributes_of,
    batch_of,
    begins_with,
    by_line_or_document,
    number,
    objects,
    scopes,
    take_text,
)
from labkit.evidence.readers.reading import Format
from labkit.evidence.strict import (
    JsonObject,
    Unusable,
    at_nanosecond,
    integer,
    mapping,
    nanoseconds,
    need_text,
    text,
    whole,
)

_SCALAR = ("gauge", "sum")
_SPREAD = ("histogram", "exponentialHistogram", "summary")
_NO_VALUE = 1  # flag of a point that only says that nothing was measured


def parse(raw: bytes) -> list[MetricPoint]:
    """Read one batch of metrics."""
    return list(_points(batch_of(raw, "resourceMetrics")))


def _points(batch: JsonObject) -> Iterator[MetricPoint]:
    for group in objects(batch, "resourceMetrics"):
        resource = attributes_of(mapping(group, "resource"))
        place = MetricPoint(
            service_name=take_text(resource, "service.name"), host_name=take_text(resource, "host.name")
        )
        for scope in scopes(group, "Metrics"):
            for metric in objects(scope, "metrics"):
                yield from _metric(metric, place)


def _metric(metric: JsonObject, place: MetricPoint) -> Iterator[MetricPoint]:
    base = replace(place, name=need_text(metric, "name"), unit=text(metric, "unit"))
    given = [kind for kind in (*_SCALAR, *_SPREAD) if metric.get(kind) is not None]
    if len(given) != 1:
        raise Unusable(f"metric {base.name!r} has no known kind of data, or more than one")
    for point in objects(mapping(metric, given[0]), "dataPoints"):
        if not (integer(point, "flags") or 0) & _NO_VALUE:
            yield from _scalar(point, base) if given[0] in _SCALAR else _spread(point, base)


def _placed(point: JsonObject, base: MetricPoint) -> MetricPoint:
    moment: dt.datetime = at_nanosecond(nanoseconds(point, "timeUnixNano"))
    return replace(base, time_utc=moment, attributes=attributes_of(point) or None)


def _scalar(point: JsonObject, base: MetricPoint) -> Iterator[MetricPoint]:
    given = [key for key in ("asDouble", "asInt") if point.get(key) is not None]
    if len(given) != 1:
        raise Unusable(f"a point of {base.name!r} has no value, or two")
    value = number(point, "asDouble") if given[0] == "asDouble" else float(whole("asInt", point["asInt"]))
    yield replace(_placed(point, base), value=value)


def _spread(point: JsonObject, base: MetricPoint) -> Iterator[MetricPoint]:
    placed = _placed(point, base)
    count = integer(point, "count")
    if count is None:
        raise Unusable(f"a point of {base.name!r} has no count")
    yield replace(placed, name=f"{base.name}.count", unit="1", value=float(count))
    if point.get("sum") is not None:
        yield replace(placed, name=f"{base.name}.sum", value=number(point, "sum"))


FORMAT = Format(
    "otlp metrics",
    "metrics",
    "metrics as OTLP/JSON (resourceMetrics, a batch a line or one document)",
    begins_with("resourceMetrics"),
    by_line_or_document(parse),
)
