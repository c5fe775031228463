"""Somebody's accounts: the list of them, and each with its balance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import JSONResponse, Response

from labkit.bank import books
from labkit.bank.books import Account
from labkit.bank.books.journal import JournalEntry
from labkit.bank.web.asked import Asked
from labkit.bank.web.connections import Connection, got_no_connection
from labkit.bank.web.known import LastSeen
from labkit.bank.web.made import Made, read_made
from labkit.bank.web.refusals import Refusal

_INFO = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """An account as a page shows it: ``last_seen`` where it is not what it may be now.

    ``on_paper`` are orders from it on the manual ledger that are not in the books; ``made`` is a transfer
    from it that was made just now.
    """

    account: Account
    last_seen: LastSeen | None = None
    on_paper: tuple[JournalEntry, ...] = ()
    made: Made | None = None

    def to_json(self) -> dict[str, Any]:
        """Give what a program reads; balances are texts, so that no cent is lost."""
        told: dict[str, Any] = {
            "account_id": self.account.account_id,
            "owner": self.account.owner,
            "currency": self.account.currency,
            "balance": f"{self.account.balance:.2f}",
        }
        if self.last_seen:
            told["as_of"] = self.last_seen.at_utc.isoformat()
        if self.on_paper:
            told["on_paper"] = [entry.to_json() for entry in self.on_paper]
        return told


async def list_accounts(asked: Asked) -> Response:
    """List the accounts of who asks."""
    owner = asked.owner()
    try:
        async with asked.serving.connections.connection() as connection:
            found = await books.read_accounts(connection, owner)
            await asked.serving.learn(connection, *found)
    except Exception as error:
        shown = [Shown(seen.account, seen) for seen in _on_paper(asked, error, owner)]
        if not shown:
            raise
    else:
        shown = [Shown(account) for account in found]
    if asked.wants_page:
        return asked.serving.pages.render(asked, "accounts.html", accounts=shown)
    return JSONResponse({"accounts": [one.to_json() for one in shown]})


async def show_account(asked: Asked) -> Response:
    """Show one account of who asks, with a form for a transfer from it."""
    owner, account_id = asked.owner(), number_of(asked)
    try:
        async with asked.serving.connections.connection() as connection:
            account = await own_account(asked, connection, account_id)
            shown = Shown(account, made=await read_made(asked, connection, account_id))
    except Refusal:
        raise
    except Exception as error:
        seen = [s for s in _on_paper(asked, error, owner) if s.account.account_id == account_id]
        if not seen:
            raise
        shown = Shown(seen[0].account, seen[0])
    shown = replace(shown, on_paper=asked.serving.manual_ledger.open_for(account_id))
    if asked.wants_page:
        return asked.serving.pages.account(asked, shown)
    return JSONResponse(shown.to_json())


def _on_paper(asked: Asked, error: Exception, owner: str) -> tuple[LastSeen, ...]:
    """Give what was last seen of somebody's accounts, while the manual ledger stands in for the database."""
    if asked.serving.settings.manual_ledger and got_no_connection(error):
        return asked.serving.manual_ledger.of_these_books(asked.serving.known.of_owner(owner))
    return ()


def number_of(asked: Asked) -> int:
    """Read the account's number from the path; what is none is an account that nobody has."""
    text = str(asked.request.path_params["account_id"])
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise not_found(asked)
    return int(text)


def not_found(asked: Asked) -> Refusal:
    """Refuse an account that is not there, or somebody else's: which of the two is not told."""
    return Refusal(
        404, "You have no account of this number.", f"account not found for {asked.user}", severity=_INFO
    )


async def own_account(asked: Asked, connection: Connection, account_id: int) -> Account:
    """Read an account of who asks.

    Raises
    ------
    Refusal
        With 404, where it is not theirs.
    """
    try:
        account = await books.read_account(connection, account_id)
    except books.UnknownAccountError:
        raise not_found(asked) from None
    await asked.serving.learn(connection, account)
    if account.owner != asked.owner():
        raise not_found(asked)
    return account


def known_as_own(asked: Asked, account_id: int) -> bool:
    """Tell whether an account is known to be theirs without asking; refuse one known to be another's."""
    owner = asked.serving.known.owner(account_id)
    if owner is not None and owner != asked.owner():
        raise not_found(asked)
    return owner is not None
