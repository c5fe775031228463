"""Transfers from an account of who asks: posted once, however often they are sent."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
from starlette.responses import JSONResponse, RedirectResponse, Response

from labkit.bank import books
from labkit.bank.books import TransferOrder
from labkit.bank.web.accounts import Shown, known_as_own, not_found, own_account
from labkit.bank.web.asked import Asked
from labkit.bank.web.manual_ledger import paper_receipt
from labkit.bank.web.refusals import Refusal

_log = logging.getLogger("bank.transfers")


async def post_transfer(asked: Asked) -> Response:
    """Post what was ordered, and say so."""
    asked.owner()
    fields = await asked.fields()
    try:
        order = _order(asked, fields)
        posted = await _post(asked, order)
    except Refusal as refusal:
        page = _form_again(asked, fields, refusal) if asked.wants_page else None
        if page is None:
            raise
        _log.log(refusal.severity, refusal.noted)
        return page
    except (psycopg.Error, OSError, UnicodeError) as error:
        entry = await asked.serving.manual_ledger.take(asked, order, error)
        if entry is None:
            raise
        return paper_receipt(asked, entry)
    _log.info("transfer posted for %s", asked.user)
    if asked.wants_page:
        return RedirectResponse(f"/accounts/{int(fields['from_account'])}?posted={posted.transfer_id}", 303)
    return JSONResponse({"transfer_id": posted.transfer_id})


def _order(asked: Asked, fields: dict[str, Any]) -> TransferOrder:
    """Read the order; numbers of accounts come as text from a form."""
    given = {key: fields.get(key, "") for key in ("idempotency_key", "amount", "memo")}
    given |= {key: _number(fields.get(key)) for key in ("from_account", "to_account")}
    if isinstance(given["amount"], int):
        given["amount"] = str(given["amount"])
    try:
        return TransferOrder.read(given)
    except books.BadAmountError:
        noted = f"transfer of {asked.user} refused: amount is not a number"
        raise Refusal(422, "The amount must be a number such as 12.50, above 0.", noted) from None
    except books.OwnAccountError:
        noted = f"transfer of {asked.user} refused: both accounts are the same"
        raise Refusal(422, "Choose another account than the one you transfer from.", noted) from None
    except books.BadOrderError as error:
        noted = f"transfer of {asked.user} refused: {error.problem}"
        raise Refusal(422, f"This order cannot be read: {error.problem}.", noted) from None


def _number(value: object) -> object:
    """Read a whole number that came as text; anything else is refused with the order."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else value


async def _post(asked: Asked, order: TransferOrder) -> books.PostedTransfer:
    """Post an order from an account of who asks.

    Raises
    ------
    Refusal
        With 404, 409 or 422, where the books refuse it or have it already.
    """
    async with asked.serving.connections.connection() as connection:
        if not known_as_own(asked, order.from_account):
            async with connection.transaction():
                await own_account(asked, connection, order.from_account)
        try:
            posted = await books.transfer(connection, order)
        except books.BooksError as error:
            raise _refusal(asked, order, error) from None
    if posted.repeated:
        noted = f"transfer of {asked.user} was sent twice; the first one counts"
        raise Refusal(409, f"This transfer was made before, as {posted.transfer_id}. It counts once.", noted)
    return posted


def _refusal(asked: Asked, order: TransferOrder, error: books.BooksError) -> Refusal:
    if isinstance(error, books.UnknownAccountError) and error.account_id == order.from_account:
        return not_found(asked)
    status, says = 422, "The books refuse this order."
    if isinstance(error, books.UnknownAccountError):
        says = "There is no account of this number to transfer to."
    elif isinstance(error, books.OverdrawnError):
        says = f"The account has {error.balance:.2f}: less than {order.amount:.2f}."
    elif isinstance(error, books.KeyReusedError):
        status, says = 409, "Another transfer was sent with this key. Please open the page anew."
    return Refusal(status, says, f"transfer of {asked.user} refused: {error.reason}")


def _form_again(asked: Asked, fields: dict[str, Any], refusal: Refusal) -> Response | None:
    """Show the form again as it was filled in, with what is wrong with it."""
    number = _number(fields.get("from_account"))
    seen = asked.serving.known.last_seen(number) if isinstance(number, int) else None
    if seen is None or seen.account.owner != asked.owner():
        return None
    filled = {key: str(fields.get(key, "")) for key in ("to_account", "amount", "memo")}
    key = str(fields.get("idempotency_key", "")) if refusal.status == 422 else None
    shown = Shown(seen.account)
    return asked.serving.pages.account(asked, shown, refusal=refusal, filled=filled, key=key)
