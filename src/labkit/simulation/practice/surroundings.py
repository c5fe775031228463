"""The day around an exercise: how busy it is, what the class project reports, and which files are missing."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

from labkit.simulation.model import Capacity, Progress, Scenario, Traffic
from labkit.simulation.practice.cards import Card
from labkit.simulation.practice.draws import Draws
from labkit.simulation.practice.exercise import Times

#: Files that a case may lack; traces and messages are always there.
MAY_BE_WITHHELD = (
    "access.log",
    "app.log.jsonl",
    "deployments.jsonl",
    "metrics.otlp.jsonl",
    "postgresql.json",
    "progress.csv",
)
#: How many workers and connections a host can have at first, whatever the fault will be.
_WORKERS, _CONNECTIONS = (2, 3, 4), (3, 4, 5)
#: Connections a host for which the scenarios have their traffic, and the overload's scenario has its own.
_USUAL, _OVERLOADED = 4, 2
#: Work that one more connection carries, in units of what those of the overload's scenario carry.
_CARRIES = 0.8
#: More connections end an overload: so many times as many.
_MORE = 4


def with_surroundings(scenario: Scenario, card: Card, times: Times, draws: Draws) -> Scenario:
    """Give the day its own traffic, background lines and snapshots, and an empty record of people's work."""
    first = replace(
        scenario.capacities[0], workers=draws.pick(_WORKERS), connections=draws.pick(_CONNECTIONS)
    )
    traffic = _busy(scenario.traffic, card, first, draws)
    late = dt.timedelta(seconds=draws.whole(0, 280))
    return replace(
        scenario,
        name="practice",
        traffic=traffic,
        capacities=_capacities(scenario, card, first),
        log_lines=tuple(sorted((replace(x, at=x.at + late) for x in scenario.log_lines), key=lambda x: x.at)),
        postgres_lines=tuple(
            sorted(
                (replace(x, at=x.at + late * bool(x.every_s)) for x in scenario.postgres_lines),
                key=lambda x: x.at,
            )
        ),
        messages=(),
        deployments=(),
        progress=_snapshots(times, draws),
    )


def _busy(traffic: Traffic, card: Card, first: Capacity, draws: Draws) -> Traffic:
    """Draw how busy the day is; where work fills the pool, it is as much as this pool can just not carry."""
    busy = draws.between(0.95, 1.4)
    if card.remedy == "load":
        # A third of it more visitors, the rest larger tables: either alone would be out of all proportion.
        work = 1 + _CARRIES * (first.connections - _OVERLOADED)
        busy = work ** (1 / 3)
        traffic = replace(traffic, query_factor=traffic.query_factor * work / busy)
    elif card.remedy == "pool":
        busy = 1.0
    elif card.remedy == "query":
        busy *= first.connections / _USUAL
    points = tuple((at, rate * busy) for at, rate in traffic.sessions_per_minute)
    return replace(traffic, sessions_per_minute=points)


def _capacities(scenario: Scenario, card: Card, first: Capacity) -> tuple[Capacity, ...]:
    """Begin with what was drawn; an overload ends by more of it, and a small pool by the size of before."""
    if card.remedy == "load":
        more = replace(
            scenario.capacities[-1], workers=4 * first.workers, connections=_MORE * first.connections
        )
        return first, more
    if card.remedy == "pool":
        least = min(one.connections for one in scenario.capacities)
        change, back = scenario.capacities[1], scenario.capacities[-1]
        return (
            first,
            replace(first, start=change.start, connections=least),
            replace(first, start=back.start),
        )
    return (first,)


def _snapshots(times: Times, draws: Draws) -> tuple[Progress, ...]:
    """Count milestones by the clock on the wall; what is down in between makes acceptances fail."""
    planned = draws.pick((48, 60, 72))
    done = draws.whole(planned // 2, planned - 12)
    every = dt.timedelta(minutes=draws.pick((30, 60)))
    costs = dt.timedelta(minutes=draws.pick((8, 10, 12, 15)))
    first = times.start.replace(minute=0, second=0) - dt.timedelta(hours=draws.whole(1, 2))
    rows = [Progress(first, planned, done - draws.whole(1, 3), "snapshot")]
    last = done
    for at in _ticks(first, every, times.end):
        down = min(at, times.recovered) - times.onset
        left = done - max(0, math.ceil(down / costs))
        rows.append(Progress(at, planned, left, _note(last, left)))
        last = left
    return tuple(rows)


def _ticks(first: dt.datetime, every: dt.timedelta, end: dt.datetime) -> list[dt.datetime]:
    count = int((end - first) / every)
    return [first + k * every for k in range(1, count + 1)]


def _note(before: int, after: int) -> str:
    if after == before:
        return "snapshot"
    if after + 1 == before:
        return f"acceptance of milestone {before} fails"
    return f"acceptance of milestones {after + 1} to {before} fails"


def draw_withheld(draws: Draws) -> tuple[str, ...]:
    """Draw the files that nobody has any more: none, one or two."""
    count = 0 if draws.chance(0.45) else 1 + draws.chance(0.3)
    return tuple(draws.some(MAY_BE_WITHHELD, count))
