"""A recording from a scenario: the simulator's own requests, with the servers that its world has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.replay.change import END, DsnChange
from labkit.replay.from_evidence import SAME_PAGES, SPARED, numbers
from labkit.replay.recording import FOREVER, Queue, Recording, Refusal, Sizes, from_us, to_us
from labkit.replay.spared import Spared, spare
from labkit.replay.topology import Surroundings
from labkit.simulation import clock
from labkit.simulation.model import Scenario
from labkit.simulation.requests import Evaluator, Requests, join_requests
from labkit.simulation.scenario import shows
from labkit.simulation.world import World

if TYPE_CHECKING:
    from labkit.simulation.streams import Words
    from labkit.simulation.world import Flags


def from_scenario(scenario: Scenario, *, seed: int = 20231201, scale: float = 1.0) -> Recording:
    """Evaluate a scenario into a recording; the same requests that ``labkit generate`` writes."""
    world = World(scenario, seed, float(scale))
    evaluator = Evaluator(world)
    requests = join_requests([evaluator.block(k) for k in range(world.grid.count)])
    requests, span_ids = _sorted(requests, _hex(requests.span[:, None]))
    kind, change = requests.kind, _change(scenario)
    lost = _lost(world, requests, change)
    needs, failed = world.uses_database[kind], world.status[kind] >= 500
    trace_ids = _hex(requests.trace)
    draw = numbers(trace_ids, span_ids)
    before = requests.start < (to_us(change.from_utc) if change else FOREVER)
    missed = needs & (lost | world.times_out[kind])
    healthy, own = needs & ~failed & ~lost & before, _own(world, requests, lost)
    spared = spare(own, missed=missed, healthy=healthy, route=world.routes[kind], draw=draw)
    return Recording(
        **_arrived(world, requests),
        **spared.columns(),
        failed=failed,
        needs=needs,
        lost=lost,
        refused=lost & world.times_out[kind],
        draw=draw,
        trace_ids=trace_ids,
        span_ids=span_ids,
        change=change,
        queue=Queue(_pools(world), world.timeout_us, Refusal(world.timeout_us)),
        detected_us=clock.to_us(scenario.fault.detected) if scenario.fault and change else None,
        surroundings=Surroundings(scenario.topology, scenario.traffic.routes),
        assumptions=(SAME_PAGES, SPARED),
    )


def _arrived(world: World, requests: Requests) -> dict[str, Any]:
    """Name what the simulator knows of each request as a recording does."""
    kinds, kind, scenario = world.kinds.all, requests.kind, world.scenario
    words = sorted({known.exception for known in kinds if known.exception})
    codes = np.array([words.index(known.exception) if known.exception else -1 for known in kinds])
    visit = np.unique(requests.session, return_inverse=True)[1].astype(np.int64)
    users, user = np.unique(requests.user, return_inverse=True)
    return {
        "start": requests.start,
        "end": requests.end,
        "status": world.status[kind],
        "error": codes[kind],
        "errors": tuple(words),
        "route": world.routes[kind],
        "routes": tuple(f"{route.method} {route.template}" for route in scenario.traffic.routes),
        "host": requests.host,
        "hosts": tuple(host.name for host in scenario.topology.hosts),
        "visit": np.where(requests.session == 0, -1, visit),
        "user": user.astype(np.int64),
        "users": tuple(f"customer-{number}" if number >= 0 else "" for number in users.tolist()),
        "probe": world.routes[kind] == scenario.traffic.route("probe"),
        "turn": numbers(_hex(requests.session[:, None])),
    }


def _lost(world: World, requests: Requests, change: DsnChange | None) -> Flags:
    """Tell which requests went wrong because of the string: no connection, or what only its release has."""
    if change is None:
        return np.zeros(len(requests), dtype=np.bool_)
    special = np.array([known.release >= 0 for known in world.kinds.all])
    inside = (requests.start >= to_us(change.from_utc)) & (requests.start < to_us(change.until_utc))
    return np.asarray(inside & (world.times_out | special)[requests.kind])


def _hex(words: Words) -> Any:
    """Write ids of one or two words as hex digits."""
    texts = ["".join(f"{word:016x}" for word in row) for row in words.tolist()]
    return np.array(texts, dtype=object)


def _sorted(requests: Requests, span_ids: Any) -> tuple[Requests, Any]:
    order = np.lexsort((np.asarray(span_ids, dtype=str), requests.start))
    return requests.take(order), span_ids[order]


def _own(world: World, requests: Requests, lost: Flags) -> Spared:
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
