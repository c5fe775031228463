"""Where no deployment is recorded, the change of a connection string is inferred, and nothing is made up."""

from __future__ import annotations

import datetime as dt

import pytest
from small_record import BEGIN, CHANGE, LOST, RESTORED, add_request

import labkit
from labkit.core.errors import LabError
from labkit.replay.change import END, UNKNOWN
from labkit.replay.inferred import infer_change

CORRECTED = labkit.Configuration(dsn_after="as corrected")


@pytest.fixture
def untold(con):
    """The small outage without its deployments, with two requests a minute more; queries name their server.

    120 requests; 30 of them, from minute 10 to 20, got no connection.
    """
    con.execute("DELETE FROM deployments")
    for minute in range(30):
        for second in (10, 20):
            start = BEGIN + dt.timedelta(minutes=minute, seconds=second)
            lost = (
                {"error": LOST, "query": False, "ms": 2000.0, "status": 503}
                if CHANGE <= start < RESTORED
                else {}
            )
            add_request(con, 1000 + 60 * minute + second, start, **lost)
    con.execute(
        """UPDATE spans SET server_address = 'db.example', server_port = 5432, db_namespace = 'shop',
               service_name = 'shop-web', status_code = coalesce(status_code, 'UNSET')
           WHERE db_system_name IS NOT NULL"""
    )
    return con


def add_attempt(con, when, trace="0"):
    """Add a failed attempt to connect, as some instrumentations leave one."""
    con.execute(
        """INSERT INTO spans (trace_id, span_id, name, kind, start_utc, end_utc, status_code, service_name,
               db_system_name, server_address, server_port, db_namespace)
           VALUES (?, '0', 'connect', 'CLIENT', ?, ?, 'ERROR', 'shop-web', 'postgresql', 'db.example', 6432,
               'shop')""",
        [trace, when, when],
    )


def test_a_recorded_deployment_is_believed_before_anything_is_inferred(con):
    """Nothing is inferred where deployments are recorded, whatever they say."""
    assert infer_change(con) is None


def test_failures_without_a_query_are_an_update_of_unknown_string(untold):
    """Where attempts leave no span, the time is known and the string is not; what it cost is."""
    recording = labkit.record(untold)
    assert (recording.change.after, recording.change.before) == (UNKNOWN, "postgresql://db.example:5432/shop")
    assert CHANGE <= recording.change.from_utc <= CHANGE + dt.timedelta(minutes=1)
    assert recording.change.until_utc <= RESTORED
    result = labkit.replay(recording, CORRECTED)
    assert (result.failed, result.saved, result.spoiled) == (2, 30, 0)
    assert labkit.replay(recording).saved == 0
    assert any("no span shows what was dialled" in line for line in result.assumptions)


def test_an_unknown_string_is_never_made_up(untold):
    """The console shows that the string is not recorded, and begins an edit with the one from before."""
    console = labkit.ReplayConsole(untold)
    assert [tuple(piece) for piece in console.result["strings"]["after"]] == [(UNKNOWN, True)]
    assert (console.result["says"], console.record["parts"]["port"]) == ("", "5432")
    never = labkit.replay(untold, labkit.Configuration(rollback="never"))
    assert never.spoiled > 0


@pytest.mark.parametrize(
    "error",
    [
        "java.sql.SQLTransientConnectionException",
        "org.postgresql.util.PSQLException",
        "org.springframework.jdbc.CannotGetJdbcConnectionException",
        "*net.OpError",
        "*pgconn.ConnectError",
        "Npgsql.NpgsqlException",
        "PG::ConnectionBad",
        "ActiveRecord::ConnectionNotEstablished",
        "ECONNREFUSED",
        "ENOTFOUND",
        "sqlalchemy.exc.OperationalError",
        "ConnectionRefusedError",
    ],
)
def test_other_programs_names_for_a_missing_connection_are_known(untold, error):
    """Java, Go, .NET, Ruby, Node.js and other libraries of Python say it in their own words."""
    untold.execute("UPDATE spans SET error_type = ? WHERE error_type = ?", [error, LOST])
    assert labkit.replay(untold, CORRECTED).saved == 30


@pytest.mark.parametrize(
    "error", ["RangeError", "java.lang.NullPointerException", "ValueError", "ECONNABORTEDX", None]
)
def test_errors_of_the_program_are_no_missing_connection(untold, error):
    """Where the program itself fails, no update of a connection string is inferred."""
    untold.execute("UPDATE spans SET error_type = ? WHERE error_type = ?", [error, LOST])
    assert infer_change(untold) is None
    with pytest.raises(LabError, match="no deployment in this evidence changed a connection string"):
        labkit.replay(untold, CORRECTED)


def test_what_was_dialled_in_vain_is_the_updates_string(untold):
    """A server that is dialled and never answers is named, from the first attempt to the last."""
    lost = untold.execute("SELECT trace_id, start_utc FROM spans WHERE error_type = ?", [LOST]).fetchall()
    for trace, start in lost:
        add_attempt(untold, start + dt.timedelta(milliseconds=3), trace=trace)
    change = labkit.record(untold).change
    assert change.after == "postgresql://db.example:6432/shop"
    assert (change.from_utc, change.until_utc) == (
        CHANGE + dt.timedelta(seconds=10),  # the request that dialled first, not its attempt
        RESTORED - dt.timedelta(seconds=30) + dt.timedelta(microseconds=3001),
    )
    assert labkit.replay(untold, CORRECTED).saved == 30
    assert labkit.replay(untold, labkit.Configuration(connectivity_test=True)).saved == 30


def test_the_release_that_dialled_in_vain_tells_the_time(untold):
    """Where spans name releases, the update is in force from the new one's first span to its last."""
    untold.execute("UPDATE spans SET service_version = '1.9'")
    add_attempt(untold, CHANGE + dt.timedelta(minutes=1))
    add_attempt(untold, CHANGE + dt.timedelta(minutes=2))
    untold.execute(
        """UPDATE spans SET service_version = '2.0' WHERE start_utc >= ? AND start_utc < ?
           AND (kind = 'SERVER' OR status_code = 'ERROR') AND coalesce(error_type, '') <> 'KeyError'""",
        [CHANGE, RESTORED],
    )
    change = labkit.record(untold).change
    assert change.from_utc == CHANGE
    assert change.until_utc == RESTORED - dt.timedelta(seconds=30) + dt.timedelta(microseconds=1)


def test_an_outage_that_lasts_has_no_end(untold):
    """Where no query succeeds afterwards the update is in force until the end of the record."""
    untold.execute("DELETE FROM spans WHERE start_utc >= ?", [RESTORED])
    untold.execute("DELETE FROM spans WHERE start_utc >= ? AND kind = 'CLIENT'", [CHANGE])
    for minute in range(10):
        add_attempt(untold, CHANGE + dt.timedelta(minutes=minute, seconds=30))
    assert labkit.record(untold).change.until_utc == END
    assert labkit.record(untold).assumptions[0].endswith("UTC on.")


def test_a_stray_attempt_is_no_update(untold):
    """One server that never answers, while nearly every request succeeds, makes no change."""
    untold.execute("DELETE FROM spans WHERE error_type = ?", [LOST])
    add_attempt(untold, CHANGE)
    assert infer_change(untold) is None


def test_a_server_that_sometimes_answers_is_no_fault(untold):
    """Two servers that both answer, such as a primary and a replica, are no change of a string."""
    untold.execute(
        "UPDATE spans SET server_port = 6432 WHERE db_system_name IS NOT NULL AND second(start_utc) = 30"
    )
    untold.execute("DELETE FROM spans WHERE error_type = ?", [LOST])
    add_attempt(untold, CHANGE)
    assert infer_change(untold) is None


def test_requests_within_requests_are_one(untold):
    """What a gateway hands on, through however many spans, is not counted twice."""
    start = CHANGE - dt.timedelta(minutes=5, seconds=45)
    add_request(untold, 700, start, ms=50.0, route="/outer", query=False)
    [(trace, outer)] = untold.execute(
        "SELECT trace_id, span_id FROM spans WHERE http_route = '/outer'"
    ).fetchall()
    chain = [(outer, "a" * 16, "CLIENT"), ("a" * 16, "b" * 16, "INTERNAL"), ("b" * 16, "c" * 16, "SERVER")]
    for parent, span, kind in chain:
        untold.execute(
            """INSERT INTO spans (trace_id, span_id, parent_span_id, kind, start_utc, end_utc, status_code,
                   http_request_method, url_path, service_name, host_name)
               VALUES (?, ?, ?, ?, ?, ?, 'UNSET', 'GET', '/inner', 'inner', 'inner-1')""",
            [trace, span, parent, kind, start, start + dt.timedelta(milliseconds=20)],
        )
    recording = labkit.record(untold)
    assert len(recording) == 121
    assert "GET /outer" in recording.routes
    assert "GET /inner" not in recording.routes
    assert recording.hosts == ("inner-1",)


def test_two_requests_of_one_trace_are_two(untold):
    """A client that asks twice within one trace made two requests."""
    start = CHANGE - dt.timedelta(minutes=5, seconds=45)
    add_request(untold, 700, start, route="/one", query=False)
    add_request(untold, 701, start, route="/two", query=False)
    untold.execute("UPDATE spans SET trace_id = 'f' WHERE http_route IN ('/one', '/two')")
    assert len(labkit.record(untold)) == 122


def test_the_seed_incident_without_its_deployments_costs_the_same():
    """Taken from the traces alone, the seed incident's failures are those of the recorded change."""
    with labkit.load("data/debacle/traces.otlp.jsonl.gz") as con:
        alone = labkit.replay(con, CORRECTED)
    with labkit.load("data/debacle") as con:
        told = labkit.replay(con, CORRECTED)
    assert (alone.requests, alone.failed, alone.saved) == (told.requests, told.failed, told.saved)


def test_an_inferred_string_can_be_read_again(untold):
    """An address with colons and a name with a slash are written as libpq reads them."""
    untold.execute(
        "UPDATE spans SET server_address = '::1', db_namespace = 'a/b' WHERE db_system_name IS NOT NULL"
    )
    recording = labkit.record(untold)
    assert recording.change.before == "postgresql://[::1]:5432/a%2Fb"
    assert labkit.replay(recording, CORRECTED).saved == 30
