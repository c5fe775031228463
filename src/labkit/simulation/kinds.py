"""Every way a request can go: a route with how it ended, as one number."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.simulation.model import Outcome, QueryModel, Route, Scenario

POOL_TIMEOUT = "psycopg_pool.PoolTimeout"


@dataclass(frozen=True, slots=True)
class Kind:
    """One way a request of one route goes; the queries it runs follow from it."""

    route: Route
    route_index: int
    outcome: Outcome | None
    pool_timeout: bool

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        if self.pool_timeout:
            return 503
        return self.outcome.status if self.outcome else 200

    @property
    def queries(self) -> tuple[QueryModel, ...]:
        """Queries it runs, the last one included."""
        if self.pool_timeout:
            return ()
        return self.route.queries if self.outcome is None else self.route.queries[: self.outcome.query + 1]

    @property
    def exception(self) -> str:
        """Class of the exception that ended it, if any."""
        if self.pool_timeout:
            return POOL_TIMEOUT
        return self.outcome.exception if self.outcome else ""

    @property
    def outcome_line(self) -> tuple[str, str]:
        """Severity and text of the record it leaves in the log; no text, no record."""
        if self.pool_timeout:
            return "ERROR", f"{self.route.span_name} failed: no connection to the database"
        if self.outcome:
            return self.outcome.severity, self.outcome.body
        return "INFO", self.route.info


@dataclass(frozen=True, slots=True)
class Kinds:
    """All kinds of a scenario, and which of them follows from which route and outcome."""

    all: tuple[Kind, ...]
    ok: tuple[int, ...]
    timeout: tuple[int, ...]

    @property
    def most_queries(self) -> int:
        """Largest number of queries that a request runs."""
        return max(len(kind.queries) for kind in self.all)

    def of_route(self, route: int) -> list[tuple[int, float]]:
        """List the kinds of a route that are neither plain success nor a timeout, with their shares."""
        return [(i, k.outcome.share) for i, k in enumerate(self.all) if k.route_index == route and k.outcome]


def make_kinds(scenario: Scenario) -> Kinds:
    """Number the kinds of a scenario: per route success, pool timeout, then the ordinary errors."""
    found: list[Kind] = []
    ok, timeout = [], []
    for index, route in enumerate(scenario.traffic.routes):
        ok.append(len(found))
        found.append(Kind(route, index, None, False))
        timeout.append(len(found) if route.queries else -1)
        if route.queries:
            found.append(Kind(route, index, None, True))
        own = [o for o in scenario.traffic.outcomes if o.route == route.name]
        found += [Kind(route, index, outcome, False) for outcome in own]
    return Kinds(tuple(found), tuple(ok), tuple(timeout))
