"""The day around an exercise: how busy it is, what the class project reports, and which files are missing."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

from labkit.simulation.model import Capacity, Progress, Scenario
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
#: In these repairs the number of connections is the point: it is the scenario's.
_OWN_CAPACITY = ("load", "pool")


def with_surroundings(scenario: Scenario, card: Card, times: Times, draws: Draws) -> Scenario:
    """Give the day its own traffic, background lines and snapshots, and an empty record of people's work."""
    busy = 1.0 if card.remedy in _OWN_CAPACITY else draws.between(0.95, 1.4)
    traffic = replace(
        scenario.traffic,
        sessions_per_minute=tuple((at, rate * busy) for at, rate in scenario.traffic.sessions_per_minute),
    )
    late = dt.timedelta(seconds=draws.whole(0, 280))
    return replace(
        scenario,
        name="practice",
        traffic=traffic,
        capacities=scenario.capacities if card.remedy in _OWN_CAPACITY else _usual(scenario),
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


def _usual(scenario: Scenario) -> tuple[Capacity, ...]:
    return (replace(scenario.capacities[0], workers=2, connections=4),)


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
