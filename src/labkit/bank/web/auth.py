"""Logging in and out."""

from __future__ import annotations

import logging

from starlette.responses import JSONResponse, RedirectResponse, Response

from labkit.bank import books
from labkit.bank.web.asked import Asked
from labkit.bank.web.refusals import Refusal
from labkit.bank.web.sessions import new_visit

_log = logging.getLogger("bank.auth")


async def log_in(asked: Asked) -> Response:
    """Open a session for who knows login and password."""
    login, password = _form(await asked.fields())
    asked.call(login)
    async with asked.serving.connections.connection() as connection:
        try:
            session = await books.log_in(connection, login, password)
        except books.LoginRefusedError:
            noted = f"login of {asked.user} refused: password does not match"
            raise Refusal(401, "Login and password do not match. Please try again.", noted) from None
    asked.enter(asked.visit.logged_in(session.login, session.session_id))
    _log.info("login of %s", asked.user)
    if asked.wants_page:
        return RedirectResponse("/accounts", 303)
    return JSONResponse({"login": session.login, "customer_id": session.customer_id})


def _form(fields: dict[str, object]) -> tuple[str, str]:
    """Take login and password out of what was sent."""
    for name in ("login", "password"):
        value = fields.get(name)
        if not isinstance(value, str) or not value.strip():
            says = f"Please fill in your {name}."
            raise Refusal(422, says, f"login form refused: field '{name}' is empty")
    return str(fields["login"]).strip(), str(fields["password"])


async def log_out(asked: Asked) -> Response:
    """End the visit; the cookie is replaced by that of somebody unknown."""
    await asked.fields()
    asked.enter(new_visit())
    return RedirectResponse("/", 303) if asked.wants_page else JSONResponse({"login": None})
