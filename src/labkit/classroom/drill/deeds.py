"""What is done to the bank in the course of a scenario: updates, more room, the way back."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from labkit.simulation.model import DeploymentEvent, Scenario

Kind = Literal["update", "more room", "back"]
_DSN = re.compile(r"\{dsn (\d+)\}")
#: Settings that say how much room the program has; `Bank.scale` sets them, with real processes behind them.
_ROOM = ("WEB_WORKERS", "POOL_MAX_SIZE", "CPU_LIMIT", "MEMORY_LIMIT")


@dataclass(frozen=True, slots=True)
class Deed:
    """One deployment of the scenario, to be done for real.

    Attributes
    ----------
    kind : str
        ``update``, ``more room`` or ``back``.
    starts, ends : datetime
        When its first and its last event is recorded, on the incident's clock.
    version, name, actor : str
        As they are to be recorded.
    settings : mapping
        What the update changes beside the connection string, as TOML values; None takes a key out.
    release : int or None
        Position of the scenario's release whose connection string it carries; None for no change of it.
    workers, connections : int or None
        What there is afterwards, where it gives more room.
    """

    kind: Kind
    starts: dt.datetime
    ends: dt.datetime
    version: str
    name: str
    actor: str
    settings: Mapping[str, str | int | None] = field(default_factory=dict)
    release: int | None = None
    workers: int | None = None
    connections: int | None = None


def deeds_of(scenario: Scenario) -> tuple[Deed, ...]:
    """List what is done to the bank, in order of time.

    Examples
    --------
    >>> from labkit.simulation.scenario import load_scenario
    >>> [(deed.kind, deed.version, deed.workers) for deed in deeds_of(load_scenario("debacle"))]
    [('update', '1.8.0', None), ('more room', '1.8.0', 6), ('back', '1.7.4', None)]
    """
    own = [event for event in scenario.deployments if event.service == scenario.topology.service]
    return tuple(_deed(group) for group in _groups(own))


def _groups(events: list[DeploymentEvent]) -> Iterator[list[DeploymentEvent]]:
    for name in dict.fromkeys(event.id for event in sorted(events, key=lambda event: event.at)):
        yield [event for event in events if event.id == name]


def _deed(events: list[DeploymentEvent]) -> Deed:
    first, last = events[0], events[-1]
    edits = {edit.key: edit.after for event in events for edit in event.diff}
    dsn = edits.pop("DATABASE_URL", None)
    found = _DSN.fullmatch(dsn or "")
    older = _order(first.version) < _order(first.previous)
    room = edits.keys() & {"WEB_WORKERS"}
    kind: Kind = "back" if older else "more room" if room else "update"
    return Deed(
        kind=kind,
        starts=first.at,
        ends=last.at,
        version=first.version,
        name=first.name,
        actor=first.actor,
        settings={key: _value(after) for key, after in edits.items() if kind == "update" or key not in _ROOM},
        release=int(found[1]) if found else None,
        workers=_number(edits.get("WEB_WORKERS")) if room else None,
        connections=_number(edits.get("POOL_MAX_SIZE")) if room else None,
    )


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _value(text: str | None) -> str | int | None:
    return int(text) if text is not None and text.isdecimal() else text


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
