"""An answer that is a proper one, though not what was hoped for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


class Refusal(Exception):  # noqa: N818  it is no error of the program
    """End a request with a status below 500, and leave a line in the log.

    Parameters
    ----------
    status : int
        HTTP status of the answer.
    says : str
        What a person reads.
    noted : str
        What the log reads; empty for no line.
    severity : int
        Severity of that line, as ``logging`` numbers them.
    balance : Decimal, optional
        What the account of the order had, where the order was refused for that.
    """

    def __init__(
        self, status: int, says: str, noted: str = "", severity: int = 30, *, balance: Decimal | None = None
    ) -> None:
        super().__init__(says)
        self.status, self.says, self.noted, self.severity = status, says, noted, severity
        self.balance = balance
