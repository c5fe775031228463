"""What the labs' prose says of the evidence is true of the evidence."""

from __future__ import annotations

import datetime as dt

import pytest
from built import ROOT

import labkit

ONSET, END = dt.datetime(2023, 12, 1, 14, 30), dt.datetime(2023, 12, 1, 17)  # noqa: DTZ001


@pytest.fixture(scope="module")
def con():
    """Load the evidence that the labs are about."""
    return labkit.load(ROOT / "data" / "debacle")


def test_the_first_failures_stand_alone(con):
    """What fails first fails minutes before the outage and for another reason than the rows that follow."""
    rows = con.sql(
        "SELECT start_utc, error_type FROM requests WHERE failed ORDER BY start_utc, span_id LIMIT 4"
    ).fetchall()
    alone = [(time, kind) for time, kind in rows if time < ONSET]
    others = [(time, kind) for time, kind in rows if time >= ONSET]
    assert alone and others
    assert all(ONSET - time > dt.timedelta(minutes=2) for time, _ in alone)
    assert all(time < ONSET + dt.timedelta(seconds=10) for time, _ in others)
    assert not {kind for _, kind in alone} & {kind for _, kind in others}


def test_what_needs_data_broke_and_what_needs_none_worked(con):
    """From 14:30 to 17:00 the four routes with data failed nearly always, the other two never."""
    rows = con.execute(
        """SELECT route, count(*) FILTER (WHERE failed) / count(*) FROM requests
           WHERE start_utc BETWEEN $onset AND $end GROUP BY route""",
        {"onset": ONSET, "end": END},
    ).fetchall()
    ratios = dict(rows)
    assert ratios.pop("/") == ratios.pop("/livez") == 0
    assert len(ratios) == 4
    assert min(ratios.values()) > 0.95


def test_people_kept_trying(con):
    """The number of requests a half hour falls during the outage by less than a fifth."""
    rows = labkit.query(con, "error_ratio", bucket_seconds=1800).fetchall()
    assert min(row[1] for row in rows) > 0.8 * max(row[1] for row in rows)


def test_time_alone_hides_half_of_the_pain(con):
    """Apdex by time alone stays above a half in the outage; with failures counted it is below a quarter."""
    half_hours = labkit.query(con, "apdex", bucket_seconds=1800, threshold_ms=600).df()
    during = half_hours[(half_hours["time_utc"] >= ONSET) & (half_hours["time_utc"] < END)]
    assert during["apdex"].max() < 0.25
    [(naive,)] = con.execute(
        """SELECT avg(CASE WHEN duration_ms <= 600 THEN 1 WHEN duration_ms <= 2400 THEN 0.5 ELSE 0 END)
           FROM requests WHERE route <> '/livez' AND start_utc BETWEEN $onset AND $end""",
        {"onset": ONSET, "end": END},
    ).fetchall()
    assert naive > 0.5


def test_the_alarm_would_have_come_within_two_minutes(con):
    """The fastest burn-rate alarm fires about a minute after the onset, the first report comes after 15."""
    fired = labkit.query(con, "burn_rate_alerts").df()["first_fired_utc"].min()
    assert dt.timedelta(seconds=30) < fired - ONSET < dt.timedelta(seconds=120)
    [(report,)] = con.sql("SELECT min(time_utc) FROM messages WHERE channel = 'user-report'").fetchall()
    assert dt.timedelta(minutes=15) <= report - ONSET < dt.timedelta(minutes=16)


def test_the_budget_is_gone_about_three_times(con):
    """Both ways of counting use up between two and a half and three and a half budgets."""
    shares = labkit.query(con, "error_budget").df()["share_burned"]
    assert shares.between(2.5, 3.5).all()


def test_the_progress_fell_by_fifteen_per_cent(con):
    """From the last snapshot before the outage to the end: 15 % of what was complete, 10 % of the plan."""
    rows = con.sql(
        "SELECT time_utc, completed_milestones, planned_milestones FROM progress ORDER BY 1"
    ).fetchall()
    before = [done for time, done, _ in rows if time < ONSET][-1]
    _, after, planned = rows[-1]
    assert ((before - after) / before, (before - after) / planned) == (0.15, 0.1)


def test_few_failures_stay_in_the_corrected_replay(con):
    """Nearly all failures go away with the earlier string, and some with other reasons stay."""
    recorded = labkit.replay(con)
    corrected = labkit.replay(con, labkit.Configuration(dsn_after="as corrected"))
    assert 0 < corrected.failed < 0.01 * recorded.failed


def test_the_cases_that_lab_06_names_are_these():
    """The prose of lab 06 speaks of cases by their numbers."""
    told = {
        12: "port 5433",
        25: "rotated",
        36: "replica",
        37: "30 ms",
        38: "staging",
    }
    ground = labkit.proving_ground()
    assert {number for number, word in told.items() if word not in ground.cases[number - 1].truth} == set()


def test_the_numbers_in_lab_07s_prose_are_the_evidences(con):
    """So many requests failed in the outage, and more than half of it went into theories that were wrong."""
    onset, recovery = labkit.query(con, "onset_and_recovery").project("onset_utc, recovery_utc").fetchall()[0]
    assert labkit.query(con, "onset_and_recovery").project("failed").fetchall() == [(9291,)]
    asked = "SELECT min(time_utc) FROM messages WHERE text LIKE '{}'"
    assumed, innocent = (
        con.sql(asked.format(words)).fetchall()[0][0] for words in ("%that is overload%", "%The database is up%")
    )
    assert (innocent - assumed) / (recovery - onset) > 0.5
    assert con.sql("SELECT count(*) FROM messages WHERE text LIKE '%All 412 unit tests pass%'").fetchall() == [(1,)]
