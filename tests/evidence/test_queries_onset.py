"""Where failures set in and end, against sequences whose answer is known by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest
import small_cases as cases

from labkit.evidence.queries import query


def found(con: duckdb.DuckDBPyConnection, **params: Any) -> dict[str, Any]:
    """The one row of the answer, by column."""
    answer = query(con, "onset_and_recovery", **params)
    rows = answer.fetchall()
    assert len(rows) == 1
    return dict(zip(answer.columns, rows[0], strict=True))


def at(second: float) -> dt.datetime:
    """So many seconds after the start."""
    return cases.START + dt.timedelta(seconds=second)


def sequence(plan: str, *, step: float = 1.0, n: int = 2000) -> duckdb.DuckDBPyConnection:
    """One request a step; ``plan`` is a SQL condition on i that says which fail."""
    con = cases.empty()
    con.execute(
        f"""
        INSERT INTO spans BY NAME
        SELECT 'SERVER' AS kind, $start::TIMESTAMP + to_microseconds((i * $step * 1e6)::BIGINT) AS start_utc,
               CASE WHEN {plan} THEN 500 ELSE 200 END AS http_response_status_code, '/a' AS url_path
        FROM range({n}) AS r(i)
        """,
        {"start": cases.START, "step": step},
    )
    return con


def test_a_clean_step_is_found_to_the_second() -> None:
    """All requests fail from second 500 up to second 1499: onset at 500, recovery at 1500."""
    row = found(sequence("i >= 500 AND i < 1500"))
    assert (row["state"], row["onset_utc"], row["recovery_utc"]) == ("recovered", at(500), at(1500))
    assert (row["requests"], row["failed"], row["error_ratio"]) == (1000, 1000, 1.0)
    assert row["error_ratio_outside"] == 0
    assert row["duration_min"] == pytest.approx(1000 / 60)
    assert row["evidence"] == pytest.approx(2000 * 0.6931, abs=0.2)  # half bad, half good, fully told apart


def test_a_partial_fault_is_found_beside_ordinary_errors() -> None:
    """Four in five requests fail in the middle and one in a hundred elsewhere: found within four seconds."""
    row = found(sequence("CASE WHEN i >= 500 AND i < 1500 THEN i % 5 <> 0 ELSE i % 100 = 3 END"))
    assert row["state"] == "recovered"
    assert abs((row["onset_utc"] - at(500)).total_seconds()) <= 4
    assert abs((row["recovery_utc"] - at(1500)).total_seconds()) <= 4


def test_a_fault_that_outlasts_most_of_the_data_is_found() -> None:
    """The usual state is not taken from the majority: nine tenths of the data may be the incident."""
    row = found(sequence("i >= 100 AND i < 1900"))
    assert (row["onset_utc"], row["recovery_utc"]) == (at(100), at(1900))


def test_the_longer_of_two_runs_is_told() -> None:
    """Of two equally bad runs the longer is the answer."""
    row = found(sequence("(i >= 100 AND i < 300) OR (i >= 900 AND i < 1700)"))
    assert (row["onset_utc"], row["recovery_utc"]) == (at(900), at(1700))


def test_of_two_equal_runs_the_first_is_told() -> None:
    """A tie goes to the earlier run."""
    row = found(sequence("(i >= 200 AND i < 600) OR (i >= 1200 AND i < 1600)"))
    assert (row["onset_utc"], row["recovery_utc"]) == (at(200), at(600))


def test_a_quiet_day_has_no_change() -> None:
    """One request in a hundred fails all day: no onset, no recovery, and the ratio is still told."""
    row = found(sequence("i % 100 = 3"))
    assert (row["state"], row["onset_utc"], row["recovery_utc"]) == ("no change", None, None)
    assert row["error_ratio_outside"] == pytest.approx(0.01)


@pytest.mark.parametrize("plan", ["false", "true"])
def test_a_constant_state_is_no_change(plan: str) -> None:
    """Where nothing fails, or everything from the first to the last request, nothing changed."""
    row = found(sequence(plan))
    assert (row["state"], row["onset_utc"], row["error_ratio"]) == ("no change", None, None)


def test_a_blip_is_no_change_unless_asked_for() -> None:
    """A run of 60 seconds is too short by default, and found with a smaller limit."""
    con = sequence("i >= 700 AND i < 760")
    assert found(con)["state"] == "no change"
    row = found(con, min_seconds=30)
    assert (row["onset_utc"], row["recovery_utc"]) == (at(700), at(760))


def test_a_run_below_the_least_ratio_is_no_change() -> None:
    """A rise to one in five counts by default, and does not where only halves count."""
    con = sequence("i >= 500 AND i < 1500 AND i % 5 = 0")
    assert found(con)["state"] == "recovered"
    assert found(con, min_ratio=0.5)["state"] == "no change"


def test_a_small_rise_over_a_high_level_is_no_change_unless_asked_for() -> None:
    """From two in ten to four in ten is twice as many, and three times is asked for by default."""
    con = sequence("CASE WHEN i >= 500 AND i < 1500 THEN i % 10 < 4 ELSE i % 10 < 2 END")
    assert found(con)["state"] == "no change"
    row = found(con, min_times=1.5)
    assert row["state"] == "recovered"
    assert abs((row["onset_utc"] - at(500)).total_seconds()) <= 10


def test_a_rise_of_a_few_per_cent_is_found() -> None:
    """From one in a thousand to three in a hundred is a change: most of the users still see answers."""
    con = sequence("CASE WHEN i >= 2000 AND i < 6000 THEN i % 33 = 0 ELSE i % 1000 = 3 END", n=8000)
    row = found(con)
    assert row["state"] == "recovered"
    assert abs((row["onset_utc"] - at(2000)).total_seconds()) <= 33
    assert abs((row["recovery_utc"] - at(6000)).total_seconds()) <= 33


def test_a_run_that_lasts_to_the_end_is_ongoing() -> None:
    """Without good requests after it a run has an onset and no recovery."""
    row = found(sequence("i >= 1200"))
    assert (row["state"], row["onset_utc"], row["recovery_utc"]) == ("ongoing", at(1200), None)
    assert row["duration_min"] == pytest.approx(800 / 60)


def test_a_run_that_was_there_first_is_under_way() -> None:
    """Without good requests before it a run has a recovery and no onset."""
    row = found(sequence("i < 800"))
    assert (row["state"], row["onset_utc"], row["recovery_utc"]) == ("under way", None, at(800))


def test_many_requests_in_one_second_are_one_place() -> None:
    """With twenty requests a second the answer is still a whole second."""
    row = found(sequence("i >= 400 AND i < 1600", step=0.25))
    assert (row["onset_utc"], row["recovery_utc"]) == (at(100), at(400))


def test_health_checks_do_not_water_the_answer_down() -> None:
    """Checks that pass during the fault are left out unless asked for."""
    con = sequence("i >= 500 AND i < 1500")
    con.execute(
        """
        INSERT INTO spans BY NAME
        SELECT kind, start_utc, 200 AS http_response_status_code, '/livez' AS url_path FROM spans
        """
    )
    assert found(con)["error_ratio"] == 1.0
    assert found(con, health_checks=None)["error_ratio"] == pytest.approx(0.5, abs=0.01)


def test_single_requests_are_no_change() -> None:
    """One request, good or bad, says nothing about change."""
    for status in (200, 500):
        con = cases.empty()
        cases.requests(con, (0, status))
        assert found(con)["state"] == "no change"


def test_requests_without_time_or_outcome_do_not_disturb() -> None:
    """A span without start is left out, one without outcome counts as not failed."""
    con = sequence("i >= 500 AND i < 1500")
    con.execute("INSERT INTO spans BY NAME SELECT 'SERVER' AS kind, 500 AS http_response_status_code")
    con.execute(
        "INSERT INTO spans BY NAME SELECT 'SERVER' AS kind, $1::TIMESTAMP AS start_utc, '/a' AS url_path",
        [at(50)],
    )
    row = found(con)
    assert (row["onset_utc"], row["recovery_utc"]) == (at(500), at(1500))
