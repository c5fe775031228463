"""Traces of another system, in another language, replay with what had to be assumed."""

from __future__ import annotations

from pathlib import Path

import pytest

import labkit
from labkit.replay.quotes import questions, quotes

TRACES = Path(__file__).with_name("ticket_office") / "traces.otlp.jsonl.gz"
CORRECTED = labkit.Configuration(dsn_after="as corrected")


@pytest.fixture(scope="module")
def office():
    """Load the traces of the ticket office."""
    with labkit.load(TRACES) as con:
        yield con


@pytest.fixture(scope="module")
def recording(office):
    """Read what arrived, once for all replays."""
    return labkit.record(office)


def test_every_line_of_the_other_exporter_is_used(office):
    """Not one batch is rejected."""
    assert office.execute("SELECT count(*) FROM rejects").fetchall() == [(0,)]
    assert office.execute("SELECT format, rows_loaded > 10000 FROM sources").fetchall() == [
        ("otlp traces", True)
    ]


def test_only_what_users_asked_is_replayed(office, recording):
    """A request that the gateway hands on is one, though two servers answer it."""
    result = labkit.replay(recording)
    assert (result.requests, result.failed) == (1083, 415)
    assert office.execute("SELECT count(*) FROM requests WHERE NOT path = '/healthz'").fetchall() > [(2000,)]
    assert any("What one server asks of another" in line for line in result.assumptions)


def test_the_record_replays_to_itself(office, recording):
    """Without a configuration every request ends as it did."""
    result = labkit.replay(recording)
    assert (result.saved, result.spoiled, len(result.difference())) == (0, 0, 0)
    replayed = "SELECT span_id, status, end_utc, failed FROM requests"
    assert set(result.con.execute(replayed).fetchall()) <= set(office.execute(replayed).fetchall())


def test_the_string_is_inferred_and_that_is_said(recording):
    """Without any deployment's record, the port that never answered is the update's."""
    change = recording.change
    assert (change.before, change.after) == (
        "postgresql://tickets-db:6432/tickets",
        "postgresql://tickets-db:6433/tickets",
    )
    assert (change.service, f"{change.from_utc:%H:%M:%S}", f"{change.until_utc:%H:%M:%S}") == (
        "ticket-office",
        "13:07:50",
        "13:09:03",
    )
    [said] = [line for line in recording.assumptions if line.startswith("No deployment is recorded")]
    assert "ticket-office 5.3.0 dialled postgresql://tickets-db:6433/tickets and never reached it" in said
    assert any("Role and password are not recorded" in line for line in recording.assumptions)
    assert any("No request names its visit" in line for line in recording.assumptions)


def test_the_corrected_string_leaves_the_programs_own_mistakes(office, recording):
    """What still fails under the string from before is what failed in the program, request by request."""
    result = labkit.replay(recording, CORRECTED)
    assert (result.failed, result.saved, result.spoiled, result.outage_minutes) == (13, 402, 0, 0)
    own = """SELECT DISTINCT trace_id FROM spans
             WHERE json_extract_string(events, '$[*].attributes."exception.type"')[1] = 'RangeError'"""
    left = "SELECT trace_id FROM requests WHERE failed ORDER BY ALL"
    assert sorted(result.con.execute(left).fetchall()) == sorted(office.execute(own).fetchall())


def test_a_refused_connection_fails_as_fast_as_it_did(recording):
    """This program waits for no pool: without a rollback others, too, fail within milliseconds, with 502."""
    result = labkit.replay(recording, labkit.Configuration(rollback="never"))
    worse = result.difference()
    assert len(worse) == result.spoiled > 200
    assert (set(worse.recorded_status), set(worse.status)) == ({200, 201, 404}, {502})
    assert worse.duration_ms.max() < 200
    assert any("as in the record: after" in line for line in result.assumptions)


def test_an_alarm_shortens_nothing_where_nobody_is_known_to_have_noticed(recording):
    """Without a report nobody knows how long the repair took, and the replay says so."""
    result = labkit.replay(recording, labkit.Configuration(detection="burn rate"))
    assert result.minutes_to_detect is not None
    assert result.saved == 0
    assert any("an alarm shortens nothing" in line for line in result.assumptions)


def test_the_page_of_quotes_has_times_of_this_outage(recording):
    """The times that are asked about lie within this outage, not within the seed incident's."""
    asked = dict(questions(recording))
    assert "the string fixed at 13:07:58" in asked
    assert not any("14:45" in words for words in asked)
    page = quotes(recording, "traces")
    assert "| the corrected string | 13 of 1,083 | 402 |" in page
    assert "- No deployment is recorded, but ticket-office 5.3.0" in page


def test_the_console_shows_it_and_holds_what_is_asked_first(office):
    """The console offers this outage's own moments and has them ready, with the assumptions."""
    console = labkit.ReplayConsole(office)
    assert console.record["moments"] == ["13:07:58", "13:08:20"]
    held = [told["settings"]["rollback"] for told in console.prepared]
    assert set(console.record["moments"]) <= set(held)
    assert console.record["parts"]["port"] == "6433"
    console.configuration = CORRECTED
    assert "13 of 1,083 requests fail" in console.result["sentence"]
    assert any("No deployment is recorded" in line for line in console.result["assumptions"])


def test_the_investigation_names_the_port(office):
    """From the same traces alone the investigation names the port, and is not led astray by the restarts."""
    found = labkit.investigate(office)
    assert (found.root_cause.kind, found.root_cause.part) == ("misconfigured_connection", "port")
    assert "6433" in found.root_cause.sentence
    assert f"{found.window.onset_utc:%H:%M}" == "13:07"
