"""Scenario files: TOML in, frozen values out, and a clear error for what cannot be."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from labkit.core.errors import LabError, unknown_name
from labkit.simulation.faults import ROWS, STEPS, ConnectFault, ConnectResult, QueryFault, Row, connect
from labkit.simulation.faults.effects import query_fault
from labkit.simulation.model import Fault, Release, Scenario
from labkit.simulation.reading import read_value

_FOLDER = "scenarios"

#: How a scenario takes back the fault of the one it stands on.
NO_FAULT = ("fault", "none")

#: What the variants stand on: the seed incident's day with messages that fit every cause; the same with an
#: update that leaves the connection string as it is.
BASES = ("_practice", "_steady")


def scenario_names() -> tuple[str, ...]:
    """List the scenarios that come with the package.

    Examples
    --------
    >>> "debacle" in scenario_names()
    True
    """
    folder = resources.files("labkit.simulation") / _FOLDER
    files = [f.name for f in folder.iterdir() if f.name.endswith(".toml") and not f.name.startswith("_")]
    return tuple(sorted(name.removesuffix(".toml") for name in files))


def load_scenario(name: str | Path) -> Scenario:
    """Read a scenario by its name, or from a file whose path ends in ``.toml``.

    Raises
    ------
    LabError
        No such scenario or file, no TOML, unknown or missing keys, a value that cannot be.
    """
    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            raise LabError("no such scenario file", found=str(path), next_step="Check the path.")
        return parse_scenario(path.read_text(encoding="utf-8"), where=path.name)
    if name not in scenario_names():
        raise _no_scenario(str(name))
    return parse_scenario(packaged_text(str(name)), where=f"{name}.toml")


def _no_scenario(name: str) -> LabError:
    """Build the error for a name that no scenario has; a fault's name leads to the scenario that shows it."""
    showing = _scenario_showing(name) if name in ROWS else None
    if showing is None:
        return unknown_name("scenario", name, scenario_names())
    return LabError(
        "no scenario of that name",
        found=name,
        next_step=f"It is a fault of the catalogue; the scenario that shows it is {showing!r}.",
    )


def _scenario_showing(fault: str) -> str | None:
    """Find a scenario that has a fault by itself or as a step, before one that has it beside another."""
    said = {name: [one.name for one in faults_of(load_scenario(name))] for name in scenario_names()}
    having = [
        name for name, faults in said.items() if any(fault in (one, *STEPS.get(one, ())) for one in faults)
    ]
    return min(having, key=lambda name: len(said[name]), default=None)


def parse_scenario(text: str, *, where: str = "scenario") -> Scenario:
    """Read and validate the text of a scenario."""
    return build_scenario(read_table(text, where), where=where)


def read_table(text: str, where: str) -> dict[str, Any]:
    """Read TOML; what ``base`` names comes first, and this file's keys go over it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LabError(f"{where} is no TOML: {error}", next_step="Mend that line.") from error
    base = table.pop("base", None)
    if base is None:
        return table
    if base not in (*scenario_names(), *BASES):
        raise unknown_name(f"scenario to build {where} on", base, scenario_names())
    return overlay(read_table(packaged_text(base), f"{base}.toml"), table)


def overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one table over another: tables are joined, everything else is replaced.

    Over a list, a table whose keys are positions changes these entries only.

    Examples
    --------
    >>> overlay({"a": [{"x": 1}, {"x": 2}]}, {"a": {"1": {"x": 3}}})
    {'a': [{'x': 1}, {'x': 3}]}
    """
    joined = dict(below)
    for key, value in above.items():
        joined[key] = _laid(below.get(key), value)
    return joined


def _laid(below: Any, above: Any) -> Any:
    if isinstance(above, dict) and isinstance(below, dict):
        return overlay(below, above)
    if isinstance(above, dict) and isinstance(below, list) and _are_positions(above, len(below)):
        return [_laid(item, above[str(k)]) if str(k) in above else item for k, item in enumerate(below)]
    return above


def _are_positions(table: Mapping[str, Any], count: int) -> bool:
    return bool(table) and all(key.isdecimal() and int(key) < count for key in table)


def packaged_text(name: str) -> str:
    """Return the text of a scenario that comes with the package."""
    return (resources.files("labkit.simulation") / _FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def build_scenario(table: Mapping[str, Any], *, where: str = "scenario") -> Scenario:
    """Turn a table as ``tomllib`` gives it into a validated scenario."""
    sound = {key: value for key, value in table.items() if (key, value) != NO_FAULT}
    scenario: Scenario = read_value(Scenario, sound, where)
    validate(scenario)
    return scenario


def validate(scenario: Scenario) -> None:
    """Raise for what each value allows but the whole does not."""
    if scenario.end <= scenario.start:
        raise LabError("the window ends before it starts", found=_clock(scenario.end))
    _check_times(scenario)
    _check_names(scenario)
    _check_fault(scenario)


def _check_times(scenario: Scenario) -> None:
    for kind, times in {
        "releases": [r.start for r in scenario.releases[1:]],
        "capacities": [c.start for c in scenario.capacities[1:]],
        "messages": [m.at for m in scenario.messages],
        "log_lines": [line.at for line in scenario.log_lines],
        "postgres_lines": [line.at for line in scenario.postgres_lines],
    }.items():
        for when in times:
            if not scenario.start <= when <= scenario.end:
                raise LabError(
                    f"a time in {kind} lies outside the window",
                    found=_clock(when),
                    next_step=f"The window is {_clock(scenario.start)} to {_clock(scenario.end)}.",
                )
        if times != sorted(times):
            raise LabError(f"the times in {kind} are not in order", next_step="Sort them, earliest first.")
    starts = {
        "releases": [release.start for release in scenario.releases],
        "capacities": [capacity.start for capacity in scenario.capacities],
    }
    for kind, times in starts.items():
        if not times or times[0] > scenario.start:
            raise LabError(f"nothing in {kind} is in force when the window opens", next_step="Add the first.")


def _check_names(scenario: Scenario) -> None:
    routes = {route.name for route in scenario.traffic.routes}
    used = [name for route in scenario.traffic.routes for name in route.next if name != "end"]
    used += [*scenario.traffic.entry, *(o.route for o in scenario.traffic.outcomes)]
    for name in used:
        if name not in routes:
            raise unknown_name("route", name, routes)
    hosts = {host.name for host in scenario.topology.hosts}
    for line in scenario.log_lines:
        if line.host not in hosts:
            raise unknown_name("host in log_lines", line.host, hosts)
    for weights in [scenario.traffic.entry, *(r.next for r in scenario.traffic.routes)]:
        if weights and abs(sum(weights.values()) - 1) > 1e-9:
            raise LabError("the shares of a step do not add up to 1", found=dict(weights))


def _check_fault(scenario: Scenario) -> None:
    """Hold the names that the scenario gives its faults against what its connection strings do."""
    named = faults_of(scenario)
    for fault in named:
        if fault.name not in ROWS:
            raise unknown_name("fault", fault.name, ROWS)
    said = {(fault.name, fault.part) for fault in named}
    said |= {(step, ROWS[step].part) for fault in named for step in STEPS.get(fault.name, ())}
    shown = [(release, shows(scenario, release)) for release in scenario.releases]
    expected = sorted(f.name for f in named if isinstance(ROWS[f.name], ConnectFault | QueryFault))
    if expected and not any(row for _, row in shown):
        raise LabError(
            "[fault] names a connection fault but every release reaches its database",
            found=expected[0],
            next_step="Give one release a connection string that does what the fault says.",
        )
    for release, row in shown:
        if row and not named:
            raise LabError(
                f"release {release.version} cannot reach its database but the scenario names no fault",
                found=row.name,
                next_step="Add a [fault], or correct the connection string or the topology.",
            )
        if row and (row.name, row.part) not in said:
            raise LabError(
                f"the connection string of release {release.version} does not do what [fault] says",
                found=row.name,
                allowed=sorted(fault.name for fault in named),
                next_step="Change the one or the other.",
            )


def shows(scenario: Scenario, release: Release) -> Row | None:
    """Find the row of the catalogue that a release's connection string shows, if it shows one."""
    name = result_of(scenario, release).fault
    return ROWS[name] if name else query_fault(scenario, release)


def faults_of(scenario: Scenario) -> tuple[Fault, ...]:
    """List the faults of a scenario, the one to find first."""
    return (*((scenario.fault,) if scenario.fault else ()), *scenario.more_faults)


def result_of(scenario: Scenario, release: Release) -> ConnectResult:
    """Find out what a connection attempt of a release ends in."""
    return connect(release.dsn, scenario.topology, release.databases)


def _clock(when: dt.datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
