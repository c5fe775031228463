"""The front page: it asks no database, so it opens during an outage too."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from labkit.bank.web.asked import Asked


async def show_front(asked: Asked) -> Response:
    """Greet who is logged in; offer the others to log in."""
    if asked.wants_page:
        return asked.serving.pages.render(asked, "front.html", problem="")
    return JSONResponse({"service": "bank-web", "login": asked.visit.login or None})
