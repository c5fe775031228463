"""The waiting line in front of the database: first come, first served, none longer than the timeout."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from labkit.simulation.streams import Ints
    from labkit.simulation.world import Flags


def waits(arrive: Ints, hold: Ints, servers: Ints, timeout: int) -> tuple[Ints, Flags]:
    """Let requests queue for connections.

    Parameters
    ----------
    arrive, hold : array of int
        When each asks for a connection, ascending, and how long it keeps one; microseconds.
    servers : array of int
        Connections there are when it arrives.
    timeout : int
        Longest wait; who would wait longer leaves without a connection.

    Returns
    -------
    tuple of (array of int, array of bool)
        The wait of each, and whether it left without a connection.

    Examples
    --------
    >>> waits(np.array([0, 1, 2]), np.array([10, 10, 10]), np.array([1, 1, 1]), 12)[0].tolist()
    [0, 9, 12]
    """
    if len(arrive) == 0 or not _crowded(arrive, hold, servers):
        return np.zeros(len(arrive), dtype=np.int64), np.zeros(len(arrive), dtype=np.bool_)
    return _queue(arrive, hold, servers, timeout)


def _crowded(arrive: Ints, hold: Ints, servers: Ints) -> bool:
    """Tell whether anyone meets all connections taken, were there no line."""
    left = np.searchsorted(np.sort(arrive + hold), arrive, side="right")
    return bool(np.any(np.arange(len(arrive)) - left >= servers))


def _queue(arrive: Ints, hold: Ints, servers: Ints, timeout: int) -> tuple[Ints, Flags]:
    wait = np.zeros(len(arrive), dtype=np.int64)
    gone = np.zeros(len(arrive), dtype=np.bool_)
    free: list[int] = []
    triples = zip(arrive.tolist(), hold.tolist(), servers.tolist(), strict=True)
    for k, (now, need, size) in enumerate(triples):
        while len(free) < size:
            heapq.heappush(free, now)
        while len(free) > size:
            heapq.heappop(free)
        begin = max(now, free[0]) if free else now + timeout + 1
        if begin - now > timeout:
            wait[k], gone[k] = timeout, True
            continue
        wait[k] = begin - now
        heapq.heapreplace(free, begin + need)
    return wait, gone
