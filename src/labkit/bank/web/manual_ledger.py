"""The manual ledger of one host: transfers on paper while the database can't be reached, entered later."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from labkit.bank import books
from labkit.bank.books.journal import (
    Clerk,
    Journal,
    JournalEntry,
    JournalError,
    LastKnown,
    Report,
    hosts_with_orders,
    journal_of,
    pinned_books,
)
from labkit.bank.web.connections import Connection, got_no_connection
from labkit.bank.web.known import KnownAccounts, LastSeen
from labkit.bank.web.refusals import Refusal
from labkit.bank.web.sent import perhaps_on_paper

if TYPE_CHECKING:
    from labkit.bank.books import TransferOrder
    from labkit.bank.web.asked import Asked
    from labkit.bank.web.serving import Serving

_LOOK_EVERY_S = 1.0
_log = logging.getLogger("bank.ledger")


class ManualLedger:
    """What one host keeps on paper, through all releases.

    It is used while ``MANUAL_LEDGER`` is on; what waits on it is entered in any case.
    """

    def __init__(self, bank: Path, host_name: str) -> None:
        self._bank, self._host_name = bank, host_name
        self._folder = bank / "journal" / host_name
        self._journals: dict[str, Journal] = {}

    @cached_property
    def journal(self) -> Journal:
        """The host's journal; made when it is first needed."""
        return journal_of(self._bank, self._host_name)

    @cached_property
    def _last_known(self) -> LastKnown:
        return LastKnown(self._folder / "balances.json")

    def recall(self, known: KnownAccounts) -> None:
        """Remember balances that an earlier process of this host wrote down."""
        for seen in self._last_known.every():
            known.recall(LastSeen(seen.account, seen.known_at))

    def of_these_books(self, seen: tuple[LastSeen, ...]) -> tuple[LastSeen, ...]:
        """Leave out what was seen in other books than those the journal is for: another environment's."""
        try:
            pinned = pinned_books(self._bank)
        except JournalError:
            return ()
        return tuple(one for one in seen if pinned is None or one.books_id in ("", pinned))

    async def take(self, asked: Asked, order: TransferOrder, error: Exception) -> JournalEntry | None:
        """Take an order that met no database onto the journal; it is on the disk then.

        ``None`` where the ledger is off, the database was there, the disk fails, or it was never seen whose
        account it is.

        Raises
        ------
        Refusal
            With 409, where another order has the key.
        """
        absent = got_no_connection(error) or books.unreachable(error)
        if not (asked.serving.settings.manual_ledger and absent):
            return None
        seen = asked.serving.known.last_seen(order.from_account)
        known = self.of_these_books((seen,)) if seen is not None else ()
        if not any(one.account.owner == asked.owner() for one in known):
            return None
        try:
            entry = await asyncio.to_thread(self.journal.accept, order)
        except books.KeyReusedError:
            noted = f"transfer of {asked.user} refused: key reused for another order"
            says = "Another transfer was sent with this key. Please open the page anew."
            raise Refusal(409, says, noted) from None
        except JournalError as broken:
            _log.error("transfer of %s could not be taken on paper: %s", asked.user, broken)
            perhaps_on_paper(error)
            return None
        _log.warning("transfer of %s taken on paper: no connection to the database", asked.user)
        return entry

    async def keep(self, serving: Callable[[], Serving]) -> None:
        """Enter what waits as soon as the database is there, and write down what is known of balances.

        Other hosts' journals are entered as well: a host that is gone leaves nobody else to do it.
        """
        clerks: dict[str, Clerk] = {}
        broken = ""

        def session() -> AbstractAsyncContextManager[Connection]:
            return serving().connections.connection()  # of the release that is in force then

        while True:
            on = serving().settings.manual_ledger
            try:
                await asyncio.to_thread(self._find_journals, on)
                for host, journal in self._journals.items():
                    clerks.setdefault(host, Clerk(journal, session, _tell))
                broken = ""
            except JournalError as error:
                if str(error) != broken:  # once, not every second
                    _log.error("%s", error)
                broken = str(error)
            if on:
                await asyncio.to_thread(self._write_down, serving().known)
            for clerk in clerks.values():
                await clerk.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    def _find_journals(self, on: bool) -> None:
        """Open the journals of this bank that are not open yet."""
        for host in {*hosts_with_orders(self._bank), *([self._host_name] if on else [])}:
            if host not in self._journals:
                own = host == self._host_name
                self._journals[host] = self.journal if own else journal_of(self._bank, host)

    def open_for(self, account_id: int) -> tuple[JournalEntry, ...]:
        """List the orders from an account that are on paper and not in the books, of all hosts, in order."""
        found = (entry for journal in self._journals.values() for entry in journal.open_for(account_id))
        return tuple(sorted(found, key=lambda entry: entry.accepted_at))

    def _write_down(self, known: KnownAccounts) -> None:
        for seen in self.of_these_books(known.every()):
            self._last_known.note(seen.account, seen.at_utc)
        try:
            self._last_known.save()
        except OSError as error:
            _log.warning("balances could not be written down: %s", error)


def _tell(report: Report) -> None:
    """Log what was entered, and what needs a person."""
    first, *more = str(report).splitlines()
    _log.info("%s", first)
    for line in more:
        _log.warning("%s", line)


def paper_receipt(asked: Asked, entry: JournalEntry) -> Response:
    """Answer 202: it is on paper, not yet in the books, and counts once."""
    if asked.wants_page:
        return asked.serving.pages.render(asked, "paper.html", 202, entry=entry, order=entry.order)
    told = {"on_paper": True, "entry": entry.number, "accepted_at": entry.accepted_at, "state": entry.state}
    says = "Taken on paper. It is entered into the books as soon as they can be opened, and counts once."
    return JSONResponse(told | {"says": says}, 202)
