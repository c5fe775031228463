"""What a page says of a transfer that was just made, as the books have it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from labkit.bank.web.asked import Asked
    from labkit.bank.web.connections import Connection

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MADE = (
    "SELECT given.account_id AS to_account, given.amount "
    "FROM entries AS taken JOIN entries AS given USING (transfer_id) "
    "WHERE transfer_id = %(transfer_id)s AND taken.account_id = %(account_id)s "
    "AND taken.amount < 0 AND given.amount > 0"
)


@dataclass(frozen=True, slots=True)
class Made:
    """A transfer that stands in the books: whom it was given to, and how much."""

    to_account: int
    amount: Decimal


async def read_made(asked: Asked, connection: Connection, account_id: int) -> Made | None:
    """Read the transfer that the address names as just made; ``None`` where it is none from this account."""
    named = asked.request.query_params.get("posted", "")
    if not (asked.wants_page and _ID.fullmatch(named)):
        return None
    values = {"transfer_id": named, "account_id": account_id}
    found = await (await connection.execute(_MADE, values)).fetchone()
    return Made(*found) if found else None
