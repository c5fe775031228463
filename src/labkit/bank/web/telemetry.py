"""Spans of requests: OpenTelemetry's own instrumentation for ASGI, under the address that people call.

Source of the names: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ ("HTTP server span").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

if TYPE_CHECKING:
    from opentelemetry.trace import Span
    from starlette.types import ASGIApp

_EXPORT_EVERY_MS = 1000
_PORTS = {"http": 80, "https": 443}


def tracer_provider(resource: Mapping[str, str], out: TextIO) -> TracerProvider:
    """Make what gives out spans and writes them, a batch a line."""
    provider = TracerProvider(resource=Resource(dict(resource)), sampler=ALWAYS_ON, shutdown_on_exit=False)
    exporter = FileSpanExporter(stream=out)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_EXPORT_EVERY_MS))
    return provider


def with_spans(app: ASGIApp, provider: TracerProvider) -> ASGIApp:
    """Give each request a server span."""
    return OpenTelemetryMiddleware(
        app,
        default_span_details=lambda scope: (str(scope.get("method", "HTTP")), {}),
        server_request_hook=_called,
        tracer_provider=provider,
        meter_provider=NoOpMeterProvider(),
        exclude_spans=["receive", "send"],
    )


def _called(span: Span, scope: dict[str, Any]) -> None:
    """Write down the address that was called, which an edge passes on, and who called."""
    headers = dict(scope.get("headers") or ())
    called = (headers.get(b"host") or b"").decode("latin-1")
    host, _, port = called.rpartition(":") if called.rpartition(":")[2].isdecimal() else (called, "", "")
    scheme = str(scope.get("scheme", "http"))
    if host:
        span.set_attribute("server.address", host.strip("[]"))
        span.set_attribute("server.port", int(port) if port else _PORTS.get(scheme, 80))
    if scope.get("client"):
        span.set_attribute("client.address", scope["client"][0])
