"""An order that was sent and met a failure: whether it may have been made all the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from labkit.bank import books
from labkit.bank.web.connections import got_no_connection

if TYPE_CHECKING:
    from labkit.bank.books import TransferOrder

#: The field of a form that sends an order again of which nobody knows whether it was made.
UNSURE = "unsure"
_MARK = "_perhaps_on_paper"


@dataclass(frozen=True, slots=True)
class Sent:
    """An order as it was sent; ``unsure`` where it was sent before, and may have been made then."""

    order: TransferOrder
    unsure: bool = False

    def unsure_after(self, error: BaseException) -> bool:
        """Tell whether nobody knows, after an error, that the order was made or not."""
        return self.unsure or may_be_made(error)


def perhaps_on_paper(error: BaseException) -> None:
    """Note on the error that an order met that the journal failed on it, and may hold it all the same."""
    setattr(error, _MARK, True)


def may_be_made(error: BaseException) -> bool:
    """Tell whether an order may have been made although its posting ended in this error.

    It was not where there was no connection, nor after what the database refused: docs/ledger.md.

    Examples
    --------
    >>> may_be_made(psycopg.OperationalError("lost")), may_be_made(psycopg.errors.UndefinedTable("none"))
    (True, False)
    """
    if getattr(error, _MARK, False):
        return True
    if got_no_connection(error):
        return False
    return not isinstance(error, psycopg.Error) or books.unreachable(error)
