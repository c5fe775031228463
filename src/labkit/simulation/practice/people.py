"""What people say in an exercise: users tell what they see, responders what they do; nobody names a cause."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from labkit.simulation.model import Message
from labkit.simulation.practice.draws import Draws
from labkit.simulation.practice.exercise import Times

#: A repair is decided before it begins.
_REPAIRED = dt.timedelta(seconds=310)
_ON_CALL, _COMMANDER = "on-call engineer", "incident commander"


@lru_cache(maxsize=1)
def phrases() -> Mapping[str, Any]:
    """Read what can be said."""
    text = (resources.files("labkit.simulation.practice") / "phrases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def talk(symptom: str, times: Times, draws: Draws) -> tuple[Message, ...]:
    """Draw the conversation around an outage, without its red herrings."""
    said = phrases()["talk"]
    reports = draws.shuffled(phrases()["reports"][symptom])
    before = Message(
        times.start + draws.span(2, 15),
        "chat",
        "developer",
        draws.pick(said["small"]).format(minutes=draws.whole(9, 22)),
    )
    return (
        before,
        *_noticed(times, reports, said, draws),
        *_worked_on(times, said, draws),
        *_over(times, said, draws),
    )


def _noticed(times: Times, reports: list[str], said: Mapping[str, Any], draws: Draws) -> list[Message]:
    """Let users write, and the service desk page; now and then calls come before letters."""
    page = draws.pick(said["page"])
    gaps = [times.detected]
    for _ in range(3):
        gaps.append(gaps[-1] + draws.span(0.4, 1.5))
    first = [
        Message(gaps[0], "user-report", "user", reports[0]),
        Message(gaps[1], "user-report", "user", reports[1]),
    ]
    paged = Message(gaps[2], "pager", "service desk", page)
    if draws.chance(0.25):
        paged, first = (
            _at(paged, gaps[0]),
            [_at(one, when) for one, when in zip(first, gaps[1:3], strict=True)],
        )
    return [*first, paged, Message(gaps[3], "chat", _ON_CALL, draws.pick(said["ack"]))]


def _at(message: Message, when: dt.datetime) -> Message:
    return Message(when, message.channel, message.author, message.text)


def _worked_on(times: Times, said: Mapping[str, Any], draws: Draws) -> list[Message]:
    """Spread what responders do over the time that is left."""
    beats = [
        ("look", _ON_CALL),
        ("escalate", _ON_CALL),
        ("found", "senior engineer"),
        ("decision", _COMMANDER),
    ]
    begin, end = times.detected + dt.timedelta(minutes=6), times.recovered - _REPAIRED
    if end - begin < dt.timedelta(minutes=2):
        begin, end = end - dt.timedelta(minutes=2), times.recovered - dt.timedelta(seconds=20)
        beats = beats[2:]
    left = (end - begin).total_seconds()
    shares = [(k + draws.between(0.1, 0.8)) / len(beats) for k in range(len(beats))]
    return [
        Message(begin + dt.timedelta(seconds=int(left * share)), "chat", author, draws.pick(said[what]))
        for share, (what, author) in zip(shares, beats, strict=True)
    ]


def _over(times: Times, said: Mapping[str, Any], draws: Draws) -> list[Message]:
    first = times.recovered + draws.span(0.4, 1.5)
    weekday = f"{times.end + dt.timedelta(days=draws.whole(1, 3)):%A}"
    return [
        Message(first, "chat", _ON_CALL, draws.pick(said["over"]).format(time=f"{times.recovered:%H:%M}")),
        Message(first + draws.span(2, 5), "user-report", "user", draws.pick(said["thanks"])),
        Message(
            first + draws.span(6, 11), "chat", _COMMANDER, draws.pick(said["review"]).format(weekday=weekday)
        ),
    ]
