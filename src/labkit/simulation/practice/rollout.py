"""Versions and deployments of an exercise: what brought the fault, what repaired it, and what did neither."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labkit.simulation.model import Capacity, ConfigEdit, DeploymentEvent, Outcome, Scenario
from labkit.simulation.practice.cards import Card
from labkit.simulation.practice.changes import (
    draw_edits,
    draw_parameter,
    draw_size,
    size_edit,
    with_capacity,
    with_parameter,
)
from labkit.simulation.practice.draws import Draws
from labkit.simulation.practice.exercise import Times

#: Repairs that are a deployment of their own, and whether the old version comes back.
_BACK = {"string": True, "pool": True, "code": True, "secret": False, "slots": False}
#: Whom a larger or smaller pool makes no difference, and who can have another string beside the fault.
_ANY_SIZE, _ANY_STRING = ("string", "code", "secret"), ("code", "pool", "secret", "slots")


@dataclass(frozen=True, slots=True)
class Rollout:
    """Versions and settings of the bank, and what the update changes beside the fault.

    Attributes
    ----------
    older, old, new : str
        Versions before a harmless update, before the fault, and with it; two or all may be the same.
    revisions : Mapping
        The commit of each version.
    edits : tuple of ConfigEdit
        Settings that the update changes without harm.
    parameter : str or None
        What the update adds to the connection string without harm.
    size : int or None
        How many connections a host has with the update, where it changes that without harm.
    names : tuple of str
        How the update and a harmless one before it are called.
    own : frozenset of str
        Keys that belong to the fault; nothing harmless changes them.
    """

    older: str
    old: str
    new: str
    revisions: Mapping[str, str]
    edits: tuple[ConfigEdit, ...]
    parameter: str | None
    size: int | None
    names: tuple[str, str]
    own: frozenset[str]
    number: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What stands fixed before fault, repair and red herrings are recorded."""

    card: Card
    times: Times
    rollout: Rollout
    phrases: Mapping[str, Any]


def draw_rollout(scenario: Scenario, card: Card, phrases: Mapping[str, Any], draws: Draws) -> Rollout:
    """Draw versions and settings; now and then only settings are rolled out, and the version stays."""
    major, minor, patch = draws.whole(1, 3), draws.whole(1, 14), draws.whole(1, 6)
    old = f"{major}.{minor}.{patch}"
    settings_only = card.carrier == "live" or (_BACK.get(card.remedy, False) and draws.chance(0.3))
    new = old if settings_only else f"{major}.{minor + 1}.0"
    older = f"{major}.{minor}.{patch - 1}" if draws.chance(0.6) else old
    own = frozenset(_feature(outcome) for release in scenario.releases for outcome in release.outcomes)
    edits = draw_edits(phrases["settings"], own, draws)
    size = _size_beside(scenario, card, draws)
    if size:
        edits = (*edits, size_edit(scenario.capacities[0].connections, size))
    beside = card.carrier == "update" and card.remedy in _ANY_STRING and draws.chance(0.5)
    parameters = phrases["settings"]["parameters"] if beside else ()
    first, second = draws.shuffled(phrases["deployments"]["updates"])[:2]
    return Rollout(
        older=older,
        old=old,
        new=new,
        revisions={version: draws.revision() for version in dict.fromkeys((older, old, new))},
        edits=edits,
        parameter=draw_parameter(scenario.releases, parameters, draws),
        size=size,
        names=(first, second),
        own=own,
        number=draws.whole(200, 4000),
    )


def _size_beside(scenario: Scenario, card: Card, draws: Draws) -> int | None:
    """Draw a pool size that comes with the fault and has nothing to do with it, in some of the cases."""
    if not draws.chance(0.15) or card.carrier == "live" or card.remedy not in _ANY_SIZE:
        return None
    return draw_size(scenario.capacities[0].connections, draws)


def with_rollout(scenario: Scenario, card: Card, times: Times, rollout: Rollout) -> Scenario:
    """Give the releases their versions, and put in force what the update changes without harm."""
    back = card.carrier == "live" or _BACK[card.remedy]
    if card.carrier == "live":
        versions = [rollout.old] * len(scenario.releases)
    else:
        versions = [rollout.old, rollout.new, rollout.old if back else rollout.new]
    pairs = zip(scenario.releases, versions, strict=True)
    releases = [replace(one, version=version) for one, version in pairs]
    if rollout.parameter:
        changed = slice(1, 2 if back else None)
        releases[changed] = [with_parameter(one, rollout.parameter) for one in releases[changed]]
    scenario = replace(scenario, releases=tuple(releases))
    if rollout.size:
        before = scenario.capacities[0].connections
        scenario = with_capacity(scenario, times.onset, connections=rollout.size)
        scenario = with_capacity(scenario, times.recovered, connections=before) if back else scenario
    return scenario


def event(
    rollout: Rollout,
    at: dt.datetime,
    name: str,
    *,
    versions: tuple[str, str],
    diff: Sequence[ConfigEdit] = (),
) -> DeploymentEvent:
    """Make the event with which a deployment of the bank starts; its id is given at the end.

    `versions` are the one before and the one that comes.
    """
    return DeploymentEvent(
        at=at,
        event="deployment.started",
        id="",
        name=name,
        status="running",
        service="bank-web",
        version=versions[1],
        previous=versions[0],
        revision=rollout.revisions[versions[1]],
        actor="release pipeline",
        diff=tuple(sorted(diff, key=lambda edit: edit.key)),
    )


def pair(first: DeploymentEvent, seconds: int) -> tuple[DeploymentEvent, DeploymentEvent]:
    """Add the event with which a deployment finishes; what it changes stands in the first."""
    last = replace(
        first,
        at=first.at + dt.timedelta(seconds=seconds),
        event="deployment.finished",
        status="succeeded",
        diff=(),
    )
    return first, last


def fault_and_repair(scenario: Scenario, setting: Setting, draws: Draws) -> tuple[DeploymentEvent, ...]:
    """Record the deployment that brought the fault, and the one that ended it, where they were any."""
    card, times, rollout = setting.card, setting.times, setting.rollout
    if card.remedy == "load":
        first, more = scenario.capacities
        name = draws.pick(setting.phrases["deployments"]["grown"])
        took = draws.whole(70, 300)
        return grown(rollout, (times.recovered, took), name, (first, more), rollout.old)
    if card.carrier == "live":
        return () if card.remedy != "secret" else _repair(card, times, rollout, (), draws)
    diff = (*rollout.edits, *_own_edits(scenario, card))
    first_event = event(
        rollout, times.onset, rollout.names[0], versions=(rollout.old, rollout.new), diff=diff
    )
    return (*pair(first_event, draws.whole(6, 20)), *_repair(card, times, rollout, first_event.diff, draws))


def grown(
    rollout: Rollout,
    finished: tuple[dt.datetime, int],
    name: str,
    capacities: tuple[Capacity, Capacity],
    version: str,
) -> tuple[DeploymentEvent, DeploymentEvent]:
    """Record a deployment of more room; `finished` is when it was complete and how many seconds it took."""
    at, took = finished
    before, after = capacities
    diff = [ConfigEdit("CPU_LIMIT", "250m", "500m"), ConfigEdit("MEMORY_LIMIT", "512Mi", "1Gi")]
    if before.connections != after.connections:
        diff.append(size_edit(before.connections, after.connections))
    diff.append(ConfigEdit("WEB_WORKERS", str(before.workers), str(after.workers)))
    begun = at - dt.timedelta(seconds=took)
    first = event(rollout, begun, name, versions=(version, version), diff=diff)
    return pair(replace(first, actor="on-call engineer"), took)


def _own_edits(scenario: Scenario, card: Card) -> list[ConfigEdit]:
    """List the settings in which the fault itself stands."""
    at = faulty(scenario, card)
    found = []
    if scenario.releases[at].dsn.text != scenario.releases[at - 1].dsn.text:
        found.append(ConfigEdit("DATABASE_URL", f"{{dsn {at - 1}}}", f"{{dsn {at}}}"))
    if card.remedy == "pool":
        sizes = [capacity.connections for capacity in scenario.capacities]
        found.append(size_edit(sizes[0], min(sizes)))
    for outcome in scenario.releases[at].outcomes:
        found.append(ConfigEdit(_feature(outcome), None, "on"))
    return found


def _feature(outcome: Outcome) -> str:
    """Name the switch of what a release has newly."""
    return f"FEATURE_{outcome.name.upper().replace('-', '_')}"


def faulty(scenario: Scenario, card: Card) -> int:
    """Return the position of the release that carries the fault: the one before the last."""
    return len(scenario.releases) - 2 if card.carrier == "update" else 0


def _repair(
    card: Card, times: Times, rollout: Rollout, diff: Sequence[ConfigEdit], draws: Draws
) -> tuple[DeploymentEvent, ...]:
    took = draws.whole(70, 300)
    back = _BACK[card.remedy]
    undone = tuple(ConfigEdit(edit.key, edit.after, edit.before) for edit in diff) if back else ()
    undone = tuple(_returning(edit) for edit in undone)
    if not back:
        name = "Restart of the bank"
    else:
        name = "Back to the version before" if rollout.new != rollout.old else "Back to the settings before"
    begun = times.recovered - dt.timedelta(seconds=took)
    first = event(
        rollout, begun, name, versions=(rollout.new, rollout.old if back else rollout.new), diff=undone
    )
    return pair(replace(first, actor="incident commander"), took)


def _returning(edit: ConfigEdit) -> ConfigEdit:
    """Name the connection string that comes back: that of the last release."""
    if edit.key != "DATABASE_URL" or edit.before is None:
        return edit
    at = int(edit.before.removeprefix("{dsn ").removesuffix("}"))
    return replace(edit, after=f"{{dsn {at + 1}}}")


def numbered(events: Sequence[DeploymentEvent], first: int) -> tuple[DeploymentEvent, ...]:
    """Sort the events and give each deployment its number: events of one name belong together."""
    ordered = sorted(events, key=lambda one: one.at)
    names = list(dict.fromkeys(one.name for one in ordered))
    return tuple(replace(one, id=f"d-{first + names.index(one.name)}") for one in ordered)
