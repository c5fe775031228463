"""One block of the clock, evaluated: every request that starts in it, with its queries, times and ids."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labkit.simulation.clock import SECOND
from labkit.simulation.pool import waits
from labkit.simulation.sessions import GAP_US, Steps, join, plan_block
from labkit.simulation.streams import Stream, lognormal_us, quantile
from labkit.simulation.world import World

if TYPE_CHECKING:
    from labkit.simulation.streams import Ints, Words
    from labkit.simulation.world import Flags

_WARM_UP_US = 20 * SECOND
_FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests as columns, one entry each; times in microseconds since 1970, -1 where there is nothing."""

    start: Ints
    end: Ints
    kind: Ints
    host: Ints
    release: Ints
    session: Words
    user: Ints
    client: Ints
    agent: Ints
    asked: Ints
    wait: Ints
    query_start: Ints
    query_end: Ints
    trace: Words
    span: Words
    query_span: Words

    def __len__(self) -> int:
        return len(self.start)

    def take(self, chosen: Ints) -> Requests:
        """Keep the chosen entries, in that order."""
        return Requests(*(getattr(self, name)[chosen] for name in self.__slots__))


def join_requests(parts: list[Requests]) -> Requests:
    """Put several tables of requests into one."""
    return Requests(*(np.concatenate([getattr(p, name) for p in parts]) for name in Requests.__slots__))


class Evaluator:
    """Evaluate blocks; keeps what is left of the last plans, so that consecutive blocks are cheap.

    What it keeps changes only the time it takes: ``block(k)`` is a function of the world and ``k``.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._reach = -(-int(world.scenario.traffic.max_session_s * SECOND) // world.grid.block_us)
        self._plans: dict[int, tuple[int, Steps]] = {}
        self._blocks: OrderedDict[int, Requests] = OrderedDict()

    def block(self, block: int) -> Requests:
        """Evaluate the requests that start in a block, sorted by start; none before the window."""
        if block not in self._blocks:
            self._blocks[block] = self._evaluate(block)
            while len(self._blocks) > 2:
                self._blocks.popitem(last=False)
        return self._blocks[block]

    def _plan(self, block: int, low: int) -> Steps:
        """Return the steps of a block's sessions, at least those from ``low`` on."""
        since, steps = self._plans.get(block, (low + 1, None))
        return plan_block(self.world, block) if steps is None or since > low else steps

    def _evaluate(self, block: int) -> Requests:
        low, high = self.world.grid.bounds(block)
        steps = _between(self._gather(block), low - _WARM_UP_US, high)
        served = _serve(self.world, steps)
        probes = _probes(self.world, block)
        both = join_requests([served, _serve(self.world, probes)])
        inside = np.flatnonzero((both.start >= max(low, self.world.grid.start_us)) & (both.start < high))
        ordered = inside[np.argsort(both.start[inside], kind="stable")]
        return _name(self.world, both.take(ordered), block)

    def _gather(self, block: int) -> Steps:
        """Join the plans of all sessions that can still be there."""
        low, high = self.world.grid.bounds(block)
        parts, rest = [], {}
        for k in range(block - self._reach - 1, block + 1):
            steps = self._plan(k, low - _WARM_UP_US)
            parts.append(_between(steps, low - _WARM_UP_US, high))
            rest[k] = high - _WARM_UP_US, _between(steps, high - _WARM_UP_US, _FOREVER)
        self._plans = rest
        return join(parts)


def _between(steps: Steps, low: int, high: int) -> Steps:
    chosen = np.flatnonzero((steps.start >= low) & (steps.start < high))
    return steps.take(chosen[np.argsort(steps.start[chosen], kind="stable")])


def _serve(world: World, steps: Steps) -> Requests:
    """Let planned requests go through the pool of their host."""
    kind, asked = steps.kind.copy(), steps.start + steps.before
    ran = steps.query > 0
    hold = steps.query.sum(axis=1) + GAP_US * ran.sum(axis=1)
    wait = np.where(world.times_out[kind], world.timeout_us, 0)
    for host in range(len(world.scenario.topology.hosts)):
        mine = np.flatnonzero((steps.host == host) & world.uses_database[kind] & ~world.times_out[kind])
        mine = mine[np.argsort(asked[mine], kind="stable")]
        servers = world.servers(asked[mine], host)
        wait[mine], gone = waits(asked[mine], hold[mine], servers, world.timeout_us)
        routes = np.array([k.route_index for k in world.kinds.all])[kind[mine[gone]]]
        kind[mine[gone]] = np.array(world.kinds.timeout)[routes]
    ran &= ~world.times_out[kind][:, None]
    return _times(world, steps, kind, wait, ran)


def _times(world: World, steps: Steps, kind: Ints, wait: Ints, ran: Flags) -> Requests:
    asked = steps.start + steps.before
    length = np.where(ran, steps.query + GAP_US, 0)
    ends = (asked + wait)[:, None] + np.cumsum(length, axis=1)
    query_end = np.where(ran, ends, -1)
    query_start = np.where(ran, ends - steps.query, -1)
    end = asked + wait + length.sum(axis=1) + steps.after
    nothing = np.zeros((len(kind), 3 + ran.shape[1]), dtype=np.uint64)
    return Requests(
        start=steps.start,
        end=end,
        kind=kind,
        host=steps.host,
        release=world.release_at(steps.start),
        session=steps.session,
        user=steps.user,
        client=steps.client,
        agent=steps.agent,
        asked=asked,
        wait=wait,
        query_start=query_start,
        query_end=query_end,
        trace=nothing[:, :2],
        span=nothing[:, 2],
        query_span=nothing[:, 3:],
    )


def _probes(world: World, block: int) -> Steps:
    """Plan the balancer's checks: every few seconds one a host, each host at its own moment."""
    low, high = world.grid.bounds(block)
    low = max(low, world.grid.start_us)
    every = int(world.scenario.traffic.probe_every_s * SECOND)
    hosts = len(world.scenario.topology.hosts)
    first, last = -(-low // every) - 1, max(low, high) // every + 1
    turn = np.repeat(np.arange(first, last), hosts)
    host = np.tile(np.arange(hosts), last - first)
    when = turn * every + (host * every) // hosts + every // 7
    turn, host, when = (column[(when >= low) & (when < high)] for column in (turn, host, when))
    count = len(when)
    u = Stream(world.seed, "probes", block).uniform(count, 2)
    index = world.scenario.traffic.route("probe")
    route = world.scenario.traffic.routes[index]
    own = quantile(lognormal_us(route.own_ms, route.own_sigma), u[:, 0])
    zero, none = np.zeros(count, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    kind = np.full(count, world.kinds.ok[index])
    start = np.minimum(when + (u[:, 1] * 40_000).astype(np.int64), high - 1)
    query = np.zeros((count, world.kinds.most_queries), dtype=np.int64)
    return Steps(start, kind, host, zero.astype(np.uint64), none, none, none, zero, own, query)


def _name(world: World, requests: Requests, block: int) -> Requests:
    """Give every request and query its ids."""
    count, width = requests.query_span.shape
    words = Stream(world.seed, "ids", block).words(count * (3 + width)).reshape(count, 3 + width)
    columns = {name: getattr(requests, name) for name in requests.__slots__}
    return Requests(**columns | {"trace": words[:, :2], "span": words[:, 2], "query_span": words[:, 3:]})
