"""The cases of the proving ground: each connection fault of the catalogue, and strings that are sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from labkit.simulation.faults import CATALOGUE, QUERY_FAULTS, Row
from labkit.simulation.model import ConnectionString, Database, Release, Scenario, Topology
from labkit.simulation.reading import as_written
from labkit.simulation.scenario import faults_of, load_scenario, scenario_names, shows


@dataclass(frozen=True, slots=True)
class Place:
    """A connection string and the servers it meets."""

    dsn: ConnectionString
    topology: Topology = field(repr=False)
    databases: tuple[Database, ...] = field(repr=False, default=())

    @property
    def text(self) -> str:
        """The string as the program gets it, password included: for a check, never for a screen."""
        return self.dsn.text

    @property
    def shown(self) -> str:
        """The string as it may be shown."""
        return self.dsn.redacted


@dataclass(frozen=True, slots=True)
class Case:
    """One way for a connection to go wrong, without a name.

    Attributes
    ----------
    number : int
        From 1; the order is that in which a connection meets the faults, from the text to the queries.
    before, after : Place
        What was in force while all was well, and what came then.
    truth : str
        What was wrong, in one sentence.
    """

    number: int
    before: Place
    after: Place
    truth: str = field(repr=False)

    @property
    def deployed(self) -> bool:
        """Tell whether the connection string changed; if not, what is around it did."""
        return self.before.text != self.after.text


#: Sound strings in other forms than the usual one; ``{x}`` is what a password with special signs becomes.
_SOUND = (
    "host=db-primary.bank.example dbname=bank user=bank_app password=ledger-demo-41",
    "postgres://bank_app:ledger-demo-41@db-primary.bank.example/bank",
    "postgresql://bank_app:ledger-demo-41@db-primary.bank.example:5432/bank?connect_timeout=3",
    "postgresql://bank_app:ledger-demo-41@db-primary.bank.example:5432/bank?sslmode=verify-full",
    "postgresql://bank_app:ledger%40demo%2F52%25@db-primary.bank.example:5432/bank",
)
#: Steps of a longer fault, each in its own words.
_TRUTHS = {
    "database-down": "The database server has been stopped; the string is as before.",
    "database-starting": "The database server is still starting; the string is as before.",
    "too-many-clients": "Other programs hold every connection of the server; the string is as before.",
    "reserved-slots": "The last free connections are kept for administrators; the string is as before.",
}
_SPECIAL = "ledger@demo/52%"


def cases() -> tuple[Case, ...]:
    """List every fault that ends or spoils connections, in the order of the catalogue.

    Examples
    --------
    >>> [case.number for case in cases()][:3]
    [1, 2, 3]
    >>> cases()[0].before.shown
    'postgresql://bank_app:***@db-primary.bank.example:5432/bank'
    """
    shown: dict[str, tuple[Scenario, Release]] = {}
    for name in sorted(scenario_names(), key=lambda name: (name != "debacle", name)):
        scenario = load_scenario(name)
        for row, release in _shown(scenario):
            if row.name not in shown or name == row.name:
                shown[row.name] = scenario, release
    rows = (*CATALOGUE, *QUERY_FAULTS)
    return tuple(_case(number, row, *shown[row.name]) for number, row in enumerate(rows, start=1))


def sound() -> tuple[Place, ...]:
    """List strings that work: what was in force before each fault, each once, and some in other forms.

    Examples
    --------
    >>> len({place.text for place in sound()}) > 3
    True
    """
    usual = load_scenario("debacle")
    [server] = usual.topology.databases
    safe = replace(server, tls="on", certificate=server.host)
    special = replace(safe, roles={"bank_app": _SPECIAL})
    found = [Place(as_written(usual.releases[0].dsn.text), usual.topology)]
    for text in _SOUND:
        listens = special if "%40" in text else safe
        found.append(Place(as_written(text), replace(usual.topology, databases=(listens,))))
    return tuple(found)


def _shown(scenario: Scenario) -> Iterator[tuple[Row, Release]]:
    """Give the rows that a scenario's releases show, each with the first release that shows it."""
    seen = set()
    for release in scenario.releases:
        row = shows(scenario, release)
        if row and row.name not in seen:
            seen.add(row.name)
            yield row, release


def _case(number: int, row: Row, scenario: Scenario, release: Release) -> Case:
    first = scenario.releases[0]
    before = Place(_written(first.dsn), scenario.topology, first.databases)
    after = Place(_written(release.dsn), scenario.topology, release.databases)
    return Case(number, before, after, _TRUTHS.get(row.name) or faults_of(scenario)[0].summary)


def _written(dsn: ConnectionString) -> ConnectionString:
    """Read the text again, as a driver would; what a scenario keeps of it is the same."""
    return as_written(dsn.text)
