"""Pen and paper: clerks who serve the visits that the bank cannot, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labkit.replay.recording import MINUTE

if TYPE_CHECKING:
    from labkit.simulation.streams import Ints

#: Two clerks, half a minute for each visit.
VISITS_A_MINUTE = 4


def by_hand(first_failure: Ints, opens: int, closes: int) -> int:
    """Count the visits whose turn comes while the ledger is open; times in microseconds.

    Parameters
    ----------
    first_failure : array of int
        When each visit first failed.
    opens, closes : int
        From detection until the bank is back.

    Examples
    --------
    >>> by_hand(np.array([0, 1, 2, 3, 4]), 0, MINUTE)
    4
    """
    if len(first_failure) == 0 or opens >= closes:
        return 0
    each = MINUTE // VISITS_A_MINUTE
    comes = np.maximum(np.sort(first_failure), opens)
    turn = np.arange(len(comes))
    begins = np.maximum.accumulate(comes - each * turn) + each * turn
    return int(np.count_nonzero(begins < closes))
