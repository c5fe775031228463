"""What a connection string does against the servers that really are there: the fault catalogue.

A fault is one row: how it is recognised, what the client's driver says, what the server writes in its own
log. Requests feel all of them in the same way, through the pool: two seconds of waiting, then PoolTimeout.
The messages are those of psycopg 3.3 and PostgreSQL 18, measured (tests/facts/simulation_connects.jsonl).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labkit.simulation.model import ConnectionString, Database, Topology


@dataclass(frozen=True, slots=True)
class ServerLine:
    """One line that a connection attempt leaves in the server's log."""

    severity: str
    message: str
    sqlstate: str = ""
    detail: str = ""
    user: str = ""
    dbname: str = ""


@dataclass(frozen=True, slots=True)
class ConnectResult:
    """What one connection attempt ends in; ``fault`` is empty when it succeeds."""

    fault: str
    part: str
    client_message: str
    server_lines: tuple[ServerLine, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether a session begins."""
        return not self.fault


@dataclass(frozen=True, slots=True)
class ConnectFault:
    """One row of the catalogue; ``applies`` is asked in the order in which a connection is made."""

    name: str
    part: str
    applies: Callable[[ConnectionString, Database | None, Topology], bool]
    says: Callable[[ConnectionString, str], str]
    logs: Callable[[ConnectionString, Topology], tuple[ServerLine, ...]]


def _refused(dsn: ConnectionString, address: str) -> str:
    return (
        f'connection failed: connection to server at "{address}", port {dsn.port} failed: '
        "Connection refused\n"
        "\tIs the server running on that host and accepting TCP/IP connections?"
    )


def _fatal(dsn: ConnectionString, address: str, text: str) -> str:
    return f'connection failed: connection to server at "{address}", port {dsn.port} failed: FATAL:  {text}'


def _silent(_: ConnectionString, __: Topology) -> tuple[ServerLine, ...]:
    return ()


def accepted(dsn: ConnectionString, topology: Topology) -> tuple[ServerLine, ...]:
    """List what the server writes while it lets a client in (log_connections = on)."""
    rule = f'connection authenticated: identity="{dsn.user}" method=scram-sha-256 ({HBA_FILE}:{HBA_LINE})'
    ends = f"connection authorized: user={dsn.user} database={dsn.dbname} application_name={topology.service}"
    return (
        ServerLine("LOG", rule, user=dsn.user, dbname=dsn.dbname),
        ServerLine("LOG", ends, user=dsn.user, dbname=dsn.dbname),
    )


def _no_database(dsn: ConnectionString, topology: Topology) -> tuple[ServerLine, ...]:
    text = f'database "{dsn.dbname}" does not exist'
    return (*accepted(dsn, topology), ServerLine("FATAL", text, "3D000", user=dsn.user, dbname=dsn.dbname))


def _bad_password(dsn: ConnectionString, _: Topology) -> tuple[ServerLine, ...]:
    text = f'password authentication failed for user "{dsn.user}"'
    detail = f'Connection matched file "{HBA_FILE}" line {HBA_LINE}: "{HBA_RULE}"'
    return (ServerLine("FATAL", text, "28P01", detail, dsn.user, dsn.dbname),)


def _no_role(dsn: ConnectionString, topology: Topology) -> tuple[ServerLine, ...]:
    (line,) = _bad_password(dsn, topology)
    detail = f'Role "{dsn.user}" does not exist.\n{line.detail}'
    return (ServerLine(line.severity, line.message, line.sqlstate, detail, dsn.user, dsn.dbname),)


HBA_FILE = "/var/lib/postgresql/18/main/pg_hba.conf"
HBA_LINE = 8
HBA_RULE = "host all all 10.20.0.0/24 scram-sha-256"

#: The fault that no connection string makes: more work than the connections can carry. It is a decoy: it
#: looks like the others on a dashboard, but it ramps, latency comes before errors, and more connections help.
OVERLOAD = "overload"

#: Every connection fault there is so far, in the order in which a connection meets them.
CATALOGUE: tuple[ConnectFault, ...] = (
    ConnectFault(
        "unresolvable-host",
        "host",
        lambda dsn, _, topology: dsn.host not in topology.addresses,
        lambda dsn, _: f"failed to resolve host '{dsn.host}': [Errno -2] Name or service not known",
        _silent,
    ),
    ConnectFault("wrong-port", "port", lambda _, server, __: server is None, _refused, _silent),
    ConnectFault(
        "wrong-user",
        "user",
        lambda dsn, server, _: server is not None and dsn.user not in server.roles,
        lambda dsn, at: _fatal(dsn, at, f'password authentication failed for user "{dsn.user}"'),
        _no_role,
    ),
    ConnectFault(
        "wrong-password",
        "password",
        lambda dsn, server, _: server is not None and dsn.password != server.roles.get(dsn.user),
        lambda dsn, at: _fatal(dsn, at, f'password authentication failed for user "{dsn.user}"'),
        _bad_password,
    ),
    ConnectFault(
        "wrong-database",
        "dbname",
        lambda dsn, server, _: server is not None and dsn.dbname not in server.databases,
        lambda dsn, at: _fatal(dsn, at, f'database "{dsn.dbname}" does not exist'),
        _no_database,
    ),
)


def connect(dsn: ConnectionString, topology: Topology) -> ConnectResult:
    """Find out what a connection string does against the topology.

    Examples
    --------
    >>> from labkit.simulation.scenario import load_scenario
    >>> scenario = load_scenario("debacle")
    >>> [connect(release.dsn, scenario.topology).fault for release in scenario.releases]
    ['', 'wrong-port', '']
    """
    server = topology.server(dsn.host, dsn.port)
    address = topology.addresses.get(dsn.host, "")
    for fault in CATALOGUE:
        if fault.applies(dsn, server, topology):
            return ConnectResult(fault.name, fault.part, fault.says(dsn, address), fault.logs(dsn, topology))
    return ConnectResult("", "", "", accepted(dsn, topology))
