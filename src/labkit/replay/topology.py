"""What is there for a connection string to reach: the servers, and what the routes ask of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labkit.replay.change import UNKNOWN
from labkit.replay.configuration import masked
from labkit.simulation.faults import QUERY_FAULTS, ConnectResult, QueryFault
from labkit.simulation.faults.connects import call_of, connect
from labkit.simulation.faults.query_faults import limit_ms
from labkit.simulation.model import (
    ConnectionString,
    Database,
    Host,
    Outcome,
    Pool,
    QueryModel,
    Route,
    Topology,
)
from labkit.simulation.reading import as_written

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Stands for a password that is no part of the string: a file, the environment, or none at all.
_ELSEWHERE = "kept elsewhere"
_NO_POOL = Pool("pool", 2.0, 1800, 300)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one connection string does.

    Attributes
    ----------
    text : str
        The string, masked.
    result : ConnectResult
        What a connection attempt ends in.
    outcomes : dict of int to Outcome
        By the number of a route: how its requests end otherwise than well, though they connect.
    limit_us : int
        Longest time that a statement may take, in microseconds; 0 without a limit.
    fault : str
        Name of the fault in the catalogue; empty where there is none.
    """

    text: str
    result: ConnectResult
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    limit_us: int = 0
    fault: str = ""

    @property
    def connects(self) -> bool:
        """Tell whether a connection can be had."""
        return self.result.ok

    @property
    def sound(self) -> bool:
        """Tell whether it does what it should."""
        return not self.fault


@dataclass(frozen=True, slots=True, repr=False)
class Surroundings:
    """The servers, and the routes with their queries; never shown, for it may hold a password."""

    topology: Topology
    routes: tuple[Route, ...]

    def effect(self, text: str, password: str = "as recorded") -> Effect:
        """Find out by the fault models what a connection string does here.

        Parameters
        ----------
        text : str
            A masked string, readable or not; ``***`` stands for the recorded password.
        password : str
            'as recorded' or 'another'.
        """
        if text == UNKNOWN:
            return Effect(text, ConnectResult("unknown", "", ""), fault="unknown")
        dsn = self._filled(as_written(text), password)
        result = connect(dsn, self.topology)
        if not result.ok:
            return Effect(text, result, fault=result.fault)
        call = call_of(dsn, self.topology)
        fault = next((row for row in QUERY_FAULTS if row.applies(call)), None)
        limit = (limit_ms(call) or 0) * 1000
        outcomes = self._outcomes(dsn, fault) if fault else {}
        return Effect(text, result, outcomes, limit, fault.name if fault else "")

    def sound(self) -> Effect:
        """Give the effect of a string that does what it should."""
        return Effect("", ConnectResult("", "", "", reached=True))

    def _outcomes(self, dsn: ConnectionString, fault: QueryFault) -> dict[int, Outcome]:
        call = call_of(dsn, self.topology)
        found = {number: fault.outcomes(call, route) for number, route in enumerate(self.routes)}
        return {number: outcomes[0] for number, outcomes in found.items() if outcomes}

    def _filled(self, dsn: ConnectionString, password: str) -> ConnectionString:
        """Put the recorded password where the mask stands, or another one; or where the record has none."""
        known = [roles.get(dsn.user) for roles in (d.roles for d in self.topology.databases)]
        right = next((word for word in known if word is not None), "***")
        if dsn.password != "***" and not (dsn.password == "" and right == _ELSEWHERE):
            return dsn
        return dataclasses.replace(dsn, password=right if password == "as recorded" else "another")


def seen(
    text: str, hosts: Sequence[str], others: Sequence[str], routes: Sequence[tuple[str, str, Sequence[str]]]
) -> Surroundings:
    """Make surroundings from what evidence shows: one server, the one that healthy requests reached.

    Parameters
    ----------
    text : str
        The connection string under which requests succeeded, masked.
    hosts, others : sequence of str
        Machines of the service, and other names that are known to resolve.
    routes : sequence of (str, str, sequence of str)
        Path, method and queries of each route.
    """
    dsn = as_written(masked(text))
    server = Database(dsn.host, dsn.host, dsn.port, (dsn.dbname,), {dsn.user: dsn.password or _ELSEWHERE})
    service = "the service"
    machines = tuple(Host(name, name) for name in hosts) or (Host(service, service),)
    names = {name: name for name in others if name != dsn.host}
    topology = Topology(service, "", 0, "", 1.0, machines, (server,), _NO_POOL, names)
    return Surroundings(topology, tuple(_route(*known) for known in routes))


def _route(path: str, method: str, queries: Sequence[str]) -> Route:
    models = tuple(QueryModel(text.split(" ", 1)[0], text, 1.0, 0.5) for text in queries)
    return Route(path, method, path, "", 1.0, 0.5, 1.0, 0, models, {}, "")
