"""Logging in: a customer's name and password against the books, and a session for them."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.bank.books.errors import LoginRefusedError
from labkit.bank.books.passwords import hash_password, matches
from labkit.core.secret import Secret

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_CUSTOMER = "SELECT customer_id, password_hash FROM customers WHERE login = %(login)s"
_SESSION = "INSERT INTO sessions (session_id, customer_id) VALUES (%(session_id)s, %(customer_id)s)"
#: Longer ones are refused unseen: hashing them would be work for nothing.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Session:
    """Who has logged in; whoever knows the session's id is this customer."""

    session_id: str = field(repr=False)
    customer_id: int
    login: str


async def log_in(connection: AsyncConnection[Any], login: str, password: str | Secret) -> Session:
    """Open a session for a customer.

    Hashing runs in a thread: others are answered meanwhile. A login that does not exist takes as long as a
    password that does not match.

    Raises
    ------
    LoginRefusedError
        Where login and password do not match.
    """
    given = password.reveal() if isinstance(password, Secret) else password
    if not (0 < len(given) <= _LONGEST and given.isprintable() and login.isprintable()):
        raise LoginRefusedError
    found = await (await connection.execute(_CUSTOMER, {"login": login[:_LONGEST]})).fetchone()
    if found is None:
        await asyncio.to_thread(hash_password, given, b"nobody's own salt")
        raise LoginRefusedError
    if not await asyncio.to_thread(matches, given, found[1]):
        raise LoginRefusedError
    session = Session(secrets.token_hex(16), found[0], login)
    values = {"session_id": session.session_id, "customer_id": session.customer_id}
    await connection.execute(_SESSION, values)
    return session
