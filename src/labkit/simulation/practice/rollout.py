"""Versions and deployments of an exercise: what brought the fault, what repaired it, and what did neither."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from labkit.simulation.model import ConfigEdit, DeploymentEvent, Release, Scenario
from labkit.simulation.practice.cards import Card
from labkit.simulation.practice.draws import Draws
from labkit.simulation.practice.exercise import Times

#: Repairs that are a deployment of their own: how it is called, and whether the old version comes back.
_BACK = {"string": True, "pool": True, "code": True, "secret": False, "slots": False}
_RESTARTS = {"secret": "Restart of the bank with renewed secrets", "slots": "Restart of the bank"}


@dataclass(frozen=True, slots=True)
class Rollout:
    """Versions before, during and after, and the settings that the update changes beside the fault."""

    old: str
    new: str
    revisions: tuple[str, str]
    edits: tuple[ConfigEdit, ...]
    number: int


def draw_rollout(card: Card, harmless: Sequence[Sequence[str]], draws: Draws) -> Rollout:
    """Draw the versions; now and then only settings are rolled out, and the version stays."""
    major, minor, patch = draws.whole(1, 3), draws.whole(1, 14), draws.whole(0, 6)
    old = f"{major}.{minor}.{patch}"
    settings_only = card.carrier == "live" or (card.remedy == "string" and draws.chance(0.3))
    new = old if settings_only else f"{major}.{minor + 1}.0"
    edits = tuple(ConfigEdit(*row) for row in draws.some(harmless, draws.whole(1, 4)))
    revision = draws.revision()
    return Rollout(
        old, new, (revision, revision if settings_only else draws.revision()), edits, draws.whole(200, 4000)
    )


def with_versions(scenario: Scenario, card: Card, rollout: Rollout) -> Scenario:
    """Give the releases their versions."""
    if card.carrier == "live":
        versions = [rollout.old] * len(scenario.releases)
    else:
        versions = [rollout.old, rollout.new, rollout.old if _BACK[card.remedy] else rollout.new]
    pairs = zip(scenario.releases, versions, strict=True)
    return replace(scenario, releases=tuple(replace(one, version=version) for one, version in pairs))


def event(
    rollout: Rollout, at: dt.datetime, name: str, *, status: str, diff: Sequence[ConfigEdit] = ()
) -> DeploymentEvent:
    """Make one event of a deployment of the bank as it is before the fault; its id is given at the end."""
    return DeploymentEvent(
        at=at,
        event="deployment.started" if status == "running" else "deployment.finished",
        id="",
        name=name,
        status=status,
        service="bank-web",
        version=rollout.old,
        previous=rollout.old,
        revision=rollout.revisions[0],
        actor="release pipeline",
        diff=tuple(diff),
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


def fault_and_repair(
    scenario: Scenario, card: Card, times: Times, rollout: Rollout, draws: Draws
) -> tuple[DeploymentEvent, ...]:
    """Record the deployment that brought the fault, and the one that ended it, where they were any."""
    if card.remedy == "load":
        edits = (ConfigEdit("POOL_MAX_SIZE", "2", "16"), ConfigEdit("WEB_WORKERS", "2", "8"))
        done = event(rollout, times.recovered, "More workers and connections", status="succeeded", diff=edits)
        return (replace(done, actor="on-call engineer"),)
    if card.carrier == "live":
        return () if card.remedy != "secret" else _repair(card, times, rollout, (), draws)
    diff = tuple(sorted((*rollout.edits, *_own_edits(scenario, card)), key=lambda edit: edit.key))
    update = "Routine update of the bank" if rollout.new != rollout.old else "New settings for the bank"
    first = replace(
        event(rollout, times.onset, update, status="running", diff=diff),
        version=rollout.new,
        revision=rollout.revisions[1],
    )
    return (*pair(first, draws.whole(6, 20)), *_repair(card, times, rollout, diff, draws))


def _own_edits(scenario: Scenario, card: Card) -> list[ConfigEdit]:
    """List the settings in which the fault itself stands."""
    at = faulty(scenario, card)
    found = []
    if scenario.releases[at].dsn.text != scenario.releases[at - 1].dsn.text:
        found.append(ConfigEdit("DATABASE_URL", f"{{dsn {at - 1}}}", f"{{dsn {at}}}"))
    if card.remedy == "pool":
        sizes = [str(capacity.connections) for capacity in scenario.capacities]
        found.append(ConfigEdit("POOL_MAX_SIZE", sizes[0], min(sizes)))
    for outcome in scenario.releases[at].outcomes:
        found.append(ConfigEdit(f"FEATURE_{outcome.name.upper().replace('-', '_')}", None, "on"))
    return found


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
        name = _RESTARTS[card.remedy]
    else:
        name = "Back to the version before" if rollout.new != rollout.old else "Back to the settings before"
    first = replace(
        event(rollout, times.recovered - dt.timedelta(seconds=took), name, status="running", diff=undone),
        version=rollout.old if back else rollout.new,
        previous=rollout.new,
        revision=rollout.revisions[0 if back else 1],
        actor="incident commander",
    )
    return pair(first, took)


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


def inserted(scenario: Scenario, release: Release) -> Scenario:
    """Add a release among the others, in the order of time."""
    return replace(scenario, releases=tuple(sorted((*scenario.releases, release), key=lambda one: one.start)))
