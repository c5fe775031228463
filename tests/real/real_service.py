"""A small service under the real OpenTelemetry SDK: run as a program, it writes OTLP/JSON and counts.

Usage: real_service.py TRACES_FILE, with a JSON object of connection strings on standard input:
``bank``, ``wrong_port``, ``wrong_password``, ``wrong_database``.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "database,http"  # read once, when the instrumentation starts

import psycopg
from opentelemetry.exporter.otlp.json.file import FileSpanExporter
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from psycopg_pool import ConnectionPool

done: Counter[str] = Counter()


class Said(logging.Handler):
    """Keep what a logger said."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message."""
        self.messages.append(record.getMessage())


def main(traces: str, dsns: dict[str, str]) -> None:
    """Answer requests, well and badly, and print how many of each kind there were."""
    said = Said(logging.WARNING)
    logging.getLogger("psycopg.pool").addHandler(said)
    with psycopg.connect(dsns["bank"]) as connection:  # before the instrumentation: makes no span
        connection.execute("CREATE TABLE accounts (id int PRIMARY KEY, balance int CHECK (balance >= 0))")
        connection.execute("INSERT INTO accounts SELECT n, 100 FROM generate_series(1, 20) AS n")
    provider = TracerProvider(
        resource=Resource.create(
            {"service.name": "bank-web", "service.version": "1.7.4", "host.name": "bank-web-1"}
        )
    )
    provider.add_span_processor(BatchSpanProcessor(FileSpanExporter(traces), max_export_batch_size=8))
    PsycopgInstrumentor().instrument(tracer_provider=provider)
    try:
        serve(provider, dsns)
    finally:
        provider.shutdown()
    sys.stdout.write(json.dumps({"done": done, "pool_warnings": said.messages}))


def serve(provider: TracerProvider, dsns: dict[str, str]) -> None:
    """Answer every kind of request."""
    tracer = provider.get_tracer("bank")

    @contextmanager
    def request(method: str, route: str, path: str) -> Iterator[Span]:
        """Open a server span named as the stable HTTP conventions say."""
        attributes = {
            "http.request.method": method,
            "http.route": route,
            "url.path": path,
            "server.address": "bank.example",
            "server.port": 443,
            "client.address": "203.0.113.9",
            "session.id": "s-1",
        }
        done["requests"] += 1
        with tracer.start_as_current_span(
            f"{method} {route}", kind=SpanKind.SERVER, attributes=attributes
        ) as span:
            yield span

    with ConnectionPool(dsns["bank"], min_size=1, max_size=2, name="pool-1", timeout=10, open=True) as pool:
        pool.wait()
        for account in range(1, 21):
            with request("GET", "/accounts/{account_id}", f"/accounts/{account}") as span:
                read_account(pool, account)
                span.set_attribute("http.response.status_code", 200)
        for statement in (
            "SELECT nosuch FROM accounts",  # 42703
            "SELECT * FROM nosuch",  # 42P01
            "UPDATE accounts SET balance = -1 WHERE id = 1",  # 23514
        ):
            with request("POST", "/transfers", "/transfers") as span:
                failing(span, lambda statement=statement: run(pool, statement), "failed_queries")
    for kind in ("wrong_port", "wrong_password"):
        with request("GET", "/accounts/{account_id}", "/accounts/1") as span:
            failing(span, lambda kind=kind: through_pool(dsns[kind]), kind)
    with request("GET", "/accounts/{account_id}", "/accounts/1") as span:
        failing(span, lambda: psycopg.connect(dsns["wrong_database"]), "wrong_database")


def read_account(pool: ConnectionPool, account: int) -> None:
    """Ask two queries, one of them with a parameter."""
    with pool.connection() as connection:
        connection.execute("SELECT balance FROM accounts WHERE id = %s", [account]).fetchone()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts")
    done["good_queries"] += 2


def run(pool: ConnectionPool, statement: str) -> None:
    """Ask one query."""
    with pool.connection() as connection:
        connection.execute(statement)


def through_pool(dsn: str) -> None:
    """Ask through a pool that cannot connect."""
    timeout = 4.0 if sys.platform == "win32" else 0.5  # Windows tries a refused port again for two seconds
    with ConnectionPool(dsn, min_size=1, max_size=1, name="pool-2", timeout=timeout, open=True) as pool:
        run(pool, "SELECT 1")


def failing(span: Span, work: Callable[[], object], kind: str) -> None:
    """Do what fails and answer as a service would: an error's class and a status of 500 or 503."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - a service answers whatever happens
        done[kind] += 1
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        span.record_exception(error)
        span.set_attribute("error.type", name)
        span.set_attribute("http.response.status_code", 500 if kind == "failed_queries" else 503)
        span.set_status(Status(StatusCode.ERROR, name))


if __name__ == "__main__":
    main(sys.argv[1], json.load(sys.stdin))
