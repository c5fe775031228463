"""A scenario made ready for one run: seed, scale, the clock's grid, and tables to look arrays up in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labkit.simulation.clock import SECOND, Grid, grid, to_us
from labkit.simulation.faults import ConnectResult, connect
from labkit.simulation.faults.effects import special_outcomes, statement_limit_ms
from labkit.simulation.kinds import Kinds, make_kinds
from labkit.simulation.model import Scenario
from labkit.simulation.poollife import Lives, live_through, segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labkit.simulation.streams import Ints

    Flags = NDArray[np.bool_]

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.1; rv:120.0) Gecko/20100101 Firefox/120.0",
    "Mozilla/5.0 (Android 14; Mobile; rv:120.0) Gecko/120.0 Firefox/120.0",
)
PROBE_AGENT = "balancer-check/1.4"


@dataclass(frozen=True)
class World:
    """Everything that the blocks of one run share; made anew in each worker from the same three values."""

    scenario: Scenario
    seed: int
    scale: float

    @cached_property
    def grid(self) -> Grid:
        """The window and its blocks."""
        return grid(self.scenario, self.scale)

    @cached_property
    def kinds(self) -> Kinds:
        """Every way a request can go."""
        return make_kinds(self.scenario, special_outcomes(self.scenario))

    @cached_property
    def limits_us(self) -> Ints:
        """Longest time that a statement of each release may take, in microseconds; 0 without a limit."""
        found = [statement_limit_ms(self.scenario, release) for release in self.scenario.releases]
        return np.array([(limit or 0) * 1000 for limit in found])

    @cached_property
    def connects(self) -> tuple[ConnectResult, ...]:
        """What a connection attempt of each release ends in, called from the first host."""
        return tuple(self.connect(k, 0) for k in range(len(self.scenario.releases)))

    def connect(self, release: int, host: int) -> ConnectResult:
        """Find out what a connection attempt of a release ends in, called from a host."""
        topology, known = self.scenario.topology, self.scenario.releases[release]
        return connect(known.dsn, topology, known.databases, topology.hosts[host].address)

    @cached_property
    def release_starts(self) -> Ints:
        """When each release takes over, in microseconds."""
        return np.array([to_us(release.start) for release in self.scenario.releases])

    @cached_property
    def capacity_starts(self) -> Ints:
        """When each capacity comes into force, in microseconds."""
        return np.array([to_us(capacity.start) for capacity in self.scenario.capacities])

    @cached_property
    def status(self) -> Ints:
        """HTTP status of each kind."""
        return np.array([kind.status for kind in self.kinds.all])

    @cached_property
    def uses_database(self) -> Flags:
        """Tell for each kind whether it asks the pool for a connection."""
        return np.array([bool(kind.queries) or kind.pool_timeout for kind in self.kinds.all])

    @cached_property
    def routes(self) -> Ints:
        """Position of each kind's route."""
        return np.array([kind.route_index for kind in self.kinds.all])

    @cached_property
    def succeeds(self) -> Flags:
        """Tell for each kind whether it is plain success."""
        return np.array([kind.outcome is None and not kind.pool_timeout for kind in self.kinds.all])

    @cached_property
    def times_out(self) -> Flags:
        """Tell for each kind whether it ends in the pool's timeout."""
        return np.array([kind.pool_timeout for kind in self.kinds.all])

    @cached_property
    def cpu_us(self) -> Ints:
        """Processor time of each kind, in microseconds; a request that only waited takes next to none."""
        parts = [
            0.06 if kind.pool_timeout or (not kind.queries and kind.status >= 400) else 1.0
            for kind in self.kinds.all
        ]
        return np.array(
            [round(k.route.cpu_ms * 1000 * p) for k, p in zip(self.kinds.all, parts, strict=True)]
        )

    @property
    def login(self) -> int:
        """Position of the login route."""
        return self.scenario.traffic.route("login")

    @property
    def front(self) -> int:
        """Position of the front page."""
        return self.scenario.traffic.route("front")

    @property
    def agents(self) -> int:
        """Number of browsers there are."""
        return len(AGENTS)

    @property
    def timeout_us(self) -> int:
        """How long a request waits for a connection at most."""
        return int(self.scenario.topology.pool.timeout_s * SECOND)

    def release_at(self, when: Ints) -> Ints:
        """Return which release is in force at each time."""
        return np.asarray(np.searchsorted(self.release_starts, when, side="right") - 1)

    def capacity_at(self, when: Ints) -> Ints:
        """Return which capacity is in force at each time."""
        return np.asarray(np.searchsorted(self.capacity_starts, when, side="right") - 1)

    @cached_property
    def pool_sizes(self) -> Ints:
        """Size of a host's pool under each capacity."""
        return np.array([self.pool_size(capacity.connections) for capacity in self.scenario.capacities])

    def pool_size(self, connections: int) -> int:
        """Return a pool's size at this scale; it grows with the traffic, so that the story stays the same."""
        return max(connections, math.ceil(connections * self.scale))

    def blocked(self, when: Ints, host: Ints | int) -> Flags:
        """Tell for each time whether a host's pool is empty and cannot reach its database."""
        broken = np.array([not result.ok for result in self.connects])
        release = np.maximum(self.release_at(when), 0)
        empty = np.asarray(broken[release])
        if self.lived_through:
            hosts = np.broadcast_to(host, when.shape)
            for k in range(len(self.scenario.topology.hosts)):
                mine = (hosts == k) & self._lives_on[release]
                empty[mine] = self._live(k, when[mine]) == 0
        return empty

    def servers(self, when: Ints, host: int) -> Ints:
        """Return how many connections a host's pool has at each time, unless its release cannot have any."""
        found = np.asarray(self.pool_sizes[self.capacity_at(when)])
        if self.lived_through:
            mine = self._lives_on[np.maximum(self.release_at(when), 0)]
            found[mine] = self._live(host, when[mine])
        return found

    @cached_property
    def lived_through(self) -> Lives | None:
        """Connections of pools that live through a change around them; nothing where every pool is new."""
        return live_through(self) if segments(self) else None

    @cached_property
    def _lives_on(self) -> Flags:
        """Tell for each release whether its pools are older or live on."""
        inside = {k for run in segments(self) for k in run}
        return np.array([k in inside for k in range(len(self.scenario.releases))])

    def _live(self, host: int, when: Ints) -> Ints:
        """Count the connections that a host's pool believes to have."""
        begins, ends = self._turns[host]
        began = np.searchsorted(begins, when, side="right")
        return np.asarray(began - np.searchsorted(ends, when, side="right"))

    @cached_property
    def _turns(self) -> list[tuple[Ints, Ints]]:
        lives = self.lived_through.lives if self.lived_through else ()
        hosts = range(len(self.scenario.topology.hosts))
        return [
            (
                np.sort(np.array([one.begin for one in lives if one.host == host], dtype=np.int64)),
                np.sort(np.array([one.noticed for one in lives if one.host == host], dtype=np.int64)),
            )
            for host in hosts
        ]
