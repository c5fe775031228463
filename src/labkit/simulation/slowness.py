"""Queries that take longer than usual, and statements that the server cancels for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labkit.simulation.clock import to_us

if TYPE_CHECKING:
    from labkit.simulation.streams import Ints
    from labkit.simulation.world import World

LONGEST_QUERY_US = 4_990_000  # the server cancels statements at five seconds
_CANCELS_US = 5_000_000
_NOTICES_US = 1_700  # from the timer to the error


def slow_down(world: World, when: Ints, kind: Ints, query: Ints) -> Ints:
    """Stretch the queries of routes that a slowdown names, by its factor at each time."""
    if not world.scenario.traffic.slowdowns:
        return query
    query = query.copy()
    for slowdown in world.scenario.traffic.slowdowns:
        times = [to_us(at) for at, _ in slowdown.factors]
        factor = np.interp(when, times, [value for _, value in slowdown.factors])
        mine = world.routes[kind] == world.scenario.traffic.route(slowdown.route)
        query[mine] = (query[mine] * factor[mine, None]).astype(np.int64)
    return query


def cancel(world: World, when: Ints, kind: Ints, query: Ints) -> tuple[Ints, Ints]:
    """Cancel the first query of each request that takes longer than its release allows.

    Without a limit in the connection string the server's own of five seconds is met by slowdowns only:
    ordinary queries are drawn below it.
    """
    if not world.limits_us.any() and not world.scenario.traffic.slowdowns:
        return kind, query
    kind, query = kind.copy(), query.copy()
    release = np.maximum(world.release_at(when), 0)
    limit = np.where(world.limits_us[release] > 0, world.limits_us[release], _CANCELS_US)
    for row in np.flatnonzero((query > limit[:, None]).any(axis=1)).tolist():
        first = int(np.argmax(query[row] > limit[row]))
        known = world.kinds.cancelled(int(world.routes[kind[row]]), int(release[row]))
        if first in known:
            kind[row] = known[first]
            query[row, first], query[row, first + 1 :] = limit[row] + _NOTICES_US, 0
        else:
            query[row, first] = limit[row] - _NOTICES_US
    return kind, query
