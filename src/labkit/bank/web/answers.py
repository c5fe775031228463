"""How a request ends: its page or JSON, a refusal, or a failure that is logged, traced and owned up to."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from starlette.responses import JSONResponse, Response

from labkit.bank.web.asked import Asked
from labkit.bank.web.connections import got_no_connection
from labkit.bank.web.log_records import class_name
from labkit.bank.web.refusals import Refusal
from labkit.bank.web.trouble import FEATURES

if TYPE_CHECKING:
    from starlette.requests import Request

    from labkit.bank.web.serving import Serving

Endpoint = Callable[[Asked], Awaitable[Response]]
#: Where the class of the exception that ended a request is kept for its span.
FAILURE = "bank.failure"
_RETRY_S = "15"


@dataclass(frozen=True, slots=True)
class Answering:
    """One route: how it is called, who logs for it, what the log says when it fails."""

    name: str
    method: str
    template: str
    logger: str
    failed: str
    endpoint: Endpoint

    @property
    def span_name(self) -> str:
        """Name of the route's spans."""
        return f"{self.method} {self.template}"

    async def __call__(self, request: Request, serving: Serving) -> Response:
        """Answer one request."""
        span = trace.get_current_span()
        span.update_name(self.span_name)
        span.set_attribute("http.route", self.template)
        visited = self.logger != "bank.health"
        asked, began = Asked.of(request, serving, visited=visited), serving.trouble.now()
        try:
            response = await self.endpoint(asked)
        except Refusal as refusal:
            response = self._refuse(asked, refusal)
        except Exception as error:  # noqa: BLE001  whatever it is, somebody waits for an answer
            response = self._fail(asked, error, began)
        else:
            serving.trouble.worked(self.name, serving.trouble.now())
        return asked.keep(response)

    def _refuse(self, asked: Asked, refusal: Refusal) -> Response:
        if refusal.noted:
            logging.getLogger(self.logger).log(refusal.severity, refusal.noted)
        if asked.wants_page:
            return asked.serving.pages.refusal(asked, refusal)
        return JSONResponse({"error": refusal.says}, refusal.status)

    def _fail(self, asked: Asked, error: Exception, began: Any) -> Response:
        """Log what happened with its stack trace; tell the person what does not work and since when."""
        trouble = asked.serving.trouble
        no_connection = got_no_connection(error)
        body = self.failed.format(user=asked.user)
        if no_connection:
            body = f"{self.span_name} failed: no connection to the database"
        elif self.name in FEATURES:
            trouble.failed(self.name, began)
        logging.getLogger(self.logger).error(body, exc_info=error)
        asked.request.scope[FAILURE] = class_name(error)
        report = trouble.report(began, failed=self.name, on_paper=asked.serving.settings.manual_ledger)
        status = 503 if no_connection else 500
        headers = {"Retry-After": _RETRY_S} if no_connection else {}
        if asked.wants_page:
            unsure = asked.sent is not None and asked.sent.unsure_after(error)
            return asked.serving.pages.outage(asked, report, status, headers, unsure=unsure)
        told = {
            "error": "This does not work at the moment.",
            "does_not_work": report.broken,
            "works": report.working,
            "since": report.since_utc.isoformat(timespec="seconds"),
        }
        return JSONResponse(told, status, headers)
