"""A recording from a scenario: the simulator's own requests, with the servers that its world has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labkit.replay.change import END, DsnChange
from labkit.replay.from_evidence import SAME_PAGES, SPARED, numbers
from labkit.replay.recording import FOREVER, Queue, Recording, Sizes, from_us, to_us
from labkit.replay.spared import Spared, spare
from labkit.replay.topology import Surroundings
from labkit.simulation import clock
from labkit.simulation.model import Scenario
from labkit.simulation.requests import Evaluator, Requests, join_requests
from labkit.simulation.scenario import shows
from labkit.simulation.world import World

if TYPE_CHECKING:
    from labkit.simulation.streams import Ints, Words


def from_scenario(scenario: Scenario, *, seed: int = 20231201, scale: float = 1.0) -> Recording:
    """Evaluate a scenario into a recording; the same requests that ``labkit generate`` writes."""
    world = World(scenario, seed, float(scale))
    evaluator = Evaluator(world)
    requests = join_requests([evaluator.block(k) for k in range(world.grid.count)])
    span_ids = _hex(requests.span[:, None])
    requests, span_ids = _sorted(requests, span_ids)
    kind, change = requests.kind, _change(scenario)
    kinds = world.kinds.all
    failed = world.status[kind] >= 500
    special = np.array([known.release >= 0 for known in kinds])[kind]
    inside = np.zeros(len(kind), dtype=np.bool_)
    if change:
        inside = (requests.start >= to_us(change.from_utc)) & (requests.start < to_us(change.until_utc))
    lost = inside & (world.times_out[kind] | special)
    needs = world.uses_database[kind]
    trace_ids = _hex(requests.trace)
    draw = numbers(trace_ids, span_ids)
    healthy = needs & ~failed & ~lost & (requests.start < (to_us(change.from_utc) if change else FOREVER))
    missed = needs & (lost | world.times_out[kind])
    spared = spare(
        _own(world, requests, lost), missed=missed, healthy=healthy, route=world.routes[kind], draw=draw
    )
    words = sorted({known.exception for known in kinds if known.exception})
    codes = np.array([words.index(known.exception) if known.exception else -1 for known in kinds])
    visit = np.unique(requests.session, return_inverse=True)[1].astype(np.int64)
    users, user = np.unique(requests.user, return_inverse=True)
    return Recording(
        start=requests.start,
        end=requests.end,
        status=world.status[kind],
        failed=failed,
        error=codes[kind],
        route=world.routes[kind],
        host=requests.host,
        visit=np.where(requests.session == 0, -1, visit),
        user=user.astype(np.int64),
        probe=world.routes[kind] == scenario.traffic.route("probe"),
        needs=needs,
        lost=lost,
        refused=lost & world.times_out[kind],
        spared=spared.known,
        before=spared.before,
        hold=spared.hold,
        after=spared.after,
        longest=spared.longest,
        spared_status=spared.status,
        draw=draw,
        turn=numbers(_hex(requests.session[:, None])),
        trace_ids=trace_ids,
        span_ids=span_ids,
        routes=tuple(f"{route.method} {route.template}" for route in scenario.traffic.routes),
        hosts=tuple(host.name for host in scenario.topology.hosts),
        users=tuple(f"customer-{number}" if number >= 0 else "" for number in users.tolist()),
        errors=tuple(words),
        change=change,
        queue=Queue(_pools(world), world.timeout_us),
        detected_us=clock.to_us(scenario.fault.detected) if scenario.fault and change else None,
        surroundings=Surroundings(scenario.topology, scenario.traffic.routes),
        assumptions=(SAME_PAGES, SPARED),
    )


def _hex(words: Words) -> object:
    """Write ids of one or two words as hex digits."""
    texts = ["".join(f"{word:016x}" for word in row) for row in words.tolist()]
    return np.array(texts, dtype=object)


def _sorted(requests: Requests, span_ids: object) -> tuple[Requests, object]:
    order = np.lexsort((np.asarray(span_ids, dtype=str), requests.start))
    return requests.take(order), np.asarray(span_ids)[order]


def _own(world: World, requests: Requests, lost: Ints) -> Spared:
    """Tell what each request took by itself, without its wait."""
    ends = requests.query_end.max(axis=1, initial=-1)
    ran = ends >= 0
    asked = requests.asked + requests.wait
    hold = np.where(ran, ends - asked, 0)
    after = requests.end - asked - hold
    longest = np.where(requests.query_end >= 0, requests.query_end - requests.query_start, 0)
    before = requests.asked - requests.start
    status = world.status[requests.kind]
    return Spared(
        ~np.asarray(lost, dtype=np.bool_), before, hold, after, longest.max(axis=1, initial=0), status
    )


def _pools(world: World) -> tuple[Sizes, ...]:
    one = Sizes(world.capacity_starts, world.pool_sizes)
    return (one,) * len(world.scenario.topology.hosts)


def _change(scenario: Scenario) -> DsnChange | None:
    """Find the release that brought another connection string, and the one that took it back."""
    for number, (old, new) in enumerate(zip(scenario.releases, scenario.releases[1:], strict=False), start=1):
        if old.dsn == new.dsn or shows(scenario, new) is None:
            continue
        later = [r.start for r in scenario.releases[number + 1 :] if r.dsn != new.dsn]
        until = from_us(clock.to_us(later[0])) if later else END
        return DsnChange(
            "DATABASE_URL",
            old.dsn.redacted,
            new.dsn.redacted,
            scenario.topology.service,
            "",
            from_us(clock.to_us(new.start)),
            until,
        )
    return None
