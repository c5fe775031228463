"""Balances as of the last moment a process knew them, for the time in which nobody can be asked."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from labkit.bank.books.reading import Account
from labkit.core.writing import write_private


@dataclass(frozen=True, slots=True)
class KnownBalance:
    """An account as it was at a moment; nobody says that it still is so."""

    account: Account
    known_at: dt.datetime


class LastKnown:
    """What one process has read of accounts, kept in a file over its end.

    Parameters
    ----------
    file : Path
        Read at once, if it is there; a file that can't be read is nothing known. ``save`` writes it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = dict(_read(file))
        self._changed = False

    def note(self, account: Account, moment: dt.datetime | None = None) -> None:
        """Remember an account as it was read just now, or at a moment."""
        known = KnownBalance(account, moment or dt.datetime.now(dt.UTC))
        self._changed |= self._known.get(account.account_id) != known
        self._known[account.account_id] = known

    def get(self, account_id: int) -> KnownBalance | None:
        """Give an account as it was last known; ``None`` where it never was."""
        return self._known.get(account_id)

    def every(self) -> tuple[KnownBalance, ...]:
        """Give all accounts that were ever read, in the order of their numbers."""
        return tuple(sorted(self._known.values(), key=lambda known: known.account.account_id))

    def save(self) -> None:
        """Write the file, if something was noted since; ``OSError`` where the disk does not take it."""
        if not self._changed:
            return
        self._changed = False
        write_private(self._file, json.dumps([_record(known) for known in [*self._known.values()]]))


def _record(known: KnownBalance) -> dict[str, Any]:
    account = known.account
    return {
        "account_id": account.account_id,
        "owner": account.owner,
        "currency": account.currency,
        "balance": f"{account.balance:.2f}",
        "known_at": known.known_at.astimezone(dt.UTC).isoformat(),
    }


def _read(file: Path) -> list[tuple[int, KnownBalance]]:
    try:
        records = json.loads(file.read_bytes())
        return [(record["account_id"], _known(record)) for record in records]
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError):
        return []


def _known(record: dict[str, Any]) -> KnownBalance:
    balance = Decimal(record["balance"])
    account = Account(record["account_id"], record["owner"], record["currency"], balance)
    return KnownBalance(account, dt.datetime.fromisoformat(record["known_at"]))
