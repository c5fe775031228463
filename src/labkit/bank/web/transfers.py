"""Transfers from an account of who asks: posted once, however often they are sent."""

from __future__ import annotations

import logging
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import psycopg
from starlette.responses import JSONResponse, RedirectResponse, Response

from labkit.bank import books
from labkit.bank.web.accounts import Shown, known_as_own, not_found, own_account
from labkit.bank.web.asked import Asked
from labkit.bank.web.manual_ledger import paper_receipt
from labkit.bank.web.ordered import read_number, read_order
from labkit.bank.web.pages import money
from labkit.bank.web.refusals import Refusal
from labkit.bank.web.sent import UNSURE, Sent

if TYPE_CHECKING:
    from labkit.bank.books import TransferOrder

_log = logging.getLogger("bank.transfers")


async def post_transfer(asked: Asked) -> Response:
    """Post what was ordered, and say so."""
    asked.owner()
    fields = await asked.fields()
    try:
        order = read_order(asked, fields)
        asked.sent = Sent(order, unsure=bool(fields.get(UNSURE)))
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
    return _posted(asked, order, posted)


def _posted(asked: Asked, order: TransferOrder, posted: books.PostedTransfer) -> Response:
    """Lead a person to the account, also one who sent it twice; tell a program which of the two it was.

    Raises
    ------
    Refusal
        With 409 for a program, where the order had been posted before.
    """
    if posted.repeated:
        noted = f"transfer of {asked.user} was sent twice; the first one counts"
        if not asked.wants_page:
            says = f"This transfer was made before, as {posted.transfer_id}. It counts once."
            raise Refusal(409, says, noted)
        _log.warning("%s", noted)
    else:
        _log.info("transfer posted for %s", asked.user)
    if asked.wants_page:
        return RedirectResponse(f"/accounts/{order.from_account}?posted={posted.transfer_id}", 303)
    return JSONResponse({"transfer_id": posted.transfer_id})


async def _post(asked: Asked, order: TransferOrder) -> books.PostedTransfer:
    """Post an order from an account of who asks.

    Raises
    ------
    Refusal
        With 404, 409 or 422, where the books refuse it.
    """
    async with asked.serving.connections.connection() as connection:
        if not known_as_own(asked, order.from_account):
            async with connection.transaction():
                await own_account(asked, connection, order.from_account)
        try:
            return await books.transfer(connection, order)
        except books.BooksError as error:
            raise _refusal(asked, order, error) from None


def _refusal(asked: Asked, order: TransferOrder, error: books.BooksError) -> Refusal:
    if isinstance(error, books.UnknownAccountError) and error.account_id == order.from_account:
        return not_found(asked)
    status, says, balance = 422, "The books refuse this order.", None
    if isinstance(error, books.UnknownAccountError):
        says = "There is no account of this number to transfer to."
    elif isinstance(error, books.OverdrawnError):
        balance = error.balance
        says = f"The account has {money(balance)}: less than {money(order.amount)}."
    elif isinstance(error, books.KeyReusedError):
        status, says = 409, "Another transfer was sent with this key. Please open the page anew."
    noted = f"transfer of {asked.user} refused: {error.reason}"
    return Refusal(status, says, noted, balance=balance)


def _form_again(asked: Asked, fields: dict[str, Any], refusal: Refusal) -> Response | None:
    """Show the form again as it was filled in, with what is wrong with it, under the key that it had.

    Not where the key is another order's: under a new one, what may have been made would be made again.
    """
    number = read_number(fields.get("from_account"))
    seen = asked.serving.known.last_seen(number) if isinstance(number, int) else None
    if refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY or seen is None:
        return None
    if seen.account.owner != asked.owner():
        return None
    shown = Shown(seen.account, seen)
    if refusal.balance is not None:  # it was read just now
        shown = Shown(replace(seen.account, balance=refusal.balance))
    shown = replace(shown, on_paper=asked.serving.manual_ledger.open_for(seen.account.account_id))
    filled = {key: str(fields.get(key, "")) for key in ("to_account", "amount", "memo")}
    key = str(fields.get("idempotency_key", ""))
    return asked.serving.pages.account(asked, shown, refusal=refusal, filled=filled, key=key)
