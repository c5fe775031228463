"""Pools that live on while something around them changes: connections end one by one, or all at once.

A connection is replaced when it has aged; once the server turns new ones away, each that ends is missed, and
the pool tries again with growing delays (psycopg_pool 3.3, ``AttemptWithBackoff``).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.simulation.clock import SECOND, to_us
from labkit.simulation.reconnects import Attempt, sizes, span_of
from labkit.simulation.streams import Stream

if TYPE_CHECKING:
    from labkit.simulation.world import World

#: A connection is replaced up to this share of its age early (psycopg_pool 3.3).
AGE_JITTER = 0.05
#: How long an old process may still answer once a new one has taken over.
DRAIN_US = 6 * SECOND
#: How long before its process takes over a pool opens its connections.
LEAD_US = 800_000
_FAILS_US = 900


@dataclass(frozen=True, slots=True)
class Life:
    """One connection: ``end`` on the server's side, ``noticed`` on the pool's; times in microseconds."""

    begin: int
    end: int
    noticed: int
    host: int
    slot: int
    release: int
    port: int
    cut: bool


@dataclass(frozen=True, slots=True)
class Lives:
    """All connections and all failing attempts of the pools that live through a change."""

    lives: tuple[Life, ...]
    attempts: tuple[Attempt, ...]


def segments(world: World) -> list[range]:
    """List the runs of releases through which pools live on; those of one release are left out."""
    starts = [k for k, r in enumerate(world.scenario.releases) if r.pools == "restarted" or k == 0]
    edges = [*starts, len(world.scenario.releases)]
    runs = [range(low, high) for low, high in itertools.pairwise(edges)]
    return [run for run in runs if len(run) > 1]


def live_through(world: World) -> Lives:
    """Let every slot of every pool connect, age, end and try again."""
    lives: list[Life] = []
    tries: list[Attempt] = []
    for run in segments(world):
        for host in range(len(world.scenario.topology.hosts)):
            size = world.pool_size(
                max(count for at, count in sizes(world) if at < span_of(world, run[-1])[1])
            )
            for slot in range(size):
                _Slot(world, run, host, slot, lives, tries).go()
    return Lives(tuple(lives), tuple(sorted(tries, key=lambda attempt: (attempt.at, attempt.host))))


@dataclass(slots=True)
class _Slot:
    """One place in a pool, from its first connection on."""

    world: World
    run: range
    host: int
    slot: int
    lives: list[Life]
    tries: list[Attempt]

    def go(self) -> None:
        stream = Stream(self.world.seed, f"slots/{self.run[0]}/{self.slot}", self.host)
        age = int(self.world.scenario.topology.pool.max_lifetime_s * SECOND)
        first, end = span_of(self.world, self.run[0])[0], span_of(self.world, self.run[-1])[1]
        old = first < self.world.grid.start_us
        at = self.world.grid.start_us - int(float(stream.uniform(1)[0]) * age) if old else first - LEAD_US
        while at < end:
            release = self._release(at)
            if self.world.connect(release, self.host).ok:
                at = self._connected(stream, at, age, end, release)
            else:
                at = self._tries(stream, at, end)

    def _release(self, at: int) -> int:
        starts = [to_us(self.world.scenario.releases[k].start) for k in self.run]
        return self.run[max(0, sum(start <= at for start in starts) - 1)]

    def _grows(self, at: int) -> int:
        """Return when a place that was given up is filled again: a pool grows by one, once one succeeds."""
        for k in self.run:
            begin = span_of(self.world, k)[0]
            if begin > at and self.world.connect(k, self.host).ok:
                return begin
        return span_of(self.world, self.run[-1])[1]

    def _connected(self, stream: Stream, at: int, age: int, end: int, release: int) -> int:
        """Hold a connection until it has aged, is cut, or the pool is closed; return when it is missed."""
        u = stream.uniform(4)
        begin = at + 2_000 + int(u[0] * 30_000)
        ends = min(begin + int(age * (1 - AGE_JITTER * float(u[1]))), end + int(u[2] * DRAIN_US / 5))
        noticed, cut = ends, False
        for k in self.run:
            low, high = span_of(self.world, k)
            if self.world.scenario.releases[k].pools == "cut" and begin < low < ends:
                ends, noticed, cut = low + 1_000 * self.slot, high + 3_000 * self.slot, True
                break
        port = 32768 + int(u[3] * 28_000)
        self.lives.append(Life(begin, ends, noticed, self.host, self.slot, release, port, cut))
        return noticed

    def _tries(self, stream: Stream, at: int, end: int) -> int:
        """Try again and again; return when an attempt would succeed, or when the pool has given up."""
        pool = self.world.scenario.topology.pool
        give_up = at + int(pool.reconnect_timeout_s * SECOND)
        delay = int((0.9 + 0.2 * float(stream.uniform(1)[0])) * SECOND)
        over = f"reconnection attempt in pool '{pool.name}' failed after {pool.reconnect_timeout_s} sec"
        while at < end:
            release = self._release(at)
            result = self.world.connect(release, self.host)
            if result.ok:
                return at
            failed = f"error connecting in '{pool.name}': {result.client_message}"
            texts = (failed, over) if at >= give_up else (failed,)
            self.tries.append(Attempt(at + _FAILS_US, self.host, release, texts))
            if at >= give_up:
                late = int(float(stream.uniform(1)[0]) * 5 * SECOND) + _FAILS_US
                return at + late if self.slot == 0 else self._grows(at) + late
            at, delay = min(at + delay, give_up), 2 * delay
        return at
