"""Say what would decide between the causes that remain, and what is missing from the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.model import Hypothesis, Missing

#: What to ask, by the part or kind that is in question; commands and places that exist on any system.
_TESTS = {
    "host": (
        "Resolve and try the host from one of the program's machines: pg_isready -h HOST -p PORT,"
        " before and after."
    ),
    "port": (
        "Try the port from one of the program's machines: pg_isready -h HOST -p PORT; then ask "
        "the server: SHOW port."
    ),
    "dbname": (
        "Connect with the program's own string and ask: SELECT current_database(), current_schemas(true)."
    ),
    "user": "Read the detail of the FATAL lines in the server's log; it says whether the role exists.",
    "password": (
        "Log in by hand with the secret that the program really gets; compare when the secret was"
        " last rotated."
    ),
    "sslmode": "Compare SHOW ssl on the server and its pg_hba.conf with the sslmode of the program.",
    "options": (
        "Ask in a session of the program: SHOW search_path; SELECT name, setting FROM pg_settings"
        " WHERE source = 'client'."
    ),
    "target_session_attrs": (
        "Ask the server that is dialled: SELECT pg_is_in_recovery(); SHOW default_transaction_read_only."
    ),
    "pool": (
        "Compare the pool's limit with the connections in use: SELECT count(*) FROM "
        "pg_stat_activity; SHOW max_connections."
    ),
    "overload": (
        "Compare CPU, connections in use and requests a minute with the error ratio, and see "
        "whether more room helps."
    ),
    "network": (
        "Ping and open the port from each machine, to this destination and to others, while it happens."
    ),
    "database_server": "Read the server's own log and pg_stat_activity for the time in question.",
    "application_code": "Run the failing route of both releases against the same database.",
    "none": "Ask the people who reported something what exactly they saw, and when.",
}
_LIMITS = (
    (
        "requests",
        "no server spans: failures are counted from {plane}; latency, machines and sessions are not known",
    ),
    (
        "queries",
        "no query spans: nothing shows whether failing requests had reached a database, nor which one",
    ),
    (
        "logs",
        "no log of the program: nothing says why a connection failed, only that the pool had none to give",
    ),
    (
        "postgres_log",
        "no log of the database server: nobody knows whether it was reached, whom it turned away and why",
    ),
    ("metrics", "no metrics: CPU, pool and pings cannot speak for or against overload and network"),
    (
        "deployments",
        "no record of deployments: what changed is inferred from spans and messages, and may be incomplete",
    ),
    ("messages", "no messages of people: when it was detected is not known"),
    ("access", "no log of the web server: what users saw is known from the program alone"),
)


def what_decides(ranked: Sequence[Hypothesis], within: float = 4.0) -> tuple[str, ...]:
    """List what would tell the first cause from those close behind it, and test what is not known of it."""
    if not ranked:
        return ()
    near = [h for h in ranked if h.score > ranked[0].score - within and h.score > 0]
    tests = [_TESTS.get(h.part or h.kind, "") for h in near] if len(near) > 1 else []
    unknown = [p.text for p in ranked[0].predictions if p.outcome == "unknown"]
    open_ones = [
        f"Not tested for the first candidate, because the evidence is not there: {text}" for text in unknown
    ]
    return tuple(dict.fromkeys([*filter(None, tests), *open_ones]))


def what_is_missing(facts: Facts) -> tuple[Missing, ...]:
    """List the planes of evidence that are not there and what they would have said."""
    return tuple(_missing(facts))


def _missing(facts: Facts) -> Iterator[Missing]:
    for plane, limits in _LIMITS:
        if not facts.has(plane):
            yield Missing(plane, limits.format(plane=facts.window.plane))
    rejected = facts.planes.get("rejects", 0)
    if rejected:
        yield Missing("rejects", f"{rejected:,} lines could not be used; they stand in the table rejects")
    window = facts.window
    if window.state == "ongoing":
        yield Missing("recovery", "the evidence ends while requests fail: when it ended is not known")
    if window.state == "under way":
        yield Missing("onset", "the evidence begins while requests fail: when it began is not known")
