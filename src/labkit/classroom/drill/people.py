"""What people say, and how the class project goes: the scenario's words on the drill's clock."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.simulation.story import deployment_record

if TYPE_CHECKING:
    from labkit.classroom.drill.clock import DrillClock
    from labkit.simulation.model import Message, Scenario

_CLOCK_TIME = re.compile(r"\b(\d\d):(\d\d)(?::(\d\d))?\b")
#: Times of the day and lengths that people say in words: the minute of the day, or how many minutes.
_SPOKEN_TIMES = {"half past two": 14 * 60 + 30}
_SPOKEN_LENGTHS = {"Two and a half hours": 150.0, "14 minutes": 14.0, "five minutes": 5.0}
_LOST = {"Our project lost the afternoon": "Our project lost that time"}
#: A drill has the hosts it was asked for, and twice as many afterwards: three times would be much here.
_HOSTS = {
    "Three times the workers": "Twice the workers",
    "all three hosts": "every host",
    "all three machines": "every machine",
}


def retold(text: str, clock: DrillClock) -> str:
    """Put the moments that a text names onto the drill's clock, and the lengths into what they really were.

    Examples
    --------
    >>> from labkit.classroom.drill.clock import DrillClock
    >>> day = dt.datetime(2023, 12, 1, 14, tzinfo=dt.UTC)
    >>> began = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
    >>> clock = DrillClock(day, day + dt.timedelta(hours=3.5), began, 3.0)
    >>> retold("More workers since 15:12. Two and a half hours.", clock)
    'More workers since 09:01:01. 129 seconds.'
    """
    for words, instead in _HOSTS.items():
        text = text.replace(words, instead)
    if clock.factor == 1:
        return text
    said = _CLOCK_TIME.sub(lambda found: _moment(clock, *(int(part or 0) for part in found.groups())), text)
    for words, minute in _SPOKEN_TIMES.items():
        said = said.replace(words, _moment(clock, *divmod(minute, 60), 0))
    for words, minutes in _SPOKEN_LENGTHS.items():
        said = said.replace(words, f"{60 * minutes / clock.factor:.0f} seconds")
    for words, instead in _LOST.items():
        said = said.replace(words, instead)
    return said


def _moment(clock: DrillClock, hour: int, minute: int, second: int) -> str:
    said = clock.start.replace(hour=hour, minute=minute, second=second, microsecond=0)
    return f"{clock.real(said):%H:%M:%S}"


def message_line(message: Message, clock: DrillClock) -> str:
    """Write one message as a line of ``messages.jsonl``."""
    return _json(
        {
            "timestamp": zulu(clock.real(message.at)),
            "channel": message.channel,
            "author": message.author,
            "text": retold(message.text, clock),
        }
    )


def messages_text(scenario: Scenario, clock: DrillClock) -> str:
    """Write all messages, one a line."""
    return "".join(message_line(message, clock) + "\n" for message in scenario.messages)


def progress_text(scenario: Scenario, clock: DrillClock) -> str:
    """Write the snapshots of the class project."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time_utc", "planned_milestones", "completed_milestones", "note"])
    for snapshot in scenario.progress:
        at = zulu(clock.real(snapshot.at))
        writer.writerow([at, snapshot.planned, snapshot.completed, retold(snapshot.note, clock)])
    return out.getvalue()


def told_deployments(scenario: Scenario, clock: DrillClock) -> tuple[Mapping[str, Any], ...]:
    """List the deployments of other services: there is no edge here, so these are told, not done."""
    others = [event for event in scenario.deployments if event.service != scenario.topology.service]
    return tuple(deployment_record(event, zulu(clock.real(event.at))) for event in others)


def zulu(when: dt.datetime) -> str:
    """Write a time in UTC with microseconds, as the other files do."""
    return when.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
