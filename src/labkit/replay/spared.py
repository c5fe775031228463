"""What a request would have met with a connection: the answer of a healthy one of its route.

Which healthy one is decided by the request's own number, so the same request always meets the same fate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from labkit.simulation.streams import Floats, Ints
    from labkit.simulation.world import Flags


@dataclass(frozen=True, slots=True)
class Spared:
    """Columns of a recording: what each request takes and gets when it has a connection."""

    known: Flags
    before: Ints
    hold: Ints
    after: Ints
    longest: Ints
    status: Ints

    def columns(self) -> dict[str, Any]:
        """Name the columns as a recording does."""
        return {
            "spared": self.known,
            "before": self.before,
            "hold": self.hold,
            "after": self.after,
            "longest": self.longest,
            "spared_status": self.status,
        }


def spare(own: Spared, *, missed: Flags, healthy: Flags, route: Ints, draw: Floats) -> Spared:
    """Give each request that missed its connection the times and the status of a healthy one of its route.

    Parameters
    ----------
    own : Spared
        What each request took and got by itself.
    missed, healthy : array of bool
        Who is given something, and whose answers are given.
    route : array of int
        Requests of one number are of one kind.
    draw : array of float
        A number between 0 and 1 each.
    """
    known = own.known.copy()
    columns = [own.before.copy(), own.hold.copy(), own.after.copy(), own.longest.copy(), own.status.copy()]
    for number in np.unique(route[missed]):
        mine = np.flatnonzero(missed & (route == number))
        pool = np.flatnonzero(healthy & (route == number))
        known[mine] = len(pool) > 0
        if len(pool) == 0:
            continue
        length = own.before[pool] + own.hold[pool] + own.after[pool]
        pool = pool[np.lexsort((own.status[pool], length))]
        donor = pool[(draw[mine] * len(pool)).astype(np.int64)]
        for column in columns:
            column[mine] = column[donor]
    return Spared(known, *columns)
