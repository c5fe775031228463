"""A connection by its string alone: no variable and no password file adds to it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from labkit.core.dsn import Dsn
from labkit.core.dsn_surroundings import variables
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from psycopg import AsyncConnection, Connection

_TIMEOUT_S = 10


@contextmanager
def connected(dsn: Dsn | str) -> Iterator[Connection[Any]]:
    """Open a session, and close it at the end of the block; a transaction is committed by whoever began it.

    Raises
    ------
    LabError
        Where the string cannot be read, or no session can be had; the driver's own error is chained.
    """
    import psycopg

    try:
        with _alone():
            connection = psycopg.connect(sealed(dsn).reveal(), autocommit=True)
    except psycopg.OperationalError as error:
        raise _no_session(error) from error
    with connection:
        yield connection


@asynccontextmanager
async def connected_async(dsn: Dsn | str) -> AsyncIterator[AsyncConnection[Any]]:
    """Open a session for asynchronous work, as ``connected`` does.

    Raises
    ------
    LabError
        Where the string cannot be read, or no session can be had.
    """
    import psycopg

    try:
        with _alone():
            connection = await psycopg.AsyncConnection.connect(sealed(dsn).reveal(), autocommit=True)
    except psycopg.OperationalError as error:
        raise _no_session(error) from error
    async with connection:
        yield connection


def _no_session(error: Exception) -> LabError:
    said = " ".join(str(error).split())
    return LabError(f"no connection to the bank's database: {said}", next_step="See `labkit doctor`.")


def sealed(dsn: Dsn | str) -> Dsn:
    """Give the string with what keeps password files out, and a limit to the wait.

    Examples
    --------
    >>> sealed("host=127.0.0.1 connect_timeout=2").get("connect_timeout")
    '2'
    """
    dsn = dsn if isinstance(dsn, Dsn) else Dsn.parse(dsn)
    if dsn.get("passfile") is None:
        dsn = dsn.replace(passfile=os.devnull)
    return dsn if dsn.get("connect_timeout") else dsn.replace(connect_timeout=_TIMEOUT_S)


@contextmanager
def _alone() -> Iterator[None]:
    """Take libpq's variables out of the environment meanwhile."""
    kept = {name: os.environ.pop(name) for name in variables() if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
