"""An order as a person or a program sent it, read; and in their words what is wrong with one that is none."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from labkit.bank import books
from labkit.bank.books import TransferOrder
from labkit.bank.books.orders import JOINERS, LARGEST, LONGEST_MEMO
from labkit.bank.web.pages import money
from labkit.bank.web.refusals import Refusal

if TYPE_CHECKING:
    from labkit.bank.web.asked import Asked

_SHOWN = 40
_UNNAMED = {"\t": "a tab", "\n": "a line break", "\r": "a line break"}
_ACCOUNTS = {"from_account": "from", "to_account": "to"}


def read_order(asked: Asked, fields: dict[str, Any]) -> TransferOrder:
    """Read the order; numbers of accounts come as text from a form.

    Raises
    ------
    Refusal
        With 422, naming what is wrong.
    """
    given = {key: fields.get(key, "") for key in ("idempotency_key", "amount", "memo")}
    given |= {key: read_number(fields.get(key)) for key in _ACCOUNTS}
    if isinstance(given["amount"], int):
        given["amount"] = str(given["amount"])
    try:
        return TransferOrder.read(given)
    except books.BadOrderError as error:
        noted, says = _refused(error, given)
        raise Refusal(422, says, f"transfer of {asked.user} refused: {noted}") from None


def read_number(value: object) -> object:
    """Read a whole number that came as text; anything else is refused with the order."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else value


def _refused(error: books.BadOrderError, given: dict[str, Any]) -> tuple[str, str]:
    """Say for the log and for who ordered what is wrong."""
    if isinstance(error, books.BadAmountError):
        return "amount is not a number", bad_amount(given["amount"])
    if isinstance(error, books.OwnAccountError):
        return "both accounts are the same", "Choose another account than the one you transfer from."
    says = {"no account number": _bad_number(given), "no memo": bad_memo(given["memo"])}
    return error.problem, says.get(error.problem, f"This order cannot be read: {error.problem}.")


def bad_amount(value: object) -> str:
    """Say what is wrong with an amount.

    Examples
    --------
    >>> bad_amount("1,5")
    'The amount \u201c1,5\u201d has a comma: write it with a point, such as 12.50.'
    >>> bad_amount("1.005")
    'The amount \u201c1.005\u201d is too exact: it has at most two decimals, such as 12.50.'
    """
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(r"[0-9.,]*,[0-9.,]*", text):
        return f"The amount {_quoted(text)} has a comma: write it with a point, such as 12.50."
    if re.fullmatch(r"[0-9]{11,}(\.[0-9]*)?", text):
        return f"The amount {_quoted(text)} is too large: the most is {money(LARGEST)}."
    if re.fullmatch(r"[0-9]+\.[0-9]{3,}", text):
        return f"The amount {_quoted(text)} is too exact: it has at most two decimals, such as 12.50."
    found = f", not {_quoted(text)}" if text else ""
    return f"The amount must be a number such as 12.50, above 0{found}."


def _bad_number(given: dict[str, Any]) -> str:
    """Name the first account that has no number, and what a number is."""
    wrong = next((key for key in _ACCOUNTS if not _is_number(given[key])), "to_account")
    if given[wrong] in ("", None):
        return f"Please fill in the account to transfer {_ACCOUNTS[wrong]}."
    found = _quoted(str(given[wrong]))
    return f"{found} is no number of an account: that is digits only, without blanks, such as 107919."


def _is_number(value: object) -> bool:
    return type(value) is int and 0 < value < 2**31


def bad_memo(memo: object) -> str:
    r"""Say what is wrong with a memo; a character that cannot be written is named.

    Examples
    --------
    >>> bad_memo("a\tb")
    'The memo has a character that cannot be written: a tab (U+0009). Please leave it out.'
    """
    if not isinstance(memo, str):
        return "The memo must be a text."
    if len(memo) > LONGEST_MEMO:
        return f"The memo has {len(memo)} characters: {LONGEST_MEMO} are the most."
    found = next((one for one in memo if not one.isprintable() and one not in JOINERS), None)
    if found is None:
        return "This memo cannot be written. Please write another one."
    return f"The memo has a character that cannot be written: {_name(found)}. Please leave it out."


def _name(character: str) -> str:
    code = f"U+{ord(character):04X}"
    name = _UNNAMED.get(character) or unicodedata.name(character, "").lower()
    return f"{name} ({code})" if name else code


def _quoted(text: str) -> str:
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\N{HORIZONTAL ELLIPSIS}"
    return f"\N{LEFT DOUBLE QUOTATION MARK}{shown}\N{RIGHT DOUBLE QUOTATION MARK}"
