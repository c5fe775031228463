"""A small worked ledger for students who have none: its words are made of its queries' results."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING

from labkit.classroom.ledger import Entry, make_entry

if TYPE_CHECKING:
    import duckdb

_LAB = "worked set"
#: Suspicion: what it predicts, the verdict on it, and what its query's one row says, column by column.
_SET: dict[str, tuple[str, str, str]] = {
    "overload": (
        "If it were overload, the processors would be busy and more workers would help.",
        "refuted",
        "CPU use went from {cpu_before} to {cpu_during}; {failed_before_workers} % of requests failed before "
        "the workers were added and {failed_after_workers} % after",
    ),
    "network": (
        "If it were the network, pings to the database host would be lost or slow.",
        "refuted",
        "{lost_percent} % of pings were lost; the slowest mean of a host was {slowest_ms} ms",
    ),
    "application-code": (
        "If it were a coding error, one route would fail, after its queries.",
        "refuted",
        "{routes_failing} routes failed, and {failed_after_a_query} of {failed} failed requests had asked "
        "the database",
    ),
    "connection-string": (
        "If the connection string were wrong, the program would call an address that the update brought.",
        "supported",
        "the update put {after} in the place of {before}; {refused} warnings name a refused call to {called}",
    ),
}


def worked_entries(con: duckdb.DuckDBPyConnection) -> tuple[Entry, ...]:
    """Make the worked set from the evidence at hand."""
    found = []
    for name, (prediction, verdict, words) in _SET.items():
        query = (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8").strip()
        entry = make_entry(
            con, _LAB, name, prediction=prediction, query=query, verdict=verdict, because=words
        )
        values = dict(zip(entry.columns, entry.rows[0], strict=True))
        found.append(replace(entry, because=words.format(**values)))
    return tuple(found)
