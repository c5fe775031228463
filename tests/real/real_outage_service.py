"""A small service that goes through an outage: good, then under another connection string, then good again.

Usage: real_outage_service.py FOLDER, with a JSON object on standard input: ``good`` and ``bad`` connection
strings and ``seconds`` of each of the three phases. It writes traces with the real OpenTelemetry SDK and its
log as JSON lines, as any service might; the moments of the two changes go to standard output.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import logging
import os
import sys
import threading
import time
from pathlib import Path

os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "database,http"  # read once, when the instrumentation starts

from opentelemetry.exporter.otlp.json.file import FileSpanExporter
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from psycopg_pool import ConnectionPool

ROUTES = (
    ("GET", "/", None),
    ("GET", "/accounts/{account_id}", "SELECT balance FROM accounts WHERE id = %(id)s"),
    ("GET", "/statements/{account_id}", "SELECT count(*) FROM accounts WHERE id <= %(id)s"),
    ("POST", "/transfers", "UPDATE accounts SET balance = balance + 1 WHERE id = %(id)s"),
)
log = logging.getLogger("shop")


class JsonLines(logging.Formatter):
    """Write a record as one line of JSON with OpenTelemetry's names."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        attributes = {}
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, _ = record.exc_info
            attributes = {
                "exception.type": f"{kind.__module__}.{kind.__qualname__}",
                "exception.message": str(error),
            }
        time_utc = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="microseconds")
        return json.dumps(
            {
                "timestamp": time_utc.replace("+00:00", "Z"),
                "severity_text": record.levelname,
                "severity_number": {"WARNING": 13, "ERROR": 17}.get(record.levelname, 9),
                "body": record.getMessage(),
                "resource": {"service.name": "shop", "host.name": "web-1"},
                "scope": {"name": record.name},
                "attributes": attributes,
            }
        )


def main(folder: Path, dsns: dict[str, str], seconds: float) -> None:
    """Serve three phases and say when they changed."""
    handler = logging.FileHandler(folder / "app.log.jsonl", encoding="utf-8")
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    logging.getLogger("psycopg.pool").setLevel(logging.WARNING)
    provider = TracerProvider(resource=Resource.create({"service.name": "shop", "host.name": "web-1"}))
    provider.add_span_processor(BatchSpanProcessor(FileSpanExporter(str(folder / "traces.otlp.jsonl"))))
    PsycopgInstrumentor().instrument(tracer_provider=provider)
    changes = []
    for name in ("good", "bad", "good"):
        changes.append(dt.datetime.now(dt.UTC).isoformat())
        serve(provider.get_tracer("shop"), dsns[name], seconds)
    provider.shutdown()
    sys.stdout.write(json.dumps(changes[1:]))


def serve(tracer: Tracer, dsn: str, seconds: float) -> None:
    """Answer requests from four threads until the time is over."""
    end = time.monotonic() + seconds
    numbers = itertools.count()
    with ConnectionPool(dsn, min_size=2, max_size=4, name="pool-1", timeout=0.4, open=True) as pool:

        def work() -> None:
            while time.monotonic() < end:
                answer(tracer, pool, next(numbers))
                time.sleep(0.04)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def answer(tracer: Tracer, pool: ConnectionPool, number: int) -> None:
    """Answer one request; what fails is logged and answered with 503."""
    method, route, statement = ROUTES[number % len(ROUTES)]
    attributes = {
        "http.request.method": method,
        "http.route": route,
        "url.path": route.replace("{account_id}", "7"),
    }
    with tracer.start_as_current_span(
        f"{method} {route}", kind=SpanKind.SERVER, attributes=attributes
    ) as span:
        try:
            if statement is not None:
                with pool.connection() as connection:
                    connection.execute(statement, {"id": number % 20})
            span.set_attribute("http.response.status_code", 200)
        except Exception as error:  # a service answers whatever happens
            log.exception("%s failed", route)
            span.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
            span.set_attribute("http.response.status_code", 503)
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))


if __name__ == "__main__":
    given = json.load(sys.stdin)
    main(Path(sys.argv[1]), given, given["seconds"])
