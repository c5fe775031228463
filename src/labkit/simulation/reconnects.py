"""How a pool that cannot connect tries again: psycopg_pool's backoff, attempt by attempt.

Each missing connection is tried at once, again after about one second, then with twice the delay, until
``reconnect_timeout`` has passed. Then the pool gives that connection up, and the next waiting request makes
it try a single new one (psycopg_pool 3.3, ``AttemptWithBackoff`` and ``_maybe_grow_pool``).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.simulation.clock import SECOND, to_us
from labkit.simulation.streams import Stream

if TYPE_CHECKING:
    from labkit.simulation.world import World

_JITTER = 0.1
_CONNECT_US = 900


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of one host's pool to connect, and the warnings it ends in."""

    at: int
    host: int
    release: int
    texts: tuple[str, ...]


def attempts(world: World) -> tuple[Attempt, ...]:
    """List all failing attempts of all pools, sorted by time and host."""
    found: list[Attempt] = []
    if world.lived_through:
        found += world.lived_through.attempts
    lived = {attempt.release for attempt in found}
    for release, result in enumerate(world.connects):
        if not result.ok and release not in lived:
            for host in range(len(world.scenario.topology.hosts)):
                found += _of_host(world, release, host)
    return tuple(sorted(found, key=lambda attempt: (attempt.at, attempt.host)))


def _of_host(world: World, release: int, host: int) -> list[Attempt]:
    """Let one pool try from its release's start to the next one's, afresh whenever its size is changed."""
    begin, end = span_of(world, release)
    changes = [begin, *(at for at, _ in sizes(world) if begin < at < end), end]
    stream = Stream(world.seed, f"reconnects/{release}", host)
    found: list[Attempt] = []
    for low, high in itertools.pairwise(changes):
        size = next(count for at, count in reversed(sizes(world)) if at <= low)
        chains = [_chain(world, stream, low + 40_000 + 150 * k, release, host) for k in range(size)]
        free = min(chain[-1].at for chain in chains)
        while free < high:
            chain = _chain(world, stream, free + int(float(stream.uniform(1)[0]) * 5 * SECOND), release, host)
            chains.append(chain)
            free = chain[-1].at
        found += [attempt for chain in chains for attempt in chain if attempt.at < high]
    return found


def _chain(world: World, stream: Stream, begin: int, release: int, host: int) -> list[Attempt]:
    pool, result = world.scenario.topology.pool, world.connect(release, host)
    takes = _CONNECT_US + int(result.takes_s * SECOND)
    failed = f"error connecting in '{pool.name}': {result.client_message}"
    over = f"reconnection attempt in pool '{pool.name}' failed after {pool.reconnect_timeout_s} sec"
    at, give_up = begin, begin + int(pool.reconnect_timeout_s * SECOND)
    delay = int((1 + _JITTER * (2 * float(stream.uniform(1)[0]) - 1)) * SECOND)
    chain = [Attempt(at + takes, host, release, (failed,))]
    at += takes - _CONNECT_US
    while at < give_up:
        at = min(at + delay, give_up)
        delay *= 2
        chain.append(Attempt(at + takes, host, release, (failed, over) if at >= give_up else (failed,)))
        at += takes - _CONNECT_US
    return chain


def span_of(world: World, release: int) -> tuple[int, int]:
    """Return from when until when a release is in force."""
    starts = [to_us(item.start) for item in world.scenario.releases] + [world.grid.end_us]
    return starts[release], starts[release + 1]


def sizes(world: World) -> list[tuple[int, int]]:
    """List when the pools' size changes, and to what."""
    found: list[tuple[int, int]] = []
    for capacity in world.scenario.capacities:
        if not found or found[-1][1] != capacity.connections:
            found.append((to_us(capacity.start), capacity.connections))
    return found
