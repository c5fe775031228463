"""One good line of every format, and where it must end up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


def attribute(key: str, value: Any, kind: str = "stringValue") -> dict[str, Any]:
    """One attribute as OTLP writes it."""
    return {"key": key, "value": {kind: value}}


def span(**changes: Any) -> dict[str, Any]:
    """One usable server span; a change to None takes the key away."""
    whole = {
        "traceId": TRACE,
        "spanId": SPAN,
        "name": "GET /accounts/{account_id}",
        "kind": 2,
        "startTimeUnixNano": "1701439200123456789",
        "endTimeUnixNano": "1701439200140000789",
        "attributes": [
            attribute("http.request.method", "GET"),
            attribute("http.route", "/accounts/{account_id}"),
            attribute("http.response.status_code", "503", "intValue"),
            attribute("client.address", "198.51.100.7"),
        ],
        "status": {"code": 2, "message": "no connection"},
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not None}


def batch(*spans: dict[str, Any]) -> dict[str, Any]:
    """One export of spans from one host."""
    resource = [attribute("service.name", "bank-web"), attribute("service.version", "1.8.0")]
    resource.append(attribute("host.name", "bank-web-1"))
    scope = {"scope": {"name": "opentelemetry.instrumentation.asgi"}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [scope]}]}


def metrics(*points: dict[str, Any], name: str = "ping.rtt", kind: str = "gauge") -> dict[str, Any]:
    """One export of one metric."""
    metric = {"name": name, "unit": "ms", kind: {"dataPoints": list(points)}}
    resource = {"attributes": [attribute("host.name", "bank-web-1"), attribute("service.name", "bank-web")]}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}


def point(**changes: Any) -> dict[str, Any]:
    """One point of a metric."""
    return {"timeUnixNano": "1701439200000000000", "asDouble": 0.31, **changes}


def log_record(**changes: Any) -> dict[str, Any]:
    """One record of an application's log."""
    return {
        "timestamp": "2023-12-01T14:05:09.123456Z",
        "severity_text": "WARNING",
        "severity_number": 13,
        "body": "error connecting in 'pool-1'",
        "trace_id": TRACE,
        "span_id": SPAN,
        "resource": {"service.name": "bank-web", "service.version": "1.8.0", "host.name": "bank-web-1"},
        "scope": {"name": "psycopg.pool"},
        "attributes": {"exception.type": "psycopg.OperationalError", "thread": 7},
        **changes,
    }


POSTGRES = {
    "timestamp": "2023-12-01 14:00:00.123 UTC",
    "user": "bank_app",
    "dbname": "bank",
    "pid": 4711,
    "remote_host": "10.20.0.11",
    "remote_port": 41000,
    "session_id": "6569e7a0.1267",
    "line_num": 3,
    "error_severity": "ERROR",
    "state_code": "23505",
    "message": "duplicate key value violates unique constraint",
    "statement": "INSERT INTO transfer ...",
    "application_name": "bank-web",
    "backend_type": "client backend",
}
ACCESS = (
    '198.51.100.7 - ada [01/Dec/2023:14:00:01 +0000] "GET /accounts/77?full=1 HTTP/1.1" 503 162 '
    '"https://bank.example/" "Mozilla/5.0 (\\"quoted\\")"'
)
DEPLOYMENT = {
    "timestamp": "2023-12-01T14:30:00Z",
    "event.name": "deployment.started",
    "attributes": {
        "deployment.id": "d-1042",
        "deployment.name": "bank-web 1.8.0",
        "deployment.environment.name": "production",
        "deployment.status": "started",
        "service.name": "bank-web",
        "service.version": "1.8.0",
        "service.previous_version": "1.7.4",
        "vcs.ref.head.revision": "9" * 40,
        "actor.role": "release pipeline",
        "config.diff": [
            {"key": "LOG_LEVEL", "before": "INFO", "after": "WARNING"},
            {"key": "NEW", "after": "1"},
        ],
    },
}
MESSAGE = {
    "timestamp": "2023-12-01T14:45:10Z",
    "channel": "user-report",
    "author": "user",
    "text": "Étrange: no account ☃",
}
PROGRESS = "time_utc,planned_milestones,completed_milestones,note\n2023-12-01T10:00:00Z,60,40,on time"


def dumps(value: Any) -> str:
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Sample:
    """A file of one format: its text, what it is recognised as, its table, and the rows it makes."""

    text: str
    format: str
    table: str
    rows: int = 1


SAMPLES = (
    Sample(dumps(log_record()), "app log", "logs"),
    Sample(dumps(batch(span(), span(spanId="b7ad6b7169203332"))), "otlp traces", "spans", 2),
    Sample(dumps(POSTGRES), "postgresql jsonlog", "postgres_log"),
    Sample(ACCESS, "access log", "access"),
    Sample(dumps(metrics(point(), point(asDouble=0.4))), "otlp metrics", "metrics", 2),
    Sample(dumps(DEPLOYMENT), "deployments", "deployments"),
    Sample(dumps(MESSAGE), "messages", "messages"),
    Sample(PROGRESS, "progress", "progress"),
)
