"""The front page: it asks no database, so it opens during an outage too."""

from __future__ import annotations

from starlette.responses import JSONResponse, RedirectResponse, Response

from labkit.bank.web.asked import Asked


async def show_front(asked: Asked) -> Response:
    """Greet who is logged in; offer the others to log in."""
    if asked.wants_page:
        return asked.serving.pages.render(asked, "front.html", problem="")
    return JSONResponse({"service": "bank-web", "login": asked.visit.login or None})


async def lead_to_front(asked: Asked) -> Response:
    """Lead whoever opens the address that a login is sent to, as by trying again, to its form."""
    return RedirectResponse("/", 303)


async def lead_to_accounts(asked: Asked) -> Response:
    """Lead whoever opens the address that transfers are sent to, to where transfers are made."""
    return RedirectResponse("/accounts", 303)
