"""The seed incident, asked as a student asks it; the facts are those of the published postmortem."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from labkit.evidence import charts
from labkit.evidence.load import load
from labkit.evidence.queries import query

CASE = Path(__file__).parents[2] / "data" / "debacle"
ONSET = dt.datetime.fromisoformat("2023-12-01T14:30:00")
RECOVERY = dt.datetime.fromisoformat("2023-12-01T17:00:00")


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """The committed evidence, loaded once."""
    return load(CASE)


def test_onset_and_recovery_are_found_within_a_minute(con: duckdb.DuckDBPyConnection) -> None:
    """Failures set in at 14:30 and end at 17:00, and most requests fail between."""
    state, onset, recovery, *_, during, outside, _ = query(con, "onset_and_recovery").fetchall()[0]
    assert state == "recovered"
    assert abs(onset - ONSET) <= dt.timedelta(seconds=60)
    assert abs(recovery - RECOVERY) <= dt.timedelta(seconds=60)
    assert during > 0.7
    assert outside < 0.02


def test_the_outage_burns_three_and_a_half_budgets(con: duckdb.DuckDBPyConnection) -> None:
    """Two and a half hours of full outage are 347 % of 43.2 minutes."""
    minutes = query(con, "error_budget").fetchall()[0]
    assert minutes[2] == pytest.approx(43.2)
    assert minutes[4] == pytest.approx(150 / 43.2, abs=2 / 43.2)


def test_a_burn_rate_page_beats_the_users(con: duckdb.DuckDBPyConnection) -> None:
    """The fastest alert fires within two minutes; the first user report takes a quarter of an hour."""
    fired = query(con, "burn_rate_alerts").project("first_fired_utc").fetchall()[0][0]
    reported = query(con, "first_reports", onset_utc=ONSET, first=1).project("time_utc").fetchall()[0][0]
    assert ONSET < fired < ONSET + dt.timedelta(minutes=2)
    assert reported - fired > dt.timedelta(minutes=10)


def test_what_changed_before_onset_includes_the_connection_string(con: duckdb.DuckDBPyConnection) -> None:
    """Among the settings changed at the onset one is a DSN, and no password is shown."""
    changed = query(con, "changes_before", at_utc=ONSET).project("setting, before, after").fetchall()
    urls = [(before, after) for _, before, after in changed if str(after).startswith("postgresql://")]
    assert len(urls) == 1
    assert urls[0][0] != urls[0][1]
    assert all(":***@" in url for url in urls[0])


def test_the_database_server_was_silent_throughout(con: duckdb.DuckDBPyConnection) -> None:
    """The longest gap of PostgreSQL's log covers the outage and is many times the usual one."""
    begin, end, _, _, times, requests, failed = query(con, "log_silence", longest=1).fetchall()[0]
    assert abs(begin - ONSET) < dt.timedelta(minutes=2)
    assert abs(end - RECOVERY) < dt.timedelta(minutes=2)
    assert times > 5
    assert failed > 0.5 * requests


def test_failed_requests_have_no_query_spans(con: duckdb.DuckDBPyConnection) -> None:
    """Nearly all requests that failed in the outage sent no query."""
    failed, bare = (
        query(con, "requests_without_queries")
        .filter(f"time_utc >= '{ONSET}' AND time_utc < '{RECOVERY}'")
        .aggregate("sum(failed), sum(failed_without_queries)")
        .fetchall()[0]
    )
    assert bare > 0.99 * failed


def test_titles_tell_the_incident(con: duckdb.DuckDBPyConnection) -> None:
    """Each chart finds its own sentence in the evidence."""
    assert charts.error_ratio(con).title.startswith("Errors step from ")
    assert "PoolTimeout" in charts.errors_by_cause(con).title
    assert "PostgreSQL log" in charts.timeline(con).title
    assert "rises" in charts.latency_bands(con).title
    assert charts.before_during_after(con).title.startswith("During the failures 8")
