"""An order to transfer money, as a customer gives it, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from labkit.bank.books.errors import BadAmountError, BadOrderError, OwnAccountError

LARGEST = Decimal("9999999999.99")
_AMOUNT = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,2})?")
_KEY = re.compile(r"[!-~]{1,64}")
LONGEST_MEMO = 140
#: Printable text has them between letters: Persian words, emoji of several people.
JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """One order: it is posted once, however often it is sent with its key.

    Attributes
    ----------
    idempotency_key : str
        Chosen by whoever orders, a different one for each order: 1 to 64 visible ASCII characters.
    from_account, to_account : int
        Two different accounts.
    amount : Decimal
        In EUR, above nothing, at most two decimals.
    memo : str
        Up to 140 printable characters; those that join letters or keep them apart (ZWJ, ZWNJ) are among them.

    Raises
    ------
    BadOrderError
        For a field that is not so; ``OwnAccountError`` and ``BadAmountError`` are kinds of it.

    Examples
    --------
    >>> TransferOrder("k-1", 107919, 115838, Decimal("12.5")).amount
    Decimal('12.50')
    >>> TransferOrder("k-1", 107919, 107919, Decimal("12.5"))
    Traceback (most recent call last):
    labkit.bank.books.errors.OwnAccountError: an order is between two accounts, ...: 107919. ...
    """

    idempotency_key: str
    from_account: int
    to_account: int
    amount: Decimal
    memo: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.idempotency_key, str) or not _KEY.fullmatch(self.idempotency_key):
            allowed = ("1 to 64 visible ASCII characters",)
            raise BadOrderError("no idempotency key", found=self.idempotency_key, allowed=allowed)
        for account in (self.from_account, self.to_account):
            if type(account) is not int or not 0 < account < 2**31:
                raise BadOrderError("no account number", found=account, allowed=("1 to 2147483647",))
        if self.from_account == self.to_account:
            raise OwnAccountError(self.from_account)
        object.__setattr__(self, "amount", _amount(self.amount))
        _check_memo(self.memo)

    def to_json(self) -> dict[str, Any]:
        """Give what ``read`` reads: amounts are texts, so that no cent is lost."""
        return {
            "idempotency_key": self.idempotency_key,
            "from_account": self.from_account,
            "to_account": self.to_account,
            "amount": f"{self.amount:.2f}",
            "memo": self.memo,
        }

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> TransferOrder:
        """Read an order from JSON's values; the amount is a text.

        Examples
        --------
        >>> TransferOrder.read(TransferOrder("k-1", 1, 2, Decimal("0.10"), "tea").to_json()).memo
        'tea'
        """
        allowed = ("idempotency_key", "from_account", "to_account", "amount", "memo")
        if not isinstance(fields, Mapping) or not set(fields) <= set(allowed):
            raise BadOrderError("these are no fields of an order", found=fields, allowed=allowed)
        given = {name: fields.get(name, "") for name in allowed}
        return cls(**given | {"amount": read_amount(given["amount"])})


def read_amount(text: object) -> Decimal:
    """Read an amount as a person types it: digits, and at most two more after a point.

    Raises
    ------
    BadAmountError
        For anything else; a comma, a sign or an exponent is not guessed at.

    Examples
    --------
    >>> read_amount(" 12.5 ")
    Decimal('12.50')
    >>> read_amount("1e3")
    Traceback (most recent call last):
    labkit.bank.books.errors.BadAmountError: amount is not a number that can be transferred: '1e3'. ...
    """
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text.strip()):
        raise BadAmountError(text if not isinstance(text, str) else text[:40])
    return _amount(Decimal(text.strip()))


def _amount(value: object) -> Decimal:
    """Give an amount with two decimals."""
    if type(value) is int:
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 < value <= LARGEST:
        raise BadAmountError(value)
    cents = value.quantize(Decimal("0.01"))
    if cents != value:
        raise BadAmountError(value)
    return cents


def _check_memo(memo: object) -> None:
    if not isinstance(memo, str) or len(memo) > LONGEST_MEMO or not _is_printable(memo):
        found = memo[:40] if isinstance(memo, str) else memo
        raise BadOrderError("no memo", found=found, allowed=(f"up to {LONGEST_MEMO} printable characters",))


def _is_printable(memo: str) -> bool:
    return all(character.isprintable() or character in JOINERS for character in memo)


@dataclass(frozen=True, slots=True)
class PostedTransfer:
    """A transfer that stands in the books; ``repeated`` where it stood there before this order came."""

    transfer_id: str
    repeated: bool = False
