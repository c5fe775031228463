"""Incidents of a minute, and what real drills have shown: causes come before effects, servers change too."""

from __future__ import annotations

import duckdb
from made_cases import ONSET, RECOVERY, START, Case, make
from made_faults import REFUSED, dsn, turned_away

from labkit.evidence.investigate import investigate

_TIMES = {
    "spans": ("start_utc", "end_utc"),
    "logs": ("time_utc",),
    "postgres_log": ("time_utc",),
    "metrics": ("time_utc",),
    "deployments": ("time_utc",),
    "messages": ("time_utc",),
}


def squeezed(case: Case, times: int) -> duckdb.DuckDBPyConnection:
    """Make a case whose hour passes in a fraction of it."""
    con = make(case)
    for table, columns in _TIMES.items():
        sets = ", ".join(
            f"{name} = $start::TIMESTAMP + to_microseconds("
            f"((epoch_us({name}) - epoch_us($start::TIMESTAMP)) / $times)::BIGINT)"
            for name in columns
        )
        con.execute(f"UPDATE {table} SET {sets}", {"start": START, "times": times})
    return con


def test_the_way_back_of_a_short_incident_is_not_its_cause() -> None:
    """Twenty seconds after the onset the string is put back: what changed before is what is told."""
    says = f'connection failed: connection to server at "192.0.2.7", port 5433 {REFUSED}'
    found = investigate(squeezed(Case(says, dsn=dsn(port="5433")), 60))
    cause = found.root_cause
    assert found.window.minutes < 0.5
    assert (cause.part, cause.before, cause.after) == ("port", "5432", "5433")
    (back,) = [
        p.outcome for p in found.hypotheses[0].predictions if p.text == "Setting it back ended the failures."
    ]
    assert back == "held"


def test_a_server_that_lets_a_session_in_is_not_the_wrong_one() -> None:
    """Host and target_session_attrs changed at once: the host let role and database in."""
    says = 'connection failed: connection to server at "192.0.2.9", port 5432 failed: session is read-only'
    new = dsn(host="192.0.2.9", rest="?target_session_attrs=read-write")
    con = make(Case(says, dsn=new))
    con.execute("UPDATE spans SET server_address = '192.0.2.7' WHERE kind = 'CLIENT'")
    assert investigate(con).root_cause.part == "target_session_attrs"


def test_a_host_that_alone_changed_stays_the_cause() -> None:
    """The setting was there before; the update moved to a host whose sessions are read-only."""
    says = 'connection failed: connection to server at "192.0.2.9", port 5432 failed: session is read-only'
    con = make(Case(says, dsn=dsn(host="192.0.2.9")))
    con.execute("UPDATE spans SET server_address = '192.0.2.7' WHERE kind = 'CLIENT'")
    assert investigate(con).root_cause.part == "host"


def test_a_rule_may_change_on_the_server_beside_any_deployment() -> None:
    """The same role is rejected that was let in, and the release near it left the connection alone."""
    text = 'pg_hba.conf rejects connection for host "192.0.2.31", user "shop", database "shop", no encryption'
    found = investigate(make(turned_away(text, "28000", None, deployed=True)))
    assert (found.root_cause.kind, found.root_cause.part) == ("misconfigured_connection", "user")


def test_answers_that_nobody_feels_are_not_slow() -> None:
    """Twenty times as long as usual is no incident while all answers come within a tenth of a second."""
    con = make(Case(fails=False, deployed=False))
    con.execute("UPDATE spans SET duration_ms = 2 + duration_ms / 100 WHERE kind = 'SERVER'")
    late = "UPDATE spans SET duration_ms = 20 * duration_ms WHERE start_utc BETWEEN $a AND $b"
    con.execute(late, {"a": ONSET, "b": RECOVERY})
    assert investigate(con).root_cause.kind == "none"
    con.execute(late, {"a": ONSET, "b": RECOVERY})
    assert investigate(con).window.slow
