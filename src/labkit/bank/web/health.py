"""Whether the process lives, and whether it can do its work: for balancers and supervisors."""

from __future__ import annotations

import psycopg
from opentelemetry.instrumentation.utils import suppress_instrumentation
from starlette.responses import JSONResponse, Response

from labkit.bank.web.asked import Asked


async def show_life(asked: Asked) -> Response:
    """Say that the process answers, whatever the database does."""
    return JSONResponse({"status": "ok"})


async def show_readiness(asked: Asked) -> Response:
    """Say whether the database can be reached; with 503 where it can't be."""
    with suppress_instrumentation():
        try:
            async with asked.serving.connections.connection() as connection:
                await connection.execute("SELECT 1")
        except (psycopg.Error, OSError, UnicodeError):
            since = asked.serving.trouble.report(asked.serving.trouble.now()).since_utc
            return JSONResponse({"status": "unavailable", "since": since.isoformat(timespec="seconds")}, 503)
    return JSONResponse({"status": "ready", "version": asked.serving.release.version})
