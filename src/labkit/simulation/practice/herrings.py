"""Red herrings: things that happen near an outage and have nothing to do with it; all of them are real.

Each kind changes the scenario so that the evidence shows it, and tells for the reveal why it is harmless.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from labkit.simulation.clock import to_us
from labkit.simulation.model import ConfigEdit, LogLine, Loss, Message, Scenario, Slowdown
from labkit.simulation.practice.changes import (
    draw_edits,
    draw_parameter,
    draw_size,
    size_edit,
    with_capacity,
    with_parameter,
)
from labkit.simulation.practice.draws import Draws
from labkit.simulation.practice.exercise import Herring
from labkit.simulation.practice.rollout import Setting, event, grown, pair

_MINUTE = dt.timedelta(minutes=1)
_SECOND = dt.timedelta(seconds=1)
_LOADED = ("load", "pool", "query")
#: Faults to which more connections make no difference.
_ROOMY = ("string", "code")


Added = tuple[Scenario, Herring]
Maker = Callable[[Scenario, Setting, Draws], Added]


def add_herrings(scenario: Scenario, setting: Setting, draws: Draws) -> tuple[Scenario, tuple[Herring, ...]]:
    """Add three to six red herrings that fit the fault."""
    fitting = [make for make, fits in _KINDS if fits(setting)]
    found: list[Herring] = []
    for make in draws.some(fitting, draws.whole(3, 6)):
        scenario, herring = make(scenario, setting, draws)
        found.append(herring)
    return scenario, tuple(sorted(found, key=lambda one: one.at))


def set_clocks(scenario: Scenario, draws: Draws) -> tuple[Scenario, tuple[Herring, ...]]:
    """Let the clock that stamps one host's log be some seconds behind, in every second case."""
    hosts = [replace(host, clock_slow_s=0.0) for host in scenario.topology.hosts]
    found: tuple[Herring, ...] = ()
    if draws.chance(0.5):
        at, slow = draws.whole(0, len(hosts) - 1), draws.whole(2, 9)
        hosts[at] = replace(hosts[at], clock_slow_s=float(slow))
        text = f"The clock that stamps the log of {hosts[at].name} is {slow} s behind; its spans are right."
        found = (Herring("slow-clock", scenario.start, text),)
    return replace(scenario, topology=replace(scenario.topology, hosts=tuple(hosts))), found


def _harmless_update(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    """Roll out harmless settings before the onset; the string may gain a part, the pool change its size."""
    rollout, live = setting.rollout, setting.card.carrier == "live"
    at = setting.times.onset - (draws.span(2, 8) if live else draws.span(9, 20))
    taken = {*rollout.own, *(edit.key for edit in rollout.edits)}
    diff = list(draw_edits(setting.phrases["settings"], taken, draws))
    parameter = draw_parameter(scenario.releases, setting.phrases["settings"]["parameters"], draws)
    first, *others = scenario.releases
    updated = replace(first, start=at, pools="restarted")
    if parameter and draws.chance(0.5):
        updated = with_parameter(updated, parameter)
        others = [with_parameter(one, parameter) for one in others]
        diff.append(ConfigEdit("DATABASE_URL", "{dsn 0}", "{dsn 1}"))
    if setting.card.remedy not in _LOADED and not rollout.size and draws.chance(0.3):
        size = scenario.capacities[0].connections
        other = draw_size(size, draws)
        scenario = with_capacity(scenario, at, connections=other)
        diff.append(size_edit(size, other))
    scenario = replace(scenario, releases=(replace(first, version=rollout.older), updated, *others))
    begun = event(rollout, at, rollout.names[1], versions=(rollout.older, rollout.old), diff=diff)
    keys = ", ".join(edit.key for edit in begun.diff)
    text = f"An update of the bank changed {keys}. Requests went on as before until the onset."
    return _deployed(scenario, *pair(begun, draws.whole(6, 20))), Herring("harmless-update", at, text)


def _edge_update(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    at = setting.times.onset - draws.span(1, 9)
    name, key, before, after = draws.pick(setting.phrases["settings"]["edge"])
    version = f"2.{draws.whole(1, 6)}.{draws.whole(1, 9)}"
    old = setting.rollout.old
    first = replace(
        event(setting.rollout, at, name, versions=(old, old), diff=[ConfigEdit(key, before, after)]),
        service="bank-edge",
        version=version,
        previous=version,
        revision=draws.revision(),
    )
    text = f"A deployment of the edge ({key}) minutes before the onset; the edge passed on what it got."
    return _deployed(scenario, *pair(first, draws.whole(20, 80))), Herring("edge-update", at, text)


def _scale_out(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    """Add workers, and now and then connections, in the middle of the outage: it does nothing."""
    times, rollout = setting.times, setting.rollout
    at = times.detected + dt.timedelta(
        seconds=int((times.recovered - times.detected).total_seconds() * draws.between(0.4, 0.5))
    )
    before = [one for one in scenario.capacities if one.start <= at][-1]
    grows = setting.card.remedy in _ROOMY and not rollout.size and draws.chance(0.5)
    after = replace(
        before,
        workers=draws.pick((2, 3, 4)) * before.workers,
        connections=2 * before.connections if grows else before.connections,
    )
    took = min(draws.whole(70, 420), int((at - times.detected).total_seconds() / 2))
    later = [replace(one, workers=after.workers) if one.start > at else one for one in scenario.capacities]
    scenario = replace(scenario, capacities=tuple(later))
    scenario = with_capacity(scenario, at, workers=after.workers, connections=after.connections)
    version = rollout.new if setting.card.carrier == "update" else rollout.old
    name = draws.pick(setting.phrases["deployments"]["grown"])
    said = setting.phrases["talk"]
    announced = max(at - took * _SECOND - 2 * _MINUTE, times.detected + _MINUTE / 2)
    chat = [
        _said(announced, "on-call engineer", draws.pick(said["scale"])),
        _said(
            at + draws.span(1, 3), "on-call engineer", draws.pick(said["scaled"]).format(time=f"{at:%H:%M}")
        ),
    ]
    scenario = _deployed(scenario, *grown(rollout, (at, took), name, (before, after), version))
    text = f"Workers were raised from {before.workers} to {after.workers}; the failures did not notice."
    return _talked(scenario, *chat), Herring("scale-out", at, text)


def _burst(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    """Let more visitors come for some minutes around the onset."""
    at = setting.times.onset - draws.span(2, 12)
    end = at + draws.span(8, 16)
    points = _raised(scenario.traffic.sessions_per_minute, at, end, draws.between(1.5, 1.9))
    chat = _said(at - _MINUTE, "developer", draws.pick(setting.phrases["talk"]["burst"]))
    scenario = replace(scenario, traffic=replace(scenario.traffic, sessions_per_minute=points))
    text = f"More visitors until {end:%H:%M}. Neither latency nor failures followed their number."
    return _talked(scenario, chat), Herring("visitors", at, text)


def _raised(
    points: Sequence[tuple[dt.datetime, float]], begin: dt.datetime, end: dt.datetime, times: float
) -> tuple[tuple[dt.datetime, float], ...]:
    """Raise a curve between two moments, with a minute to rise and a minute to fall."""
    at = [to_us(when) for when, _ in points]
    edges = [begin - _MINUTE, begin, end, end + _MINUTE]
    usual = np.interp([to_us(edge) for edge in edges], at, [rate for _, rate in points]).tolist()
    inside = [
        (edge, rate * factor) for edge, rate, factor in zip(edges, usual, (1, times, times, 1), strict=True)
    ]
    kept = [point for point in points if not edges[0] <= point[0] <= edges[-1]]
    return tuple(sorted((*kept, *inside)))


def _blip(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    """Lose a few packets of one host for two minutes, well before the onset."""
    at = setting.times.onset - draws.span(9, 18)
    end = at + draws.span(1.5, 3)
    host = draws.pick(scenario.topology.hosts).name
    loss = Loss(host, at, end, draws.between(0.15, 0.3))
    traffic = replace(scenario.traffic, losses=(*scenario.traffic.losses, loss))
    text = f"Packets between {host} and the database were lost until {end:%H:%M}; no request failed for it."
    return replace(scenario, traffic=traffic), Herring("packet-loss", at, text)


def _slow_spell(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    """Let the statement page's query be slower for a while, before the onset."""
    at = setting.times.onset - draws.span(10, 20)
    end = at + draws.span(3, 6)
    factor = draws.between(3, 5)
    factors = ((at - _MINUTE, 1.0), (at, factor), (end, factor), (end + _MINUTE, 1.0))
    slowdowns = (*scenario.traffic.slowdowns, Slowdown("statement", factors))
    text = f"Statements were slow until {end:%H:%M}, over before the onset, and nothing failed."
    return replace(scenario, traffic=replace(scenario.traffic, slowdowns=slowdowns)), Herring(
        "slow-spell", at, text
    )


def _late_feed(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    """Write warnings of another part of the program that begin just before the onset."""
    at = setting.times.onset - draws.span(1, 5)
    body = f"exchange rates are {draws.whole(8, 25)} min old; the feed answered late"
    line = LogLine(
        at, draws.pick(scenario.topology.hosts).name, "bank.rates", "WARNING", body, 60.0 * draws.whole(1, 3),
        setting.times.end,
    )  # fmt: skip
    lines = tuple(sorted((*scenario.log_lines, line), key=lambda one: one.at))
    text = "Warnings about late exchange rates; they go on after the recovery as before."
    return replace(scenario, log_lines=lines), Herring("late-feed", at, text)


def _stray_report(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    at = setting.times.onset - draws.span(2, 12)
    text = draws.pick(setting.phrases["talk"]["strays"])
    said = Message(at, "user-report", "user", text)
    why = "A user wrote before the onset, about something else: no detection."
    return _talked(scenario, said), Herring("stray-report", at, why)


def _ping(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    text = draws.pick(setting.phrases["talk"]["ping"])
    why = "Pings came back. That proves the way to the host, and nothing above it."
    return _remark(scenario, setting, draws, ("developer", text), Herring("ping", setting.times.onset, why))


def _code_search(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    text = draws.pick(setting.phrases["talk"]["code"]).format(tests=draws.whole(310, 640))
    why = "The code was searched. Unit tests do not meet what a running system meets."
    return _remark(
        scenario, setting, draws, ("developer", text), Herring("code-search", setting.times.onset, why)
    )


def _chance(scenario: Scenario, setting: Setting, draws: Draws) -> Added:
    text = draws.pick(setting.phrases["talk"]["chance"])
    why = f"A guess in the chat ('{text}'): no evidence goes with it."
    return _remark(
        scenario, setting, draws, ("on-call engineer", text), Herring("guess", setting.times.onset, why)
    )


def _remark(
    scenario: Scenario, setting: Setting, draws: Draws, said: tuple[str, str], herring: Herring
) -> Added:
    """Let somebody say something between detection and repair."""
    left = (setting.times.recovered - setting.times.detected).total_seconds()
    at = setting.times.detected + dt.timedelta(seconds=int(left * draws.between(0.35, 0.5)))
    return _talked(scenario, _said(at, *said)), replace(herring, at=at)


def _said(at: dt.datetime, author: str, text: str) -> Message:
    return Message(at, "chat", author, text)


def _talked(scenario: Scenario, *said: Message) -> Scenario:
    return replace(scenario, messages=(*scenario.messages, *said))


def _deployed(scenario: Scenario, *events: Any) -> Scenario:
    return replace(scenario, deployments=(*scenario.deployments, *events))


_KINDS: tuple[tuple[Maker, Callable[[Setting], bool]], ...] = (
    (_harmless_update, lambda _: True),
    (_edge_update, lambda _: True),
    (_scale_out, lambda s: s.card.remedy != "load"),
    (_burst, lambda s: s.card.remedy not in _LOADED),
    (_blip, lambda s: s.card.remedy not in ("network", *_LOADED)),
    (_slow_spell, lambda s: s.card.remedy not in ("network", *_LOADED)),
    (_late_feed, lambda _: True),
    (_stray_report, lambda _: True),
    (_ping, lambda s: s.card.remedy != "network"),
    (_code_search, lambda s: s.card.remedy != "code"),
    (_chance, lambda _: True),
)
