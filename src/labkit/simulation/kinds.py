"""Every way a request can go: a route with how it ended, as one number."""

from __future__ import annotations

from collections.abc import Sequence
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
    release: int = -1

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

    def of_route(self, route: int, release: int) -> list[tuple[int, float]]:
        """List the kinds of a route that are neither plain success nor a timeout, with their shares.

        They stand in the order in which a request meets them: what only this release has comes before the
        ordinary errors of the same query. Together the shares are at most one.
        """
        found = [
            (k.outcome.query, k.release < 0, i, k.outcome.share)
            for i, k in enumerate(self.all)
            if k.outcome and k.route_index == route and k.release in (-1, release)
        ]
        if any(not ordinary for _, ordinary, _, _ in found):
            found.sort(key=lambda item: item[:2])
        left, shares = 1.0, []
        for _, _, number, share in found:
            shares.append((number, min(share, left)))
            left -= shares[-1][1]
        return shares

    def cancelled(self, route: int, release: int) -> dict[int, int]:
        """Map each query of a route that may be cancelled to the kind that it then makes."""
        return {
            k.outcome.query: i
            for i, k in enumerate(self.all)
            if k.outcome
            and k.outcome.sqlstate == "57014"
            and k.route_index == route
            and k.release in (-1, release)
        }


def make_kinds(scenario: Scenario, special: Sequence[tuple[int, Outcome]] = ()) -> Kinds:
    """Number the kinds of a scenario: per route success, pool timeout, then the ordinary errors.

    ``special`` lists outcomes that only one release has, with its position; they come last.
    """
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
    for release, outcome in special:
        index = scenario.traffic.route(outcome.route)
        found.append(Kind(scenario.traffic.routes[index], index, outcome, False, release))
    return Kinds(tuple(found), tuple(ok), tuple(timeout))
