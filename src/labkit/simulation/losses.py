"""Packets that get lost on the way between one host and the database, and are sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labkit.simulation.clock import to_us

if TYPE_CHECKING:
    from labkit.simulation.streams import Floats, Ints
    from labkit.simulation.world import World

_FIRST_US = 200_000  # Linux's least time before a segment is sent again (TCP_RTO_MIN); it doubles each time
_MOST = 6
_STRETCH = 7_919.0


def lost_share(world: World, when: Ints, host: Ints | int) -> Floats:
    """Return the share of packets that is lost at each time between a host and the database."""
    share = np.zeros(len(when))
    names = [known.name for known in world.scenario.topology.hosts]
    for loss in world.scenario.traffic.losses:
        inside = (when >= to_us(loss.start)) & (when < to_us(loss.end))
        share[inside & (np.asarray(host) == names.index(loss.host))] = loss.share
    return share


def send_again(world: World, when: Ints, host: Ints, kind: Ints, *, query: Ints, u: Floats) -> Ints:
    """Lengthen queries by the time until their packets get through; those that fail by themselves stay."""
    if not world.scenario.traffic.losses:
        return query
    share = np.where(world.succeeds[kind], lost_share(world, when, host), 0.0)[:, None]
    fresh = np.modf(u * _STRETCH)[0]  # other digits of the same draws: no stream moves on
    with np.errstate(divide="ignore"):
        times = np.where(share > 0, np.log(np.maximum(fresh, 1e-12)) / np.log(np.maximum(share, 1e-12)), 0)
    again = np.minimum(times.astype(np.int64), _MOST)
    return np.where(query > 0, query + _FIRST_US * (2**again - 1), 0)
