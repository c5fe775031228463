"""A scenario as frozen values: who is there, what they do, what goes wrong, who says what."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ConnectionString:
    """The parts of a connection string that decide where it leads; the password is never shown.

    ``text`` is what was written; ``refused`` is what libpq says of a text that it cannot read, with the
    password masked; ``extra`` holds the other parts (``sslmode``, ...).
    """

    user: str
    password: str = field(repr=False)
    host: str
    port: int
    dbname: str
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    text: str = field(default="", repr=False)
    refused: str = ""

    @property
    def redacted(self) -> str:
        """Write it as it stands in a configuration, with the password masked."""
        if self.text:
            return _WORD.sub(r"\1***", _CREDENTIALS.sub(r"\1***\2", self.text))
        if not self.host:
            return ""
        return f"postgresql://{self.user}:***@{self.host}:{self.port}/{self.dbname}"


_CREDENTIALS = re.compile(r"(://[^:/@\s]*:).+(@)", re.DOTALL)
_WORD = re.compile(r"(password\s*=\s*)('[^']*'|\S+)")


@dataclass(frozen=True, slots=True)
class Host:
    """A machine that runs the service; ``clock_slow_s`` is how far the clock that stamps its log is behind.

    Spans and metrics are stamped right on every machine: their collector knows each machine's clock.
    """

    name: str
    address: str
    clock_slow_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Database:
    """A server: where it listens, what it serves, who may come in.

    ``state`` is ``up``, ``down``, ``starting``, ``full`` (no slot for anyone) or ``reserved`` (slots for
    superusers only); ``tls`` is ``off``, ``on`` or ``required``.
    """

    host: str
    address: str
    port: int
    databases: tuple[str, ...]
    roles: Mapping[str, str] = field(repr=False)
    service: str = "postgresql"
    state: str = "up"
    tls: str = "off"
    certificate: str = ""
    standby: bool = False
    staging: bool = False
    former: Mapping[str, str] = field(default_factory=dict, repr=False)
    expired: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    no_login: tuple[str, ...] = ()
    unprivileged: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pool:
    """The connection pool of one host: psycopg_pool's settings, in its words."""

    name: str
    timeout_s: float
    max_lifetime_s: float
    reconnect_timeout_s: float


@dataclass(frozen=True, slots=True)
class Topology:
    """The machines of the system and what listens on them."""

    service: str
    public_host: str
    public_port: int
    edge_address: str
    cpu_share: float
    hosts: tuple[Host, ...]
    databases: tuple[Database, ...]
    pool: Pool
    other_hosts: Mapping[str, str] = field(default_factory=dict)
    blackholes: tuple[str, ...] = ()

    @property
    def addresses(self) -> dict[str, str]:
        """Map every name that resolves to its address."""
        names = {host.name: host.address for host in self.hosts} | dict(self.other_hosts)
        return names | {server.host: server.address for server in self.databases}

    def server(self, host: str, port: int) -> Database | None:
        """Return the database server that listens there, if any."""
        return next((d for d in self.databases if (d.host, d.port) == (host, port)), None)


@dataclass(frozen=True, slots=True)
class QueryModel:
    """One query of a route and how long it takes (log-normal)."""

    operation: str
    text: str
    median_ms: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the service: its own work, its queries, where a user goes from there."""

    name: str
    method: str
    template: str
    logger: str
    own_ms: float
    own_sigma: float
    cpu_ms: float
    bytes_sent: int
    queries: tuple[QueryModel, ...]
    next: Mapping[str, float]
    info: str

    @property
    def span_name(self) -> str:
        """Name the work as its server span does."""
        return f"{self.method} {self.template}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An ordinary way for a request of one route to end other than well, and how often it does.

    ``query`` is the index of the query that fails or is slow; -1 when the request is turned away before
    it asks the database, so that it can happen during an outage as well.
    """

    name: str
    route: str
    share: float
    status: int
    query: int
    sqlstate: str
    exception: str
    message: str
    server_message: str
    server_detail: str
    query_ms: float
    query_sigma: float
    severity: str
    body: str


@dataclass(frozen=True, slots=True)
class Slowdown:
    """A route whose queries take longer: a factor on their time that changes evenly between its points."""

    route: str
    factors: tuple[tuple[dt.datetime, float], ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """A time in which a share of the packets between one host and the database is lost."""

    host: str
    start: dt.datetime
    end: dt.datetime
    share: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """How users come and what they do."""

    customers: int
    sessions_per_minute: tuple[tuple[dt.datetime, float], ...]
    entry: Mapping[str, float]
    think_median_s: float
    think_sigma: float
    think_least_s: float
    max_steps: int
    max_session_s: float
    reload_share: float
    reload_median_s: float
    front_share: float
    probe_every_s: float
    query_factor: float
    routes: tuple[Route, ...]
    outcomes: tuple[Outcome, ...]
    slowdowns: tuple[Slowdown, ...] = ()
    losses: tuple[Loss, ...] = ()

    def route(self, name: str) -> int:
        """Return the position of a route."""
        return next(i for i, route in enumerate(self.routes) if route.name == name)


@dataclass(frozen=True, slots=True)
class Release:
    """A version of the service with the connection string it carries, in force from ``start`` on.

    A change around the service is an entry too: ``databases`` is what listens from then on where that is
    not what the topology says, and ``pools`` tells what becomes of the connections: ``restarted`` with the
    service, ``kept``, or ``cut`` by the server. ``outcomes`` are ways to end that only this release has.
    """

    version: str
    start: dt.datetime
    dsn: ConnectionString
    databases: tuple[Database, ...] = ()
    pools: str = "restarted"
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Capacity:
    """A number of workers and pool connections a host, in force from ``start`` on."""

    start: dt.datetime
    workers: int
    connections: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, for the truth file only."""

    name: str
    part: str
    onset: dt.datetime
    detected: dt.datetime
    recovered: dt.datetime
    summary: str


@dataclass(frozen=True, slots=True)
class ConfigEdit:
    """One setting in a configuration diff; ``{dsn 1}`` stands for the second release's connection string."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DeploymentEvent:
    """One event of a deployment."""

    at: dt.datetime
    event: str
    id: str
    name: str
    status: str
    service: str
    version: str
    previous: str
    revision: str
    actor: str
    diff: tuple[ConfigEdit, ...]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the application's log that belongs to no request."""

    at: dt.datetime
    host: str
    logger: str
    severity: str
    body: str
    every_s: float
    until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class PostgresLine:
    """A line of the database server's log that belongs to no request."""

    at: dt.datetime
    backend: str
    message: str
    every_s: float
    until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """What a person or a pager says."""

    at: dt.datetime
    channel: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """One snapshot of the project that uses the bank."""

    at: dt.datetime
    planned: int
    completed: int
    note: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One incident, complete: everything that ``generate`` needs besides a seed."""

    name: str
    start: dt.datetime
    end: dt.datetime
    metrics_every_s: float
    topology: Topology
    traffic: Traffic
    releases: tuple[Release, ...]
    capacities: tuple[Capacity, ...]
    fault: Fault | None
    deployments: tuple[DeploymentEvent, ...]
    log_lines: tuple[LogLine, ...]
    postgres_lines: tuple[PostgresLine, ...]
    messages: tuple[Message, ...]
    progress: tuple[Progress, ...]
    more_faults: tuple[Fault, ...] = ()
