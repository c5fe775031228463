"""Pages for people: templates, what all of them show, and the headers that keep them safe."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, Response

from labkit.bank.web.trouble import Report

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request

    from labkit.bank.web.accounts import Shown
    from labkit.bank.web.asked import Asked
    from labkit.bank.web.refusals import Refusal

HERE = Path(__file__).parent
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    """Render pages; templates are read once."""

    @cached_property
    def _templates(self) -> Environment:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        made = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        made.filters |= {"money": money, "clock": clock, "moment": moment, "duration": duration}
        return made

    def render(
        self,
        asked: Asked,
        name: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """Render one page for who asks."""
        common = {
            "login": asked.visit.login,
            "form_token": asked.serving.sessions.form_token(asked.visit),
            "now": asked.serving.trouble.now(),
            "here": asked.request.url.path,
        }
        text = self._templates.get_template(name).render(common | values)
        return HTMLResponse(text, status, _HEADERS | dict(headers or {}))

    def account(
        self,
        asked: Asked,
        shown: Shown,
        refusal: Refusal | None = None,
        filled: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Response:
        """Render an account with its form for a transfer; the form has a key, so that it counts once."""
        return self.render(
            asked,
            "account.html",
            refusal.status if refusal else 200,
            shown=shown,
            key=key or secrets.token_urlsafe(16),
            filled=filled or {"to_account": "", "amount": "", "memo": ""},
            problem=refusal.says if refusal else "",
        )

    def refusal(self, asked: Asked, refusal: Refusal) -> Response:
        """Render what cannot be done, and where to go on; who must log in gets the form for it."""
        if refusal.status == 401 or asked.request.url.path == "/login":
            return self.render(asked, "front.html", refusal.status, problem=refusal.says)
        return self.render(asked, "refusal.html", refusal.status, says=refusal.says)

    def outage(
        self, asked: Asked, report: Report, status: int, headers: Mapping[str, str], *, unsure: bool = False
    ) -> Response:
        """Render what does not work, since when, and what still does.

        An order that was sent is offered to be sent again under its key; ``unsure`` where it may be made.
        """
        return self.render(
            asked,
            "outage.html",
            status,
            headers,
            broken=report.broken or ["this page"],
            working=[*report.working, "this bank's front page"],
            since=report.since_utc,
            unknown=report.unknown,
            order=asked.sent.order if asked.sent else None,
            unsure=unsure,
            again=_again(asked.request),
        )


def _again(request: Request) -> str:
    """Give the address to try again at; what was sent to one is begun anew at the page with its form."""
    path, query = request.url.path, request.url.query
    if request.method == "POST":
        return "/accounts" if path == "/transfers" else "/"
    return f"{path}?{query}" if query else path


def money(amount: Any) -> str:
    """Write an amount for people.

    Examples
    --------
    >>> from decimal import Decimal
    >>> money(Decimal("-1234.5"))
    '\N{MINUS SIGN}1,234.50'
    """
    return f"{amount:,.2f}".replace("-", "\N{MINUS SIGN}")


def clock(moment: dt.datetime) -> str:
    """Write the time of day.

    Examples
    --------
    >>> clock(dt.datetime(2023, 12, 1, 14, 30, tzinfo=dt.UTC))
    '14:30 UTC'
    """
    return f"{moment.astimezone(dt.UTC):%H:%M} UTC"


def moment(moment: dt.datetime) -> str:
    """Write day and time.

    Examples
    --------
    >>> moment(dt.datetime(2023, 12, 1, 14, 30, tzinfo=dt.UTC))
    '2023-12-01 14:30'
    """
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M}"


def duration(since: dt.datetime, now: dt.datetime) -> str:
    """Write how long ago it was, as people say it.

    Examples
    --------
    >>> at = dt.datetime(2023, 12, 1, 14, 30, tzinfo=dt.UTC)
    >>> [duration(at, at + dt.timedelta(minutes=m)) for m in (0, 1, 16, 150)]
    ['less than a minute', '1 minute', '16 minutes', '2 hours and 30 minutes']
    """
    minutes = int((now - since).total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    parts = [f"{n} {word}{'s' * (n != 1)}" for n, word in ((hours, "hour"), (rest, "minute")) if n]
    return " and ".join(parts) or "less than a minute"
