"""Availability, error budget and burn-rate alerts, against arithmetic done by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest
import small_cases as cases

from labkit.evidence.queries import query


def at(second: float) -> dt.datetime:
    """So many seconds after the start."""
    return cases.START + dt.timedelta(seconds=second)


def steady(failing: str, *, seconds: int = 7200) -> duckdb.DuckDBPyConnection:
    """One request a second, answered at once; ``failing`` is a SQL condition on the second i."""
    con = cases.empty()
    con.execute(
        f"""
        INSERT INTO spans BY NAME
        SELECT 'SERVER' AS kind, $start::TIMESTAMP + to_seconds(i) AS start_utc, start_utc AS end_utc,
               CASE WHEN {failing} THEN 500 ELSE 200 END AS http_response_status_code
        FROM range({seconds}) AS r(i)
        """,
        {"start": cases.START},
    )
    return con


def alerts(con: duckdb.DuckDBPyConnection, **params: Any) -> dict[float, tuple[Any, ...]]:
    """By burn rate: first and last firing, peak, observed share."""
    wanted = "burn_rate, first_fired_utc, last_fired_utc, peak_burn_rate, observed_share"
    return {row[0]: row[1:] for row in query(con, "burn_rate_alerts", **params).project(wanted).fetchall()}


def test_availability_by_requests_and_by_minutes() -> None:
    """Three of eight requests fail; of three minutes one is at 2/3, one at 1/4, one at 0: one is down."""
    con = cases.empty()
    cases.requests(con, *[(s, 503) for s in (0, 1, 60)], *[(s, 200) for s in (2, 61, 62, 63, 120)])
    assert query(con, "availability").fetchall() == [(8, 3, 0.625, 3, 1, pytest.approx(2 / 3))]
    assert query(con, "availability", bad_minute_ratio=0.25).fetchall()[0][4] == 2
    assert query(con, "availability", bad_minute_ratio=0).fetchall()[0][4] == 2  # a good minute is never down
    assert query(con, "availability", from_utc=at(60), until_utc=at(120)).fetchall()[0][:3] == (4, 1, 0.75)


def test_availability_of_nothing_is_unknown() -> None:
    """Without requests there is a row, and its ratios are NULL."""
    assert query(cases.empty(), "availability").fetchall() == [(0, 0, None, 0, 0, None)]


def test_error_budget_by_minutes_and_by_requests() -> None:
    """Thirty minutes down of a budget of 43.2; 1800 bad requests of 0.1 % of 30 days at one a second."""
    con = steady("i >= 1800 AND i < 3600")
    minutes, requests = query(con, "error_budget", requests_per_day=86400).fetchall()
    assert minutes == ("minutes of full outage", "min", pytest.approx(43.2), 30.0, pytest.approx(30 / 43.2))
    assert requests == ("bad requests", "request", pytest.approx(2592), 1800.0, pytest.approx(1800 / 2592))


def test_error_budget_takes_the_mean_rate_where_none_is_given() -> None:
    """7200 requests from second 0 to second 7199 are 7200/7199 a second."""
    _, requests = query(steady("false"), "error_budget").fetchall()
    assert requests[2:] == (pytest.approx(2592 * 7200 / 7199), 0.0, 0.0)


def test_error_budget_without_data_or_budget_is_unknown() -> None:
    """No traffic gives no budget in requests; a promise of 100 % gives no share."""
    assert [row[2] for row in query(cases.empty(), "error_budget").fetchall()] == [pytest.approx(43.2), None]
    assert [row[4] for row in query(steady("true", seconds=60), "error_budget", slo=1).fetchall()] == [
        None,
        None,
    ]


def test_page_fires_when_the_long_window_is_over_the_threshold() -> None:
    """After an hour of good requests all fail: 52 failures in 3600 s are over 1.44 %, 51 are not."""
    page = alerts(steady("i >= 3600"))[14.4]
    assert page[0] == at(3600 + 52)
    assert page[3] == 1.0


def test_page_ends_with_the_short_window() -> None:
    """Ten bad minutes after an hour: the five-minute window falls under 1.44 % after 296 good seconds."""
    page = alerts(steady("i >= 3600 AND i < 4200"))[14.4]
    assert page[1] == at(4200 + 295)
    assert page[2] == pytest.approx(1000 * 600 / 3600)


def test_unknown_time_counts_as_good_traffic_by_default() -> None:
    """Half an hour of data before the failures: the other half of the window is filled with the mean rate."""
    page = alerts(steady("i >= 1800"))[14.4]
    assert page[0] == at(1800 + 52)
    assert page[3] == pytest.approx(1852 / 3600)


def test_unknown_time_can_count_as_empty_or_as_bad() -> None:
    """Without assumed traffic 27 failures in 1827 s suffice; with 1 % failed before, fewer than 52 do."""
    con = steady("i >= 1800")
    assert alerts(con, assumed_per_minute=0)[14.4][0] == at(1800 + 27)
    # 18 failures are assumed in the 1800 s before the data; each second more takes 0.01 of them away
    assert alerts(con, assumed_per_minute=60, assumed_error_ratio=0.01)[14.4][0] == at(1800 + 35)


def test_slower_alerts_fire_later() -> None:
    """At six times 130 failures of 21600 s are needed, at one time 260 of 259200 s."""
    fired = alerts(steady("i >= 3600"))
    assert fired[6.0][0] == at(3600 + 130)
    assert fired[1.0][0] == at(3600 + 260)


def test_a_failure_counts_when_its_answer_is_complete() -> None:
    """Failures that take ten seconds are seen ten seconds later."""
    con = steady("i >= 3600")
    con.execute(
        "UPDATE spans SET end_utc = start_utc + INTERVAL 10 SECOND WHERE http_response_status_code = 500"
    )
    first = alerts(con)[14.4][0]
    assert at(3600 + 60) <= first <= at(3600 + 62)


def test_a_quiet_day_fires_nothing() -> None:
    """One failure in ten thousand is within every threshold."""
    quiet = alerts(steady("i % 10000 = 5"))
    assert [row[0] for row in quiet.values()] == [None, None, None]
    assert quiet[14.4][3] == 1.0  # the last hour lies within the data


def test_alerts_without_data_are_silent() -> None:
    """Without requests there are three rows and nothing in them."""
    assert list(alerts(cases.empty()).values()) == [(None, None, None, None)] * 3
