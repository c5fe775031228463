"""The replay changes what the configuration changes, and nothing else: counted on a small record."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from small_record import AFTER, BEFORE, BEGIN, CHANGE, LOST, RESTORED, add_deployment, add_request

import labkit
from labkit.core.errors import LabError
from labkit.replay.change import END, find_change
from labkit.replay.words import circumstances

COLUMNS = "SELECT * FROM requests ORDER BY start_utc, span_id"
CORRECTED = labkit.Configuration(dsn_after="as corrected")


def numbers(result):
    """Give what is counted: requests, failures, saved and spoiled ones."""
    return result.requests, result.failed, result.saved, result.spoiled


def test_the_record_replays_to_itself(con):
    """Without a configuration every recorded row stays, to the last column."""
    result = labkit.replay(con)
    assert result.con.sql(COLUMNS).fetchall() == con.sql(COLUMNS).fetchall()
    assert numbers(result) == (60, 12, 0, 0)
    assert result.difference().empty


def test_the_corrected_string_saves_exactly_what_had_no_connection(con):
    """Under the earlier string the ten lost requests succeed; two failures with other reasons stay."""
    result = labkit.replay(con, CORRECTED)
    assert numbers(result) == (60, 2, 10, 0)
    left = result.con.sql("SELECT error_type FROM requests WHERE failed").fetchall()
    assert left == [("KeyError",), ("KeyError",)]
    assert (result.onset_us, result.minutes_to_detect, result.mitigated_utc) == (2**61, None, None)


def test_the_same_requests_arrive_at_the_same_moments(con):
    """A replay moves, adds and drops no request."""
    arrivals = "SELECT trace_id, span_id, start_utc, route, path FROM requests ORDER BY start_utc, span_id"
    assert labkit.replay(con, CORRECTED).con.sql(arrivals).fetchall() == con.sql(arrivals).fetchall()


def test_a_saved_request_is_answered_like_a_healthy_one_of_its_route(con):
    """Duration and status of a saved request are those of one request that succeeded before the change."""
    saved = labkit.replay(con, CORRECTED).con.sql(
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
    """The same evidence replays to the same rows, because the request's own id decides."""
    first, second = (labkit.replay(con, CORRECTED).con.sql(COLUMNS).fetchall() for _ in range(2))
    assert first == second


def test_the_students_connection_stays_as_it_was(con):
    """A replay leaves the tables of the connection it was given alone."""
    before = con.sql(COLUMNS).fetchall()
    assert labkit.replay(con, CORRECTED).con is not con
    assert con.sql(COLUMNS).fetchall() == before


def test_a_lost_request_without_a_healthy_like_stays_failed(con):
    """A route that never succeeded before the change gives no answer to copy, so its failure stays."""
    add_request(con, 900, CHANGE + dt.timedelta(minutes=1), status=503, error=LOST, route="/new", query=False)
    assert numbers(labkit.replay(con, CORRECTED)) == (61, 3, 10, 0)


def test_connection_failures_outside_the_change_stay(con):
    """The same error before the change or after its end has another reason and is not saved."""
    for number, start in ((901, BEGIN), (902, RESTORED + dt.timedelta(seconds=1))):
        add_request(con, number, start, status=503, error=LOST, query=False)
    assert numbers(labkit.replay(con, CORRECTED)) == (62, 4, 10, 0)


def test_a_failure_whose_query_ran_had_a_connection(con):
    """An error of the connection's class counts as lost only when the trace holds no query that failed."""
    add_request(con, 903, CHANGE, status=503, error="psycopg.OperationalError", query=True)
    assert labkit.replay(con, CORRECTED).failed == 3


def test_a_query_that_fails_as_none_did_before_is_the_strings_doing(con):
    """A driver's error that is new with the string, on a failed query, goes away with it."""
    error = "psycopg.errors.UndefinedTable"
    add_request(con, 904, CHANGE + dt.timedelta(seconds=5), status=500, error=error)
    con.execute("UPDATE spans SET status_code = 'ERROR' WHERE span_id = ?", [f"{904 + 10**6:016x}"])
    assert numbers(labkit.replay(con, CORRECTED)) == (61, 2, 11, 0)


def test_an_earlier_rollback_saves_what_came_after_it(con):
    """With the earlier string back after four minutes, six of ten lost requests succeed."""
    result = labkit.replay(con, labkit.Configuration(rollback="10:14"))
    assert numbers(result) == (60, 6, 6, 0)
    assert result.mitigated_utc == CHANGE + dt.timedelta(minutes=4)
    assert result.minutes_to_mitigate == 4


def test_a_rollback_that_never_comes_loses_the_rest(con):
    """Without a rollback the requests of the last ten minutes that ask the database fail, too."""
    result = labkit.replay(con, labkit.Configuration(rollback="never"))
    assert result.spoiled == 20
    assert result.mitigated_utc is None
    rows = result.difference()
    assert set(rows["status"]) == {503}
    assert (rows["duration_ms"] >= 2000).all()


def test_another_timeout_is_waited_out(con):
    """With half the timeout a lost request takes a second less."""
    result = labkit.replay(con, labkit.Configuration(pool_timeout_s=1.0))
    assert set(result.difference()["duration_ms"]) == {1000.0}


def test_retries_reach_over_the_rollback(con):
    """Without jitter, requests that fail again and again succeed once the earlier string is back."""
    late = labkit.Configuration(retries=5, retry_after_s=1.0, retry_jitter=False)
    result = labkit.replay(con, late)
    # The last lost request comes 30 s before the rollback; its attempts begin 3, 7, 13, 23 and 41 s later.
    assert numbers(result) == (60, 11, 1, 0)
    assert result.retries == 10 * 5


def test_a_name_for_each_user_whose_answer_changes(con):
    """The difference lists start, user, route and both answers of each changed request."""
    con.execute("UPDATE spans SET session_id = 'visit-' || span_id WHERE kind = 'SERVER'")
    rows = labkit.replay(con, CORRECTED).difference()
    assert len(rows) == 10
    assert rows["user"].str.startswith("visit-").all()
    assert set(rows["recorded_status"]) == {503} and 503 not in set(rows["status"])


def test_the_sentence_carries_the_numbers(con):
    """Each result says itself in one sentence with its counts."""
    assert labkit.replay(con).sentence == (
        "As deployed: 12 of 60 requests fail; 11 minutes of outage, 25% of a month's error budget."
    )
    assert repr(labkit.replay(con, CORRECTED)) == (
        "As corrected: 2 of 60 requests fail (10 that failed in the record succeed); "
        "2 minutes of outage, 5% of a month's error budget."
    )


def test_the_page_says_what_was_assumed(con):
    """The rich display holds the sentence and each assumption."""
    result = labkit.replay(con, CORRECTED)
    page = result._repr_html_()
    assert "requests fail" in page
    assert page.count("<li>") == len(result.assumptions) >= 4
    assert any("no pool" in line.lower() for line in result.assumptions)


def test_per_minute_counts_every_minute_as_the_named_query_does(con):
    """The series has one row a minute, and counts and quantiles are those of SQL on the replayed rows."""
    result = labkit.replay(con, CORRECTED)
    series = result.per_minute()
    assert (len(series), int(series["requests"].sum()), int(series["failed"].sum())) == (30, 60, 2)
    latency = labkit.query(result.con, "latency_over_time").df()
    assert series["p95_ms"].tolist() == pytest.approx(latency["p95_ms"].tolist())
    assert series["p50_ms"].tolist() == pytest.approx(latency["p50_ms"].tolist())
    assert len(result.per_second()) == 1800


def test_evidence_without_a_changed_string_replays_but_has_no_string_to_change(con):
    """Without a change of a connection string the record replays, and another string is refused."""
    con.execute("DELETE FROM deployments")
    assert numbers(labkit.replay(con)) == (60, 12, 0, 0)
    with pytest.raises(LabError, match="no deployment in this evidence"):
        labkit.replay(con, CORRECTED)


def test_evidence_without_requests_is_refused(con):
    """An empty record cannot be replayed, and the error says so."""
    con.execute("DELETE FROM spans")
    with pytest.raises(LabError, match="holds no request"):
        labkit.replay(con)


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
    """Without a later deployment the string is in force to the end of the record, and replays so."""
    con.execute("DELETE FROM deployments WHERE deployment_id = 'd-2'")
    add_deployment(
        con, BEGIN + dt.timedelta(minutes=25), "d-4", ("2.0", "2.1"), [("LOG_LEVEL", "DEBUG", "INFO")]
    )
    assert find_change(con).until_utc == END
    assert labkit.replay(con).difference().empty


def test_two_events_of_one_deployment_are_one_change(con):
    """A finished event that repeats the settings does not begin a second change."""
    finished = CHANGE + dt.timedelta(minutes=2)
    add_deployment(con, finished, "d-1", ("1.9", "2.0"), [("DSN", BEFORE, AFTER)])
    assert find_change(con).from_utc == CHANGE


def test_a_setting_that_is_new_or_gone_is_no_change_of_string(con):
    """A setting counts that has a value on both sides; equal texts only where a mask may hide a change."""
    con.execute("DELETE FROM deployments")
    plain = "postgresql://db.example/shop"
    diff = [("A", None, AFTER), ("B", BEFORE, None), ("C", plain, plain), ("D", "on", "off")]
    add_deployment(con, CHANGE, "d-5", ("1.9", "2.0"), diff)
    assert find_change(con) is None
    add_deployment(con, CHANGE, "d-6", ("1.9", "2.0"), [("E", BEFORE, BEFORE)])
    assert find_change(con).key == "E"


def test_a_string_that_libpq_cannot_read_is_a_change_too(con):
    """A misspelt scheme after the update is found, and the replay knows that nothing connects with it."""
    con.execute("DELETE FROM deployments WHERE deployment_id = 'd-1'")
    broken = BEFORE.replace("postgresql", "postgress")
    add_deployment(con, CHANGE, "d-7", ("1.9", "2.0"), [("DSN", BEFORE, broken)])
    never = labkit.replay(con, labkit.Configuration(rollback="never"))
    assert never.rules.after.fault == "scheme-typo"
    assert never.spoiled == 20


def test_without_query_spans_a_connection_is_held_for_the_whole_request(con):
    """Evidence that has no queries replays the same, and says what it had to assume."""
    con.execute("DELETE FROM spans WHERE kind = 'CLIENT'")
    result = labkit.replay(con, CORRECTED)
    assert numbers(result) == (60, 2, 10, 0)
    assert any("no query spans" in line for line in result.assumptions)


def test_a_small_pool_makes_a_line(con):
    """With a measured pool of one, a slow request keeps the next one waiting by what is left of it."""
    con.execute("UPDATE spans SET host_name = 'web-1'")
    con.execute(
        """INSERT INTO metrics (time_utc, name, value, host_name) VALUES
           (?, 'db.client.connection.max', 5, 'web-1')""",
        [BEGIN],
    )
    start = BEGIN + dt.timedelta(minutes=5, seconds=10)
    add_request(con, 910, start, ms=800.0)
    add_request(con, 911, start + dt.timedelta(milliseconds=100), ms=50.0)
    con.execute("UPDATE spans SET host_name = 'web-1' WHERE host_name IS NULL")
    result = labkit.replay(con, labkit.Configuration(pool_size=1))
    [row] = result.difference().to_dict("records")
    assert (row["recorded_ms"], row["duration_ms"]) == (50.0, 750.0)
    two = labkit.replay(con, labkit.Configuration(pool_size=1, workers=2, workers_at="10:02"))
    assert two.difference().empty


def test_the_budget_by_requests_is_the_one_of_the_named_query(con):
    """Counted in bad requests, a replay burns what the query over its rows says."""
    result = labkit.replay(con)
    shares = labkit.query(result.con, "error_budget").df().set_index("counted_by")["share_burned"]
    assert result.budget_burned_by_requests == pytest.approx(shares["bad requests"])
    assert result.budget_burned == pytest.approx(shares["minutes of full outage"])


def test_every_change_is_said():
    """The words of a configuration name each thing that it changes."""
    configuration = labkit.Configuration(
        dsn_before="postgresql://db.example/other",
        dsn_after="postgresql://u:other@db.example/shop",
        rollback="never",
        workers=2,
        workers_at="10:05",
        pool_size=3,
        pool_timeout_s=0.5,
        detection="threshold",
        connectivity_test=True,
        canary=0.05,
        manual_ledger=True,
        retries=2,
        retry_jitter=False,
    )
    assert circumstances(configuration) == (
        "with an edited connection string with another password, another string before the update, "
        "never rolled back, 2 times the workers from 10:05, pools of 3, 0.5 s of waiting, "
        "an alarm at 1 % failures, a connectivity test in the pipeline, a canary of 5 %, a manual ledger, "
        "2 retries without jitter"
    )


def test_what_is_no_configuration_is_refused(con):
    """A configuration's words alone are not taken for one."""
    with pytest.raises(LabError, match="this is no configuration: 'as corrected'"):
        labkit.replay(con, "as corrected")


def test_a_connection_without_evidence_is_refused():
    """An empty database, a closed connection and another value are told apart from loaded evidence."""
    closed = duckdb.connect()
    closed.close()
    for nothing in (duckdb.connect(), closed, "data/debacle"):
        with pytest.raises(LabError, match="this is no connection to loaded evidence"):
            labkit.replay(nothing)


def test_a_canary_that_is_taken_back_early_was_never_judged(con):
    """Rolled back within the ten minutes of a canary, the update was not ended by the canary."""
    early = labkit.replay(con, labkit.Configuration(canary=0.99, rollback="10:15"))
    assert early.failed < labkit.replay(con).failed
    assert not early.caught
    assert "the canary stopped the update" not in early.sentence
