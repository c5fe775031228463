"""What can be asked of the bank, and who answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from labkit.bank.web.accounts import list_accounts, show_account
from labkit.bank.web.answers import Answering
from labkit.bank.web.asked import Asked
from labkit.bank.web.auth import log_in, log_out
from labkit.bank.web.front import lead_to_accounts, lead_to_front, show_front
from labkit.bank.web.health import show_life, show_readiness
from labkit.bank.web.pages import HERE
from labkit.bank.web.refusals import Refusal
from labkit.bank.web.statements import show_statement
from labkit.bank.web.transfers import post_transfer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from labkit.bank.web.serving import Serving

_ACCOUNT = "/accounts/{account_id}"
_PAGE_FAILED = "account page failed for {user}"

ROUTES = (
    Answering("probe", "GET", "/livez", "bank.health", "life page failed", show_life),
    Answering("ready", "GET", "/readyz", "bank.health", "readiness page failed", show_readiness),
    Answering("front", "GET", "/", "bank.pages", "front page failed", show_front),
    Answering("login", "POST", "/login", "bank.auth", "login of {user} failed", log_in),
    Answering("front", "GET", "/login", "bank.pages", "front page failed", lead_to_front),
    Answering("logout", "POST", "/logout", "bank.auth", "logout of {user} failed", log_out),
    Answering("accounts", "GET", "/accounts", "bank.accounts", _PAGE_FAILED, list_accounts),
    Answering("accounts", "GET", _ACCOUNT, "bank.accounts", _PAGE_FAILED, show_account),
    Answering(
        "statement",
        "GET",
        f"{_ACCOUNT}/statement",
        "bank.statements",
        "statement failed for {user}",
        show_statement,
    ),
    Answering(
        "transfers", "POST", "/transfers", "bank.transfers", "transfer of {user} failed", post_transfer
    ),
    Answering("front", "GET", "/transfers", "bank.pages", "front page failed", lead_to_accounts),
)


def application(serving: Serving) -> Starlette:
    """Put the routes of one release together."""
    routes = [
        Route(answering.template, _endpoint(answering, serving), methods=[answering.method], name=str(number))
        for number, answering in enumerate(ROUTES)
    ]
    nothing = _nothing_here(serving)
    static = Mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    return Starlette(routes=[*routes, static], exception_handlers={404: nothing, 405: nothing})


def _endpoint(answering: Answering, serving: Serving) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await answering(request, serving)

    return answer


def _nothing_here(serving: Serving) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        status, headers = getattr(error, "status_code", 404), getattr(error, "headers", None) or {}
        asked = Asked.of(request, serving, visited=False)
        if not asked.wants_page:
            return JSONResponse({"error": "There is nothing here."}, status, headers)
        asked = Asked.of(request, serving, visited=True)
        page = serving.pages.refusal(asked, Refusal(status, "There is no page at this address."))
        page.headers.update(headers)
        return asked.keep(page)

    return answer
