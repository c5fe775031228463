"""The statement of an account: its latest entries, a page at a time, and a chart of what was spent."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.responses import JSONResponse, Response

from labkit.bank import books
from labkit.bank.books import Entry
from labkit.bank.web.accounts import known_as_own, number_of, own_account
from labkit.bank.web.asked import Asked
from labkit.bank.web.charts import spending

_log = logging.getLogger("bank.statements")
_LONG_S = 1.0


async def show_statement(asked: Asked) -> Response:
    """Show the entries of an account of who asks, the newest first."""
    asked.owner()
    account_id, began = number_of(asked), time.monotonic()
    async with asked.serving.connections.connection() as connection:
        own = known_as_own(asked, account_id)
        entries = await books.read_statement(connection, account_id)
        if not own:
            await own_account(asked, connection, account_id)
    if time.monotonic() - began >= _LONG_S:
        _log.warning("statement of %s took long", asked.user)
    bars = spending(entries, asked.serving.settings.feature_spending_chart)
    pages = _cut(entries, asked.serving.settings.statement_page_size)
    number = _page_of(asked, len(pages))
    if asked.wants_page:
        shown: dict[str, Any] = {"entries": pages[number - 1], "page": number, "pages": len(pages)}
        return asked.serving.pages.render(asked, "statement.html", account_id=account_id, bars=bars, **shown)
    return JSONResponse({"account_id": account_id, "entries": [_told(e) for e in pages[number - 1]]})


def _cut(entries: tuple[Entry, ...], size: int) -> list[tuple[Entry, ...]]:
    return [entries[k : k + size] for k in range(0, len(entries), size)] or [()]


def _page_of(asked: Asked, last: int) -> int:
    text = asked.request.query_params.get("page", "1")
    return min(max(1, int(text)), last) if text.isdecimal() and text.isascii() and len(text) < 6 else 1


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "entry_id": entry.entry_id,
        "posted_at": entry.posted_at.isoformat(),
        "amount": f"{entry.amount:.2f}",
        "memo": entry.memo,
    }
