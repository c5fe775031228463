"""Posting a transfer: both accounts locked, one transfer, two entries, all or nothing, once for each key."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from labkit.bank.books.errors import KeyReusedError, OverdrawnError, UnknownAccountError
from labkit.bank.books.orders import PostedTransfer, TransferOrder
from labkit.bank.books.statements import statement
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from decimal import Decimal

    from psycopg import AsyncConnection

#: The bank's own account: what customers bring comes from here, and no order names it.
EQUITY_ACCOUNT = 1

_LOCK = "SELECT balance FROM accounts WHERE account_id = %(account_id)s FOR UPDATE"
_INSERT = (
    "INSERT INTO transfers (transfer_id, idempotency_key, amount) "
    "VALUES (%(transfer_id)s, %(idempotency_key)s, %(amount)s)"
)


async def transfer(connection: AsyncConnection[Any], order: TransferOrder) -> PostedTransfer:
    """Post an order and commit it; an order that stands in the books already is only found again.

    After a ``psycopg.Error`` of which ``unreachable`` is true nobody knows whether it was posted: send it
    again with the same key.

    Parameters
    ----------
    connection : psycopg.AsyncConnection
        Open, with no transaction begun: what is returned is committed.

    Raises
    ------
    UnknownAccountError
        Where one of the accounts is no customer's.
    OverdrawnError
        Where the account has less than the order takes.
    KeyReusedError
        Where another order stands under the key.
    LabError
        Where a transaction was begun before.
    psycopg.Error
        What the database says beyond that.
    """
    from psycopg.errors import UniqueViolation
    from psycopg.pq import TransactionStatus

    # Of a connection that was lost the status is not known: what the driver says of it then is to be heard.
    if connection.info.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
        raise LabError("a transfer is a transaction of its own", next_step="End the one before.")
    try:
        return await _post(connection, order)
    except UniqueViolation as violation:
        if violation.diag.constraint_name != "transfers_idempotency_key_key":
            raise
        return await _found_again(connection, order)


async def _post(connection: AsyncConnection[Any], order: TransferOrder) -> PostedTransfer:
    """Lock in the order of account numbers, so that two transfers never wait for each other.

    The key is written before the balance is looked at: an order that stands in the books is not overdrawn.
    """
    transfer_id = str(uuid.uuid4())
    values = order.to_json() | {"transfer_id": transfer_id, "amount": order.amount}
    async with connection.transaction():
        balances = {
            account: await _lock(connection, account)
            for account in sorted((order.from_account, order.to_account))
        }
        await connection.execute(_INSERT, values)
        balance = balances[order.from_account]
        if balance < order.amount:
            raise OverdrawnError(order.from_account, balance, order.amount)
        await connection.execute(statement("post_entries"), values)
    return PostedTransfer(transfer_id)


async def _lock(connection: AsyncConnection[Any], account_id: int) -> Decimal:
    found = await (await connection.execute(_LOCK, {"account_id": account_id})).fetchone()
    if found is None or account_id == EQUITY_ACCOUNT:
        raise UnknownAccountError(account_id)
    balance: Decimal = found[0]
    return balance


async def _found_again(connection: AsyncConnection[Any], order: TransferOrder) -> PostedTransfer:
    async with connection.transaction():
        key = {"idempotency_key": order.idempotency_key}
        found = await (await connection.execute(statement("posted_order"), key)).fetchone()
    if found is None:
        raise LabError(
            "an order stood under this key and is not to be found",
            found=order.idempotency_key,
            next_step="Books are only added to: find out who changed them.",
        )
    transfer_id, from_account, to_account, amount, memo = found
    if TransferOrder(order.idempotency_key, from_account, to_account, amount, memo) != order:
        raise KeyReusedError(order.idempotency_key)
    return PostedTransfer(transfer_id, repeated=True)
