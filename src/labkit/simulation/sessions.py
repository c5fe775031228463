"""What users do: sessions that arrive as a Poisson process whose rate follows the clock, step after step.

A session's steps are known without the pool's waiting line: the next step comes after the page's usual time
and some thinking, or, while the release in force cannot reach its database, after the pool's timeout and
a moment of impatience. So the sessions of a block are a function of scenario, seed and block alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labkit.simulation.clock import SECOND, to_us
from labkit.simulation.kinds import Kind
from labkit.simulation.losses import send_again
from labkit.simulation.slowness import LONGEST_QUERY_US, cancel, slow_down
from labkit.simulation.streams import Stream, exponential, lognormal_us, quantile
from labkit.simulation.world import World

if TYPE_CHECKING:
    from labkit.simulation.streams import Floats, Ints, Words

BEFORE_SHARE = 0.1
GAP_US = 150
_LOGIN_AGAIN = 0.8
_OUTCOME, _NEXT, _THINK, _OWN, _HOST, _QUERY = range(6)


@dataclass(frozen=True, slots=True)
class Steps:
    """Planned requests, one entry each; durations in microseconds, ``query`` 0 where a query does not run."""

    start: Ints
    kind: Ints
    host: Ints
    session: Words
    user: Ints
    client: Ints
    agent: Ints
    before: Ints
    after: Ints
    query: Ints

    def take(self, chosen: Ints) -> Steps:
        """Keep the chosen entries, in that order."""
        return Steps(*(getattr(self, name)[chosen] for name in self.__slots__))


def join(parts: list[Steps]) -> Steps:
    """Put several plans into one."""
    return Steps(*(np.concatenate([getattr(p, name) for p in parts]) for name in Steps.__slots__))


def plan_block(world: World, block: int) -> Steps:
    """Plan all requests of the sessions that begin in a block, sorted by start."""
    begins = _arrivals(world, block)
    stream = Stream(world.seed, "sessions", block)
    identity = _identities(world, stream, len(begins))
    parts = list(_walk(world, stream, begins, identity))
    steps = join(parts)
    return steps.take(np.argsort(steps.start, kind="stable"))


def _arrivals(world: World, block: int) -> Ints:
    """Draw when sessions begin: a homogeneous process at the block's highest rate, thinned."""
    low, high = world.grid.bounds(block)
    points = world.scenario.traffic.sessions_per_minute
    times = np.array([to_us(when) for when, _ in points], dtype=np.float64)
    rates = np.array([rate for _, rate in points]) * (world.scale / 60)
    inside = times[(times > low) & (times < high)]
    top = float(np.interp([low, high, *inside], times, rates).max())
    expected = top * (high - low) / SECOND
    count = int(expected + 8 * expected**0.5 + 20)
    stream = Stream(world.seed, "arrivals", block)
    gaps = quantile(exponential(float(SECOND)), stream.uniform(count))
    when = low + (np.cumsum(gaps) / top).astype(np.int64) if top > 0 else np.empty(0, dtype=np.int64)
    keep = stream.uniform(count)[: len(when)] * top < np.interp(when, times, rates)
    return np.asarray(when[keep & (when < high)], dtype=np.int64)


def _identities(world: World, stream: Stream, count: int) -> tuple[Words, Ints, Ints, Ints]:
    """Draw who comes: session id, customer, client address and browser."""
    words = stream.words(count)
    u = stream.uniform(count, 3)
    user = (u[:, 0] * world.scenario.traffic.customers).astype(np.int64) + 1
    client = (u[:, 1] * 156 * 156).astype(np.int64)
    return words, user, client, (u[:, 2] * world.agents).astype(np.int64)


def _walk(world: World, stream: Stream, begins: Ints, who: tuple[Words, Ints, Ints, Ints]) -> list[Steps]:
    """Walk all sessions at once, one step a turn, until each has ended."""
    traffic = world.scenario.traffic
    route = _choose(traffic.entry, world, stream.uniform(len(begins)))
    when, alive, parts = begins, np.arange(len(begins)), []
    for _ in range(traffic.max_steps):
        u = stream.uniform(len(alive), _QUERY + world.kinds.most_queries)
        host = (u[:, _HOST] * len(world.scenario.topology.hosts)).astype(np.int64)
        kind = _kinds(world, route, when, host, u[:, _OUTCOME])
        before, after, query = _durations(world, kind, u)
        kind, query = cancel(world, when, kind, slow_down(world, when, kind, query))
        query = send_again(world, when, host, kind, query=query, u=u[:, _QUERY:])
        session, (user, client, agent) = who[0][alive], (column[alive] for column in who[1:])
        parts.append(Steps(when, kind, host, session, user, client, agent, before, after, query))
        shown = when + before + after + query.sum(axis=1) + world.timeout_us * world.times_out[kind]
        route, think = _onward(world, route, kind, u)
        when = shown + think
        go = (route >= 0) & (when < begins[alive] + int(traffic.max_session_s * SECOND))
        route, when, alive = route[go], when[go], alive[go]
    return parts


def _choose(shares: object, world: World, u: Floats) -> Ints:
    """Pick a route for each number; 'end' is -1."""
    table = dict(shares)  # type: ignore[call-overload]
    routes = np.array([-1 if name == "end" else world.scenario.traffic.route(name) for name in table])
    edges = np.cumsum(list(table.values()))
    return np.asarray(routes[np.minimum(np.searchsorted(edges, u, side="right"), len(routes) - 1)])


def _kinds(world: World, route: Ints, when: Ints, host: Ints, u: Floats) -> Ints:
    kind = np.zeros(len(route), dtype=np.int64)
    release = np.maximum(world.release_at(when), 0)
    for index, era in np.unique(np.stack([route, release], axis=1), axis=0).tolist():
        mine = (route == index) & (release == era)
        errors = world.kinds.of_route(index, era)
        edges = np.cumsum([share for _, share in errors])
        table = np.array([number for number, _ in errors] + [world.kinds.ok[index]])
        kind[mine] = table[np.searchsorted(edges, u[mine], side="right")]
    blocked = world.blocked(when, host) & world.uses_database[kind]
    timeouts = np.array(world.kinds.timeout)
    return np.where(blocked, timeouts[route], kind)


def _durations(world: World, kind: Ints, u: Floats) -> tuple[Ints, Ints, Ints]:
    own = np.zeros(len(kind), dtype=np.int64)
    query = np.zeros((len(kind), world.kinds.most_queries), dtype=np.int64)
    for index in np.unique(kind):
        mine = kind == index
        known: Kind = world.kinds.all[index]
        own[mine] = quantile(lognormal_us(known.route.own_ms, known.route.own_sigma), u[mine, _OWN])
        for k, (median, sigma) in enumerate(query_laws(known, world.scenario.traffic.query_factor)):
            drawn = quantile(lognormal_us(median, sigma), u[mine, _QUERY + k])
            query[mine, k] = drawn if known.outcome else np.minimum(drawn, LONGEST_QUERY_US)
    before = (own * BEFORE_SHARE).astype(np.int64)
    after = np.where(world.times_out[kind], before // 2, own - before)
    return before, after, query


def query_laws(kind: Kind, factor: float) -> list[tuple[float, float]]:
    """List median (ms) and sigma of each query of a kind; the one an outcome names keeps its own time."""
    laws = [(query.median_ms * factor, query.sigma) for query in kind.queries]
    if kind.outcome and laws:
        laws[-1] = (kind.outcome.query_ms, kind.outcome.query_sigma)
    return laws


def _onward(world: World, route: Ints, kind: Ints, u: Floats) -> tuple[Ints, Ints]:
    """Decide where each session goes next, and how long its user thinks before."""
    traffic = world.scenario.traffic
    least = int(traffic.think_least_s * SECOND)
    calm = least + quantile(lognormal_us(traffic.think_median_s * 1000, traffic.think_sigma), u[:, _THINK])
    hasty = least + quantile(lognormal_us(traffic.reload_median_s * 1000, traffic.think_sigma), u[:, _THINK])
    onward = np.full(len(route), -1, dtype=np.int64)
    for index in np.unique(route):
        mine = route == index
        onward[mine] = _choose(traffic.routes[index].next or {"end": 1.0}, world, u[mine, _NEXT])
    status = world.status[kind]
    refused = (status >= 400) & (status < 500) & (route == world.login)
    onward[refused] = np.where(u[refused, _NEXT] < _LOGIN_AGAIN, world.login, -1)
    failed = status >= 500
    turn = np.where(u[:, _NEXT] < traffic.reload_share + traffic.front_share, world.front, -1)
    onward[failed] = np.where(u[:, _NEXT] < traffic.reload_share, route, turn)[failed]
    return onward, np.where(failed | refused, hasty, calm)
