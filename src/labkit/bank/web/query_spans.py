"""Connections whose queries leave spans: the instrumentation's own, with operation and SQLSTATE added.

Queries are sent with their values in the text (psycopg's client-side binding), so the server's log shows
what was asked. Source of the names: https://opentelemetry.io/docs/specs/semconv/database/postgresql/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import psycopg
from opentelemetry import trace
from opentelemetry.instrumentation.psycopg import DatabaseApiAsyncIntegration, PsycopgInstrumentor
from opentelemetry.metrics import NoOpMeterProvider

from labkit.bank.web.log_records import class_name

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

_SCOPE = "opentelemetry.instrumentation.psycopg"


class SpeakingCursor(psycopg.AsyncClientCursor[Any]):
    """A cursor that adds to its query's span what the instrumentation leaves out."""

    async def execute(self, query: Any, params: Any = None, **how: Any) -> Self:
        """Run one statement."""
        span = trace.get_current_span()
        if getattr(span, "kind", None) is not trace.SpanKind.CLIENT:  # instrumentation is off for this one
            return await super().execute(query, params, **how)
        span.set_attribute("db.operation.name", str(query).split(None, 1)[0].upper())
        try:
            return await super().execute(query, params, **how)
        except psycopg.Error as error:
            span.set_attribute("error.type", class_name(error))
            if error.sqlstate:
                span.set_attribute("db.response.status_code", error.sqlstate)
            raise


def traced(provider: TracerProvider) -> type[psycopg.AsyncConnection[Any]]:
    """Make a class of connections whose spans go to a provider.

    Each connection has an instrumentation of its own: one for all, as ``instrument()`` makes it, gives the
    queries of an old connection the address of the newest one.
    """

    class TracedConnection(psycopg.AsyncConnection[Any]):
        """A connection that leaves spans."""

        @classmethod
        async def connect(cls, conninfo: str = "", **parts: Any) -> Self:
            """Connect as psycopg does."""
            integration = DatabaseApiAsyncIntegration(
                _SCOPE,
                PsycopgInstrumentor._DATABASE_SYSTEM,
                connection_attributes=PsycopgInstrumentor._CONNECTION_ATTRIBUTES,
                tracer_provider=provider,
                meter_provider=NoOpMeterProvider(),
            )
            parts["cursor_factory"] = SpeakingCursor
            connection = await integration.wrapped_connection(super().connect, (conninfo,), parts)  # type: ignore[arg-type]
            return connection  # type: ignore[no-any-return]

    # The pool's warnings show connections by class and address: as they would without telemetry.
    TracedConnection.__module__ = psycopg.AsyncConnection.__module__
    TracedConnection.__qualname__ = psycopg.AsyncConnection.__qualname__
    return TracedConnection
