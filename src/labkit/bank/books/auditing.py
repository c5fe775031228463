"""An audit of the books: whether everything that must hold does hold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from labkit.bank.books.connecting import connected
from labkit.bank.books.statements import statement

if TYPE_CHECKING:
    from labkit.core.dsn import Dsn


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found; all but the first two are nothing in good books.

    Attributes
    ----------
    accounts, transfers : int
        How many there are.
    wrong_balances : int
        Accounts whose balance is not the sum of their entries.
    overdrawn : int
        Customers' accounts below nothing.
    unbalanced : int
        Transfers whose entries do not take and give their amount.
    total : Decimal
        All balances together, in EUR.
    """

    accounts: int
    transfers: int
    wrong_balances: int
    overdrawn: int
    unbalanced: int
    total: Decimal

    @property
    def good(self) -> bool:
        """Whether the books keep their own rules."""
        return not (self.wrong_balances or self.overdrawn or self.unbalanced or self.total)


def audit(dsn: Dsn | str) -> Audit:
    """Look at all accounts, transfers and entries at one moment.

    Raises
    ------
    LabError
        Where no session can be had.
    """
    with connected(dsn) as connection:
        found = connection.execute(statement("audit")).fetchone()
    assert found is not None, "the query has exactly one row"
    return Audit(*found)
