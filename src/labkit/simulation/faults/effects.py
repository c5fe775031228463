"""What a release does to requests that reach the database."""

from __future__ import annotations

from labkit.simulation.faults.connects import call_of, connect
from labkit.simulation.faults.query_errors import cut_off
from labkit.simulation.faults.query_faults import QUERY_FAULTS, limit_ms
from labkit.simulation.faults.row import Call, QueryFault
from labkit.simulation.model import Outcome, Release, Scenario


def query_fault(scenario: Scenario, release: Release) -> QueryFault | None:
    """Find the fault that a release's queries have, if it connects and they have one."""
    if not connect(release.dsn, scenario.topology, release.databases).ok:
        return None
    call = _call(scenario, release)
    return next((row for row in QUERY_FAULTS if row.applies(call)), None)


def special_outcomes(scenario: Scenario) -> list[tuple[int, Outcome]]:
    """List the outcomes that only some release has, with the position of the release."""
    found = []
    for position, release in enumerate(scenario.releases):
        found += [(position, outcome) for outcome in release.outcomes]
        if release.pools == "cut":
            found += [(position, cut_off(route)) for route in scenario.traffic.routes if route.queries]
        fault = query_fault(scenario, release)
        if fault:
            call = _call(scenario, release)
            for route in scenario.traffic.routes:
                found += [(position, outcome) for outcome in fault.outcomes(call, route)]
    return found


def statement_limit_ms(scenario: Scenario, release: Release) -> int | None:
    """Return the statement timeout that a release's connection string sets, if it sets one."""
    return limit_ms(_call(scenario, release))


def _call(scenario: Scenario, release: Release) -> Call:
    return call_of(release.dsn, scenario.topology, release.databases)
