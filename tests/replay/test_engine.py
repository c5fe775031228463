"""The replay changes what the connection string decided, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from small_record import AFTER, BEFORE, BEGIN, CHANGE, LOST, RESTORED, add_deployment, add_request

from labkit.core.errors import LabError
from labkit.replay.change import find_change
from labkit.replay.engine import STATES, replay

COLUMNS = "SELECT * FROM requests ORDER BY start_utc, span_id"


def test_as_deployed_gives_the_record_itself(con):
    """Under the deployed string every recorded outcome stays, and nothing counts as saved."""
    result = replay(con, "as deployed")
    assert result.con.sql(COLUMNS).fetchall() == con.sql(COLUMNS).fetchall()
    assert (result.requests, result.failed, result.saved) == (60, 12, 0)
    assert result.dsn.url == AFTER


def test_as_corrected_saves_exactly_what_had_no_connection(con):
    """Under the earlier string the ten lost requests succeed; two failures with other reasons stay."""
    result = replay(con, "as corrected")
    assert (result.requests, result.failed, result.saved) == (60, 2, 10)
    assert result.dsn.url == BEFORE
    left = result.con.sql("SELECT error_type FROM requests WHERE failed").fetchall()
    assert left == [("KeyError",), ("KeyError",)]


def test_the_same_requests_arrive_at_the_same_moments(con):
    """Neither replay moves, adds or drops a request."""
    arrivals = "SELECT trace_id, span_id, start_utc, route, path FROM requests ORDER BY start_utc, span_id"
    assert replay(con, "as corrected").con.sql(arrivals).fetchall() == con.sql(arrivals).fetchall()


def test_a_saved_request_is_answered_like_a_healthy_one_of_its_route(con):
    """Duration and status of a saved request are those of one request that succeeded before the change."""
    saved = replay(con, "as corrected").con.sql(
        """SELECT duration_ms, status, end_utc - start_utc, error_type FROM requests
           WHERE status <> 500 AND start_utc >= TIMESTAMP '2024-05-06 10:10:00'
             AND start_utc < TIMESTAMP '2024-05-06 10:20:00' AND second(start_utc) = 30"""
    )
    healthy = {
        (10.0 + m if status == 200 else 30.0 + m, status) for m in range(10) for status in (200, 201)
    } - {(13.0, 200)}
    rows = saved.fetchall()
    assert len(rows) == 10
    assert {(ms, status) for ms, status, _, _ in rows} <= healthy
    assert all(length == dt.timedelta(milliseconds=ms) and error is None for ms, _, length, error in rows)
    assert len({ms for ms, *_ in rows}) > 3


def test_a_replay_repeats_itself(con):
    """The same evidence replays to the same rows, because the trace id decides."""
    first, second = (replay(con, "as corrected").con.sql(COLUMNS).fetchall() for _ in range(2))
    assert first == second


def test_the_students_connection_stays_as_it_was(con):
    """A replay leaves the tables of the connection it was given alone."""
    before = con.sql(COLUMNS).fetchall()
    replay(con, "as corrected")
    assert con.sql(COLUMNS).fetchall() == before


def test_a_lost_request_without_a_healthy_like_stays_failed(con):
    """A route that never succeeded before the change gives no answer to copy, so its failure stays."""
    add_request(con, 900, CHANGE + dt.timedelta(minutes=1), status=503, error=LOST, route="/new", query=False)
    result = replay(con, "as corrected")
    assert (result.failed, result.saved) == (3, 10)


def test_connection_failures_outside_the_change_stay(con):
    """The same error before the change or after its end has another reason and is not saved."""
    for number, start in ((901, BEGIN), (902, RESTORED + dt.timedelta(seconds=1))):
        add_request(con, number, start, status=503, error=LOST, query=False)
    result = replay(con, "as corrected")
    assert (result.failed, result.saved) == (4, 10)


def test_a_failure_whose_query_ran_had_a_connection(con):
    """An error of the connection's class counts as lost only when the trace holds no query."""
    add_request(con, 903, CHANGE, status=503, error="psycopg.OperationalError", query=True)
    assert replay(con, "as corrected").failed == 3


def test_the_sentence_carries_the_numbers(con):
    """Each result says itself in one sentence with its counts."""
    assert replay(con, "as deployed").sentence == (
        "With the connection string as deployed, 12 of 60 requests fail."
    )
    assert replay(con, "as corrected").sentence == (
        "With the connection string as corrected, 2 of 60 requests fail; "
        "10 that failed in the record succeed."
    )


def test_per_minute_counts_every_minute(con):
    """The series has one row a minute whose sums are the result's counts."""
    result = replay(con, "as corrected")
    series = result.per_minute()
    assert (len(series), int(series["requests"].sum()), int(series["failed"].sum())) == (30, 60, 2)


def test_an_unknown_state_is_refused(con):
    """A state that does not exist is an error that lists those that do."""
    with pytest.raises(LabError, match="as corrected, as deployed"):
        replay(con, "fixed")
    assert STATES == ("as deployed", "as corrected")


def test_evidence_without_a_changed_string_is_refused(con):
    """Without a change of a connection string there is nothing to replay."""
    con.execute("DELETE FROM deployments")
    with pytest.raises(LabError, match="no deployment in this evidence"):
        replay(con)


def test_the_change_is_the_one_under_which_requests_were_lost(con):
    """An earlier harmless change of a connection string does not take the blame."""
    renamed = BEFORE + "?application_name=shop"
    add_deployment(con, BEGIN, "d-0", ("1.8", "1.9"), [("REPORTS_DSN", BEFORE, renamed)])
    assert find_change(con).deployment_id == "d-1"


def test_a_change_ends_when_the_earlier_release_is_back(con):
    """A rollback that records no settings still ends the change, at its last event."""
    con.execute("DELETE FROM deployments WHERE deployment_id = 'd-2'")
    add_deployment(con, RESTORED, "d-3", ("2.0", "1.9"), [])
    add_deployment(con, RESTORED + dt.timedelta(minutes=1), "d-3", ("2.0", "1.9"), [])
    assert find_change(con).until_utc == RESTORED + dt.timedelta(minutes=1)


def test_a_change_that_nobody_took_back_has_no_end(con):
    """Without a later deployment the string is in force to the end of the record."""
    con.execute("DELETE FROM deployments WHERE deployment_id = 'd-2'")
    add_deployment(
        con, BEGIN + dt.timedelta(minutes=25), "d-4", ("2.0", "2.1"), [("LOG_LEVEL", "DEBUG", "INFO")]
    )
    assert find_change(con).until_utc.year == 9999


def test_two_events_of_one_deployment_are_one_change(con):
    """A finished event that repeats the settings does not begin a second change."""
    finished = CHANGE + dt.timedelta(minutes=2)
    add_deployment(con, finished, "d-1", ("1.9", "2.0"), [("DSN", BEFORE, AFTER)])
    assert find_change(con).from_utc == CHANGE


def test_a_setting_that_is_new_or_gone_is_no_change_of_string(con):
    """Only a setting with a connection string on both sides counts."""
    con.execute("DELETE FROM deployments")
    add_deployment(
        con, CHANGE, "d-5", ("1.9", "2.0"), [("A", None, AFTER), ("B", BEFORE, None), ("C", BEFORE, BEFORE)]
    )
    with pytest.raises(LabError, match="no deployment"):
        find_change(con)
