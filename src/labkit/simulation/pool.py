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
    """Go through the line one by one; only those that wait or leave are written down, for most do neither."""
    late: list[int] = []
    delays: list[int] = []
    left: list[int] = []
    free: list[int] = []
    triples = zip(arrive.tolist(), hold.tolist(), servers.tolist(), strict=True)
    for k, (now, need, size) in enumerate(triples):
        if size != len(free):
            _resize(free, size, now)
        begin = free[0] if free else now + timeout + 1
        if begin <= now:
            heapq.heapreplace(free, now + need)
        elif begin - now > timeout:
            left.append(k)
        else:
            late.append(k)
            delays.append(begin - now)
            heapq.heapreplace(free, begin + need)
    wait, gone = np.zeros(len(arrive), dtype=np.int64), np.zeros(len(arrive), dtype=np.bool_)
    wait[late] = delays
    wait[left], gone[left] = timeout, True
    return wait, gone


def _resize(free: list[int], size: int, now: int) -> None:
    """Add connections that are free now, or take away the ones that are free first."""
    while len(free) < size:
        heapq.heappush(free, now)
    while len(free) > size:
        heapq.heappop(free)
