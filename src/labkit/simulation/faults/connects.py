"""What a connection string does against the servers that really are there.

The messages are those of psycopg 3.3 and PostgreSQL 18, measured (tests/facts/catalogue_faults.jsonl).
"""

from __future__ import annotations

from labkit.simulation.faults.login_faults import DOOR_FAULTS
from labkit.simulation.faults.place_faults import PLACE_FAULTS
from labkit.simulation.faults.row import Call, ConnectFault, ConnectResult, ServerLine
from labkit.simulation.faults.server_log import welcome
from labkit.simulation.faults.session_faults import SESSION_FAULTS
from labkit.simulation.faults.text_faults import TEXT_FAULTS
from labkit.simulation.model import ConnectionString, Database, Topology

#: Every fault that ends connection attempts, in the order in which a connection meets them.
CATALOGUE: tuple[ConnectFault, ...] = (*TEXT_FAULTS, *PLACE_FAULTS, *DOOR_FAULTS, *SESSION_FAULTS)


def connect(
    dsn: ConnectionString, topology: Topology, databases: tuple[Database, ...] = (), client: str = ""
) -> ConnectResult:
    """Find out what a connection string does against the topology.

    Parameters
    ----------
    dsn : ConnectionString
        Where to.
    topology : Topology
        What is there.
    databases : tuple of Database
        What listens, where that is not as the topology says.
    client : str
        Address of the caller; by default that of the first host.

    Examples
    --------
    >>> from labkit.simulation.scenario import load_scenario
    >>> scenario = load_scenario("debacle")
    >>> [connect(release.dsn, scenario.topology).fault for release in scenario.releases]
    ['', 'wrong-port', '']
    """
    call = call_of(dsn, topology, databases, client)
    for row in CATALOGUE:
        if row.applies(call):
            lines = row.logs(call)
            return ConnectResult(
                row.name, row.part, row.says(call), lines, row.exception, row.reached, row.takes_s(call)
            )
    return ConnectResult("", "", "", welcome(call), reached=True)


def call_of(
    dsn: ConnectionString, topology: Topology, databases: tuple[Database, ...] = (), client: str = ""
) -> Call:
    """Put together who calls what."""
    return Call(dsn, topology, databases or topology.databases, client or topology.hosts[0].address)


def accepted(dsn: ConnectionString, topology: Topology) -> tuple[ServerLine, ...]:
    """List what the server writes while it lets a client in."""
    return welcome(call_of(dsn, topology))
