"""What the books refuse, each reason with a class of its own, and which errors mean that nobody was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.core.errors import LabError

if TYPE_CHECKING:
    from decimal import Decimal

#: Classes of SQLSTATEs after which the server, not the statement, was at fault: connection exceptions,
#: insufficient resources, and a server that starts, stops or has crashed.
#: Source: https://www.postgresql.org/docs/18/errcodes-appendix.html
_ABSENT = ("08", "53", "57P")


class BooksError(LabError):
    """The books refuse an order or a question; ``reason`` is a short name for it."""

    reason = "refused"


class LoginRefusedError(BooksError):
    """There is no such login, or the password does not match; which of the two is not told."""

    reason = "login refused"

    def __init__(self) -> None:
        super().__init__("login and password do not match", next_step="Try again.")


class UnknownAccountError(BooksError):
    """No customer has this account."""

    reason = "unknown account"

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        super().__init__("there is no such account", found=account_id, next_step="Check its number.")


class OverdrawnError(BooksError):
    """The account has less than the order takes."""

    reason = "overdrawn"

    def __init__(self, account_id: int, balance: Decimal, amount: Decimal) -> None:
        self.account_id, self.balance, self.amount = account_id, balance, amount
        super().__init__(
            f"account {account_id} has {balance:.2f}, less than the {amount:.2f} of the order",
            next_step="Order less, or pay in first.",
        )


class KeyReusedError(BooksError):
    """Another order was accepted under the same idempotency key."""

    reason = "key reused for another order"

    def __init__(self, idempotency_key: str) -> None:
        self.idempotency_key = idempotency_key
        super().__init__(
            "this idempotency key belongs to another order",
            found=idempotency_key,
            next_step="Give each order a key of its own.",
        )


class BadOrderError(BooksError):
    """A field of an order is not what it must be."""

    reason = "bad order"


class OwnAccountError(BadOrderError):
    """The order takes from the account that it gives to."""

    reason = "own account"

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        super().__init__(
            "an order is between two accounts, and both are this one",
            found=account_id,
            next_step="Name the other account.",
        )


class BadAmountError(BadOrderError):
    """The amount is no amount of money that can be transferred."""

    reason = "bad amount"

    def __init__(self, found: object) -> None:
        super().__init__(
            "amount is not a number that can be transferred",
            found=found,
            allowed=("0.01 to 9999999999.99, with at most two decimals",),
        )


def unreachable(error: BaseException) -> bool:
    """Say whether an error means that the database can't be reached, or was lost before it answered.

    After such an error nobody knows whether what was sent had been done: the same order with the same key may
    be sent again, or go onto the journal. Any other error of the database means that it was not done.

    Examples
    --------
    >>> import psycopg
    >>> unreachable(psycopg.OperationalError("connection refused"))
    True
    >>> unreachable(psycopg.errors.AdminShutdown()), unreachable(psycopg.errors.QueryCanceled())
    (True, False)
    """
    import psycopg

    if isinstance(error, psycopg.InterfaceError):  # the connection was closed under the statement
        return True
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(_ABSENT)
