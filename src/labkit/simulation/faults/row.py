"""The rows of the fault catalogue: what a fault is, and what each plane of the evidence shows of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labkit.simulation.model import ConnectionString, Database, Outcome, Route, Topology

MISCONFIGURED, OVERLOADED = "misconfigured_connection", "overload"
NETWORK, SERVER, CODE = "network", "database_server", "application_code"

OPERATIONAL, UNREADABLE = "psycopg.OperationalError", "psycopg.ProgrammingError"


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
    """What one connection attempt ends in; ``fault`` is empty when it succeeds.

    ``reached`` tells whether the server notices at all, ``takes_s`` how long the attempt lasts.
    """

    fault: str
    part: str
    client_message: str
    server_lines: tuple[ServerLine, ...] = ()
    exception: str = ""
    reached: bool = False
    takes_s: float = 0.0

    @property
    def ok(self) -> bool:
        """Tell whether a session begins."""
        return not self.fault


@dataclass(frozen=True, slots=True)
class Call:
    """One connection attempt: who calls, with which string, and what listens where it leads."""

    dsn: ConnectionString
    topology: Topology
    databases: tuple[Database, ...]
    client: str

    @property
    def server(self) -> Database | None:
        """Whatever listens at host and port."""
        place = (self.dsn.host, self.dsn.port)
        return next((d for d in self.databases if (d.host, d.port) == place), None)

    @property
    def address(self) -> str:
        """Address that the host's name resolves to; empty when it does not."""
        return self.topology.addresses.get(self.dsn.host, "")

    def failed(self, text: str) -> str:
        """Write libpq's message about a server that was named and called."""
        place = f'server at "{self.address}", port {self.dsn.port}'
        return f"connection failed: connection to {place} failed: {text}"

    def line(self, severity: str, message: str, sqlstate: str = "", detail: str = "") -> ServerLine:
        """Write a line of the server's log about this caller."""
        return ServerLine(severity, message, sqlstate, detail, self.dsn.user, self.dsn.dbname)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault of the catalogue.

    Attributes
    ----------
    name : str
        Name of the fault, and of the scenario that shows it.
    kind : str
        What an investigation should call it; empty for a day without a fault.
    part : str
        libpq's name of the part of the connection string that is wrong, ``text`` or ``scheme`` for the
        whole, a setting beside it; empty where none is.
    spans : str
        What requests, queries and their latency show.
    log : str
        What the server's own log shows.
    separates : str
        Which evidence tells it from its nearest neighbours.
    alike : tuple of str
        Faults that no evidence tells it from.
    """

    name: str
    kind: str
    part: str
    spans: str
    log: str
    separates: str
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectFault(Row):
    """A fault that ends every connection attempt; requests feel them all alike, through the pool.

    ``applies`` is asked in the order of the catalogue, which is the order in which a connection is made.
    """

    kind: str = MISCONFIGURED
    spans: str = (
        "503 after 2 s of waiting (PoolTimeout) on every route that asks the database; no query spans"
    )
    log: str = "silent"
    applies: Callable[[Call], bool]
    says: Callable[[Call], str]
    logs: Callable[[Call], tuple[ServerLine, ...]] = lambda _: ()
    reached: bool = False
    exception: str = OPERATIONAL
    takes_s: Callable[[Call], float] = lambda _: 0.0
    measured: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFault(Row):
    """A fault that lets connections through and shows in queries.

    ``outcomes`` gives, for one route, the ways in which its requests then end.
    """

    kind: str = MISCONFIGURED
    applies: Callable[[Call], bool]
    outcomes: Callable[[Call, Route], tuple[Outcome, ...]]
    measured: str = ""
