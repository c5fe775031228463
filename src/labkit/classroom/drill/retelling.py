"""The same evidence on the scenario's own clock, as the labs tell it: moments are moved, durations stay.

What happened in a few minutes is spread over the scenario's afternoon again: a request begins when it would
have begun, and takes as long as it really took. So the labs, whose cells name the incident's moments, can be
worked through with the class's own outage.
"""

from __future__ import annotations

import bisect
import datetime as dt
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.classroom.drill import people
from labkit.classroom.drill.bundle import add_deployments, write_bundle
from labkit.classroom.drill.clock import DrillClock
from labkit.classroom.drill.deeds import deeds_of
from labkit.classroom.drill.moments import SECOND, access_time, instant, move, nanoseconds

if TYPE_CHECKING:
    from labkit.simulation.model import Scenario

_LINE = re.compile(r'^(\S+) .*?\] "(\S+) (\S+) [^"]*" (\d{3}) ')
#: Lines of an access log are stamped in whole seconds, when the answer was complete.
_NEAR_NS = 2 * SECOND
#: By then every host has seen that another release is in force.
_SEEN_NS = 3 * SECOND // 10


def retell(bundle: Path, out: Path, scenario: Scenario, clock: DrillClock) -> tuple[Path, ...]:
    """Write a drill's bundle a second time, on the scenario's clock.

    Parameters
    ----------
    bundle, out : Path
        The bundle of a drill, and a new folder.
    scenario : Scenario
        What was played.
    clock : DrillClock
        When it was played, and how much it was squeezed.

    Returns
    -------
    tuple of Path
        The files, by name.
    """
    return write_bundle(out, lambda draft: _fill(bundle, draft, scenario, clock))


def _fill(bundle: Path, draft: Path, scenario: Scenario, clock: DrillClock) -> None:
    for file in bundle.iterdir():
        shutil.copyfile(file, draft / file.name)
    spread = _Spread(scenario, clock)
    mover = _Mover(spread, draft / "traces.otlp.jsonl")
    move(draft, mover.moved, access=mover.moved_line)
    _deployments(draft / "deployments.jsonl", scenario, spread)
    itself = replace(clock, began=clock.start, minutes=(clock.end - clock.start).total_seconds() / 60)
    add_deployments(draft / "deployments.jsonl", people.told_deployments(scenario, itself))
    for name, text in (
        ("messages.jsonl", people.messages_text(scenario, itself)),
        ("progress.csv", people.progress_text(scenario, itself)),
    ):
        (draft / name).write_text(text, encoding="utf-8", newline="\n")


def _deployments(file: Path, scenario: Scenario, spread: _Spread) -> None:
    """Move what was done to the bank, to the second as such records are; the rest is told anew."""
    events = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    own = [e for e in events if e["attributes"]["service.name"] == scenario.topology.service]
    moved = []
    for event in own:
        at = spread.moved(nanoseconds(dt.datetime.fromisoformat(event["timestamp"])))
        moved.append(event | {"timestamp": people.zulu(instant(at).replace(microsecond=0))})
    file.write_text("", encoding="utf-8")
    add_deployments(file, moved)


class _Spread:
    """Spreads the drill's time over the scenario's, but for a moment after each change of the bank.

    How long the hosts take to see a change is the program's own time, as long as it really was.
    """

    def __init__(self, scenario: Scenario, clock: DrillClock) -> None:
        real, told = [nanoseconds(clock.began)], [nanoseconds(clock.start)]
        for moment in sorted({d.ends if d.kind == "back" else d.starts for d in deeds_of(scenario)}):
            at, then = nanoseconds(clock.real(moment)), nanoseconds(moment)
            real += [at, at + _SEEN_NS]
            told += [then, then + _SEEN_NS]
        self._real = [*real, nanoseconds(clock.real(clock.end))]
        self._told = [*told, nanoseconds(clock.end)]

    def moved(self, ns: int) -> int:
        """Give the moment of the incident; before and after the window in proportion."""
        last = len(self._real) - 2
        k = min(max(bisect.bisect_right(self._real, ns) - 1, 0), last)
        one, two = self._real[k], self._real[k + 1]
        low, high = self._told[k], self._told[k + 1]
        return low + (ns - one) * (high - low) // (two - one)


class _Mover:
    """Moves a record to where its trace begins on the incident's clock, and keeps its distance from there."""

    def __init__(self, spread: _Spread, traces: Path) -> None:
        self._spread = spread
        self._begins: dict[str, int] = {}
        self._answers: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
        for span in _spans(traces):
            begin = int(span["startTimeUnixNano"])
            trace = span["traceId"]
            self._begins[trace] = min(begin, self._begins.get(trace, begin))
        for span in _spans(traces):
            if (key := _key(span)) is not None:
                self._answers[key].append((int(span["endTimeUnixNano"]), self._begins[span["traceId"]]))

    def moved(self, ns: int, trace: str) -> int:
        """Move a moment, with its trace if it has one."""
        begin = self._begins.get(trace, ns)
        return self._spread.moved(begin) + ns - begin

    def moved_line(self, ns: int, line: str) -> int:
        """Move a line of the access log with the request that it is of."""
        found = _LINE.search(line)
        answers = self._answers.get(found.groups(), []) if found else []
        near = [pair for pair in answers if abs(pair[0] - access_time(line)) <= _NEAR_NS]
        if not near:
            return self.moved(ns, "")
        pair = min(near, key=lambda one: abs(one[0] - ns))
        answers.remove(pair)
        end, begin = pair
        return self._spread.moved(begin) + end - begin


def _spans(traces: Path) -> Iterator[Mapping[str, Any]]:
    for line in traces.read_text(encoding="utf-8").splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                yield from scope["spans"]


def _key(span: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Give what a server span and its line of the access log have in common."""
    names = ("client.address", "http.request.method", "url.path", "http.response.status_code")
    values = {entry["key"]: next(iter(entry["value"].values())) for entry in span["attributes"]}
    if any(name not in values for name in names):
        return None
    return tuple(str(values[name]) for name in names)
