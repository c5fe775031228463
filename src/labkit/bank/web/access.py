"""The access log in combined format, and what only the end of a request can tell its span."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, TextIO

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from labkit.bank.web.answers import FAILURE
from labkit.bank.web.asked import USER

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: The format's own English names, whatever the machine's language.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNSAFE = re.compile(r"[^ !#-\[\]-~]")
#: What nginx writes when a client has gone before it had its answer.
_CLIENT_GONE = 499


class AccessLog:
    """Write one line a request, when its answer is complete."""

    def __init__(self, app: ASGIApp, out: TextIO) -> None:
        self._app, self._out = app, out

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and listen to its answer."""
        status, size = _CLIENT_GONE, 0

        async def heard(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                _tell_span(scope)
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, heard)
        finally:
            if scope["type"] == "http":
                self._out.write(_line(scope, status, size))


def _tell_span(scope: Scope) -> None:
    """Name the exception class in the span: the instrumentation knows the status only, and sets it first."""
    failure = scope.get(FAILURE)
    if failure:
        span = trace.get_current_span()
        span.set_attribute("error.type", failure)
        span.set_status(Status(StatusCode.ERROR, str(failure).rpartition(".")[2]))


def _line(scope: Scope, status: int, size: int) -> str:
    headers = dict(scope["headers"])
    client = scope["client"][0] if scope.get("client") else "-"
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    asked = f"{scope['method']} {path}{'?' + query if query else ''} HTTP/{scope.get('http_version', '1.1')}"
    referer, agent = (headers.get(name, b"-").decode("latin-1") for name in (b"referer", b"user-agent"))
    return (
        f'{client} - {scope.get(USER, "-")} [{_stamp(dt.datetime.now(dt.UTC))}] "{_safe(asked)}" '
        f'{status} {size or "-"} "{_safe(referer)}" "{_safe(agent)}"\n'
    )


def _safe(text: str) -> str:
    r"""Write what a client sent so that it cannot end its field: as nginx does, ``"`` becomes ``\x22``."""
    return _UNSAFE.sub(lambda found: f"\\x{ord(found[0]):02X}", text)


def _stamp(now: dt.datetime) -> str:
    return f"{now.day:02d}/{_MONTHS[now.month - 1]}/{now:%Y:%H:%M:%S} +0000"
