"""One request as the pages see it: who asks, what for, and how they want the answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from opentelemetry import trace

from labkit.bank.web.refusals import Refusal
from labkit.bank.web.sessions import COOKIE, LIFETIME_S, Visit, new_visit

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labkit.bank.web.sent import Sent
    from labkit.bank.web.serving import Serving

#: Where the request's user is kept for the access log.
USER = "bank.user"
#: What a login looks like; anything else may be a password in the wrong field, and is not written down.
_LOGIN = re.compile(r"[a-z][a-z0-9._]{0,30}-[0-9]{1,9}")
_LARGEST_BODY = 64_000


@dataclass(slots=True)
class Asked:
    """A request under one release; ``visit`` changes when somebody logs in or out.

    ``sent`` is the order that came with it, once that is read.
    """

    request: Request
    serving: Serving
    visit: Visit
    new: bool = False
    sent: Sent | None = None

    @classmethod
    def of(cls, request: Request, serving: Serving, *, visited: bool) -> Asked:
        """Read who asks from the cookie, and tell telemetry; who has none begins a visit.

        Where nobody visits, as at a balancer's check, there is none.
        """
        if not visited:
            return cls(request, serving, Visit(""))
        visit = serving.sessions.read(request.cookies.get(COOKIE))
        asked = cls(request, serving, visit or new_visit(), new=visit is None)
        trace.get_current_span().set_attribute("session.id", asked.visit.visit_id)
        if asked.visit.login:
            asked.call(asked.visit.login)
        return asked

    def call(self, login: str) -> None:
        """Tell telemetry and access log who it is, or says to be."""
        if _LOGIN.fullmatch(login):
            trace.get_current_span().set_attribute("user.name", login)
            self.request.scope[USER] = login

    @property
    def user(self) -> str:
        """Who it is, for the log."""
        return str(self.request.scope.get(USER, "somebody"))

    @property
    def wants_page(self) -> bool:
        """Whether a person's browser asks; programs get JSON."""
        return "text/html" in self.request.headers.get("accept", "")

    def enter(self, visit: Visit) -> None:
        """Go on as another visit: after a login, or a logout."""
        self.visit, self.new = visit, True

    def keep(self, response: Response) -> Response:
        """Hand out the cookie, where the browser does not have it yet."""
        if self.new:
            response.set_cookie(
                COOKIE,
                self.serving.sessions.cookie(self.visit),
                max_age=LIFETIME_S,
                httponly=True,
                samesite="lax",
                secure=self.request.url.scheme == "https",
            )
        return response

    def owner(self) -> str:
        """Give the login of who asks.

        Raises
        ------
        Refusal
            With 401, where nobody has logged in.
        """
        if not self.visit.login:
            raise Refusal(401, "Please log in first.", f"{self.request.url.path} asked for without a login")
        return self.visit.login

    async def fields(self) -> dict[str, Any]:
        """Read what was sent: a form of one of our own pages, or JSON.

        Raises
        ------
        Refusal
            With 403 for a form that is not of this visit's pages, with 413 and 422 for what cannot be read.
        """
        body = await self._body()
        if self.request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
            return self._same_origin(_json(body))
        found = _form(body)
        if not self.serving.sessions.knows_form(self.visit, found.pop("form_token", "")):
            says = "This form has become too old. Please open the page anew and try again."
            raise Refusal(403, says, "unknown form")
        return found

    async def _body(self) -> bytes:
        """Read the body, as long as it is not too long."""
        body = b""
        async for piece in self.request.stream():
            body += piece
            if len(body) > _LARGEST_BODY:
                raise Refusal(413, "This is too much to read.", "a request's body is too large")
        return body

    def _same_origin(self, found: dict[str, Any]) -> dict[str, Any]:
        """Refuse JSON that a page of another site sends."""
        origin = self.request.headers.get("origin", "")
        if origin and origin.partition("://")[2] != self.request.headers.get("host", ""):
            raise Refusal(403, "Requests of other sites' pages are not taken.", "request from another site")
        return found


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):  # no JSON, or no UTF-8
        found = None
    if not isinstance(found, dict):
        says = "The request's body must be a JSON object."
        raise Refusal(422, says, "a request's body is no JSON object")
    return found


def _form(body: bytes) -> dict[str, Any]:
    """Read the fields of a form as browsers send it without files; of anything else there are none."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}
