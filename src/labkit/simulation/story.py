"""The small files that people and pipelines write: deployments, messages, progress, and the truth."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from labkit.simulation.clock import SECOND, from_us, to_us
from labkit.simulation.faults import ROWS
from labkit.simulation.model import DeploymentEvent, Scenario
from labkit.simulation.scenario import result_of, shows
from labkit.simulation.traces import dumps
from labkit.simulation.world import World


def _zulu(when: Any) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}Z"


def deployments(scenario: Scenario) -> bytes:
    """Write one event of a deployment a line."""
    events = sorted(scenario.deployments, key=lambda event: event.at)
    records = (deployment_record(e, _zulu(e.at), lambda value: _setting(value, scenario)) for e in events)
    return "".join(dumps(record) + "\n" for record in records).encode()


def deployment_record(
    event: DeploymentEvent, timestamp: str, shown: Callable[[str], str] = str
) -> dict[str, Any]:
    """Give the record of one deployment, with each setting before and after as `shown` writes it."""
    diff = []
    for edit in event.diff:
        sides = {"before": edit.before, "after": edit.after}
        diff.append(
            {"key": edit.key} | {side: shown(value) for side, value in sides.items() if value is not None}
        )
    attributes = {
        "deployment.id": event.id,
        "deployment.name": event.name,
        "deployment.environment.name": "production",
        "deployment.status": event.status,
        "service.name": event.service,
        "service.version": event.version,
        "service.previous_version": event.previous,
        "vcs.ref.head.revision": event.revision,
        "actor.role": event.actor,
        "config.diff": diff,
    }
    return {"timestamp": timestamp, "event.name": event.event, "attributes": attributes}


def _setting(value: str, scenario: Scenario) -> str:
    """Fill in a release's connection string, its password masked."""
    return _DSN.sub(lambda found: scenario.releases[int(found.group(1))].dsn.redacted, value)


_DSN = re.compile(r"\{dsn (\d+)\}")


def messages(scenario: Scenario) -> bytes:
    """Write one message a line."""
    lines = [
        {"timestamp": _zulu(m.at), "channel": m.channel, "author": m.author, "text": m.text}
        for m in scenario.messages
    ]
    return "".join(dumps(line) + "\n" for line in lines).encode()


def progress(scenario: Scenario) -> bytes:
    """Write the snapshots of the project."""
    out = io.StringIO()
    if not scenario.progress:
        return b""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time_utc", "planned_milestones", "completed_milestones", "note"])
    for snapshot in scenario.progress:
        writer.writerow([_zulu(snapshot.at), snapshot.planned, snapshot.completed, snapshot.note])
    return out.getvalue().encode()


def truth(scenario: Scenario, seed: int) -> dict[str, Any]:
    """Say what really happened, for who writes or checks an exercise; never part of the evidence."""
    fault = scenario.fault
    if fault is None:
        return {"scenario": scenario.name, "seed": seed, "fault": None, "kind": "none", "part": ""}
    strings = [release.dsn.redacted for release in scenario.releases]
    at = next((k for k, release in enumerate(scenario.releases) if shows(scenario, release)), None)
    return {
        "scenario": scenario.name,
        "seed": seed,
        "fault": fault.name,
        "kind": ROWS[fault.name].kind,
        "part": fault.part,
        "summary": fault.summary,
        "onset": _zulu(fault.onset),
        "detected": _zulu(fault.detected),
        "recovered": _zulu(fault.recovered),
        "outage_s": (to_us(fault.recovered) - to_us(fault.onset)) // 1_000_000,
        "before": strings[at - 1] if at else strings[0],
        "after": strings[at] if at else strings[0],
        "client_message": result_of(scenario, scenario.releases[at]).client_message if at else "",
        "first_refusal": _first_refusal(scenario, seed),
        "also": [{"fault": f.name, "kind": ROWS[f.name].kind, "part": f.part} for f in scenario.more_faults],
    }


def _first_refusal(scenario: Scenario, seed: int) -> str:
    """Say when the first pool runs empty, where pools live on through the change; else nothing."""
    world = World(scenario, seed, 1.0)
    if world.lived_through is None or scenario.fault is None:
        return ""
    times = np.arange(to_us(scenario.fault.onset), to_us(scenario.fault.recovered), SECOND)
    hosts = range(len(scenario.topology.hosts))
    empty = np.any([world.blocked(times, host) for host in hosts], axis=0)
    return _zulu(from_us(int(times[int(np.argmax(empty))]))) if empty.any() else ""
