"""What reference functions ask of the evidence is what the seed incident holds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import labkit
from labkit.classroom.checks.incident import connection_strings, during, first_alarm, first_said, outage


@pytest.fixture(scope="module")
def con():
    """Load the seed incident."""
    return labkit.load(Path(__file__).resolve().parents[2] / "data" / "debacle")


def test_the_first_message_is_found_by_its_condition(con):
    """The first report comes a quarter of an hour after the onset; bound values count, and none is None."""
    onset, _ = outage(con)
    report = first_said(con, "channel = 'user-report'")
    assert dt.timedelta(minutes=15) <= report - onset < dt.timedelta(minutes=16)
    assert first_said(con, "time_utc > $report", report=report) > report
    assert first_said(con, "channel = 'telex'") is None


def test_the_first_alarm_is_before_the_first_report(con):
    """The fastest burn-rate alarm fires within two minutes of the onset."""
    assert dt.timedelta(0) < first_alarm(con) - outage(con)[0] < dt.timedelta(minutes=2)


def test_a_query_may_read_the_outage(con):
    """$onset and $recovery are bound, beside values of one's own."""
    asked = "SELECT epoch($recovery - $onset) / 60 + $more"
    assert 150 < during(con, asked, more=1) < 152


def test_the_strings_are_those_before_and_after_the_change(con):
    """Both are read, and differ in one part."""
    before, after = connection_strings(con)
    assert [change.part for change in before.diff(after)] == ["port"]
