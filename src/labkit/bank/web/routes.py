"""What can be asked of the bank, and who answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from labkit.bank.web.accounts import list_accounts, show_account
from labkit.bank.web.answers import Answering
from labkit.bank.web.auth import log_in, log_out
from labkit.bank.web.front import show_front
from labkit.bank.web.health import show_life, show_readiness
from labkit.bank.web.pages import HERE
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
)


def application(serving: Serving) -> Starlette:
    """Put the routes of one release together."""
    routes = [
        Route(answering.template, _endpoint(answering, serving), methods=[answering.method], name=str(number))
        for number, answering in enumerate(ROUTES)
    ]
    static = Mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    return Starlette(routes=[*routes, static], exception_handlers={404: _nothing_here, 405: _nothing_here})


def _endpoint(answering: Answering, serving: Serving) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await answering(request, serving)

    return answer


async def _nothing_here(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return PlainTextResponse("There is nothing here.\n", status, getattr(error, "headers", None))
