"""A service whose traces, logs and metrics the real OpenTelemetry SDK writes twice: at once, and in batches.

Usage: real_telemetry_service.py FOLDER, with a JSON object on standard input: ``dsn``. Which attribute names
it uses is up to ``OTEL_SEMCONV_STABILITY_OPT_IN``, as for any service. How much was exported goes to standard
output.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.json.file import FileSpanExporter
from opentelemetry.exporter.otlp.json.file._log_exporter import FileLogExporter
from opentelemetry.exporter.otlp.json.file.metric_exporter import FileMetricExporter
from opentelemetry.instrumentation import _semconv as names  # what the instrumentations of web servers call
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    ConsoleLogRecordExporter,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.metrics import Counter as Counts
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricsData, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

PLACE = {
    "service.name": "shop",
    "service.version": "2.1.0",
    "host.name": "web-1",
    "deployment.environment.name": "test",
}
REQUESTS = 30
log = logging.getLogger("shop.web")


class Counted:
    """An exporter that counts what passes through it."""

    def __init__(
        self, exporter: Any, key: str, counts: Counter[str], rows: Callable[[Any], int] = len
    ) -> None:
        self._exporter, self._key, self._counts, self._rows = exporter, key, counts, rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exporter, name)

    def export(self, data: Any, *more: Any, **others: Any) -> Any:
        """Count and pass on."""
        self._counts[self._key] += self._rows(data)
        self._counts[f"{self._key} lines"] += 1
        return self._exporter.export(data, *more, **others)


def points(data: MetricsData) -> int:
    """Count rows: a point of a sum or a gauge makes one, a point of a histogram two (count and sum)."""
    return sum(
        1 if hasattr(point, "value") else 2
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    )


def main(folder: Path, dsn: str) -> None:
    """Answer requests and tell what was exported."""
    counts: Counter[str] = Counter()
    resource = Resource.create(PLACE)
    tracing, logs, metrics = (
        traces_to(folder, resource, counts),
        logs_to(folder, resource, counts),
        metrics_to(folder, resource, counts),
    )
    with warnings.catch_warnings():  # the handler moves to a package of its own in a later release
        warnings.simplefilter("ignore")
        logging.getLogger().setLevel(logging.INFO)
        logging.getLogger().addHandler(LoggingHandler(logger_provider=logs))
    PsycopgInstrumentor().instrument(tracer_provider=tracing, meter_provider=metrics)
    meter = metrics.get_meter("shop")
    answered = meter.create_counter("shop.requests", unit="{request}")
    seconds = meter.create_histogram("shop.duration", unit="s")
    sizes = meter.create_histogram("shop.size", unit="By")
    meter.create_up_down_counter("shop.open", unit="{request}").add(-1)
    meter.create_observable_gauge("shop.memory", [memory], unit="By")
    for number in range(REQUESTS):
        status = answer(tracing.get_tracer("shop", "1.0"), dsn, number)
        answered.add(1, {"http.response.status_code": status, "ok": status < 500})
        seconds.record(0.001 * number)
        sizes.record(number * 100)
        if number % 10 == 9:
            metrics.force_flush()
    logs.get_logger("shop.events").emit(
        body={"order": 7, "lines": ["é", 1.5, None, b"\x00\xff"]},
        event_name="order.placed",
        attributes={"n": 1},
    )
    logs.get_logger("shop.events").emit(severity_number=SeverityNumber.DEBUG2, timestamp=1701439200123456789)
    for provider in (tracing, logs, metrics):
        provider.shutdown()
    sys.stdout.write(json.dumps(counts))


def traces_to(folder: Path, resource: Resource, counts: Counter[str]) -> TracerProvider:
    """Write every span twice."""
    provider = TracerProvider(resource=resource)
    at_once = Counted(FileSpanExporter(folder / "traces-simple.jsonl"), "traces-simple.jsonl", counts)
    batches = Counted(FileSpanExporter(folder / "traces-batch.jsonl"), "traces-batch.jsonl", counts)
    provider.add_span_processor(SimpleSpanProcessor(at_once))  # type: ignore[arg-type]
    provider.add_span_processor(BatchSpanProcessor(batches, max_export_batch_size=16))  # type: ignore[arg-type]
    return provider


def logs_to(folder: Path, resource: Resource, counts: Counter[str]) -> LoggerProvider:
    """Write every record three times: at once, in batches, and as the SDK prints it on a console."""
    provider = LoggerProvider(resource=resource)
    printed = (folder / "logs-console.jsonl").open("w", encoding="utf-8")
    console = ConsoleLogRecordExporter(
        out=printed, formatter=lambda record: record.to_json(indent=None) + "\n"
    )
    for processor, name, exporter in (
        (SimpleLogRecordProcessor, "logs-simple.jsonl", FileLogExporter(folder / "logs-simple.jsonl")),
        (BatchLogRecordProcessor, "logs-batch.jsonl", FileLogExporter(folder / "logs-batch.jsonl")),
        (SimpleLogRecordProcessor, "logs-console.jsonl", console),
    ):
        provider.add_log_record_processor(processor(Counted(exporter, name, counts)))  # type: ignore[arg-type]
    return provider


def metrics_to(folder: Path, resource: Resource, counts: Counter[str]) -> MeterProvider:
    """Write the metrics now and then, as totals and as changes; one histogram with exponential buckets."""
    totals = FileMetricExporter(folder / "metrics-totals.jsonl")
    from opentelemetry.sdk.metrics import Histogram
    from opentelemetry.sdk.metrics.export import AggregationTemporality as Kind

    changes = FileMetricExporter(
        folder / "metrics-changes.jsonl", preferred_temporality={Counts: Kind.DELTA, Histogram: Kind.DELTA}
    )
    readers = [
        PeriodicExportingMetricReader(Counted(exporter, name, counts, points), export_interval_millis=10**6)  # type: ignore[arg-type]
        for exporter, name in ((totals, "metrics-totals.jsonl"), (changes, "metrics-changes.jsonl"))
    ]
    view = View(instrument_name="shop.size", aggregation=ExponentialBucketHistogramAggregation())
    return MeterProvider(resource=resource, metric_readers=readers, views=[view])


def memory(_: object) -> list[Any]:
    """Observe something."""
    from opentelemetry.metrics import Observation

    return [Observation(12345678.0, {"state": "used"}), Observation(5, {"state": "free", "list": ["a", "b"]})]


def answer(tracer: Any, dsn: str, number: int) -> int:
    """Answer one request under a server span named as the instrumentations of web servers name it."""
    mode = names._OpenTelemetrySemanticConventionStability._get_opentelemetry_stability_opt_in_mode(
        names._OpenTelemetryStabilitySignalType.HTTP
    )
    given: dict[str, Any] = {
        "http.route": "/items/{id}",
        "session.id": f"s-{number % 3}",
        "sampled": True,
        "load": 0.5,
    }
    names._set_http_method(given, "GET", "GET", mode)
    names._set_http_target(given, f"/items/{number}", f"/items/{number}", None, mode)
    names._set_http_net_host(given, "shop.example", mode)
    names._set_http_net_host_port(given, 8443, mode)
    names._set_http_user_agent(given, 'agent "7"', mode)
    link = Link(tracer.start_span("elsewhere").get_span_context(), {"why": "é"})
    with tracer.start_as_current_span(
        "GET /items/{id}", kind=SpanKind.SERVER, attributes=given, links=[link]
    ) as span:
        span.add_event("chosen", {"tries": 2, "names": ["a", "ü"]})
        status = 200
        try:
            with psycopg.connect(dsn) as connection:
                connection.execute(
                    "SELECT nosuch" if number % 10 == 7 else "SELECT %s::int AS one",
                    [number][: number % 10 != 7],
                )
            log.info("answered %d", number, extra={"item": number, "tags": ["x"]})
        except psycopg.Error as error:
            status = 503
            log.exception("request %d failed", number)
            span.record_exception(error)
            span.set_status(Status(StatusCode.ERROR, str(error)))
        held: dict[str, Any] = {}
        names._set_http_status_code(held, status, mode)
        span.set_attributes(held)
    return status


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.load(sys.stdin)["dsn"])
