"""The parts of an investigation: windows, stand-ins for missing planes, settings, and what decides."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from made_cases import AT, GOOD, ONSET, RECOVERY, Case, make
from made_faults import FAULTS, REFUSED, dsn

from labkit.evidence.investigate import investigate
from labkit.evidence.investigate.page import write_page
from labkit.evidence.investigate.settings import adds_capacity, dsn_changes, touches
from labkit.evidence.schema import create_schema

PORT = Case(f"{AT} 5433 {REFUSED}", dsn=dsn(port="5433"))


def empty() -> duckdb.DuckDBPyConnection:
    """Make every table without a row."""
    con = duckdb.connect()
    create_schema(con)
    return con


def test_without_any_evidence_nothing_is_found_and_everything_is_missing() -> None:
    """An empty case has no incident, names every plane as missing, and can be shown."""
    found = investigate(empty())
    assert found.root_cause.kind == "none"
    assert {"requests", "logs", "postgres_log", "metrics", "deployments"} <= {
        item.plane for item in found.missing
    }
    assert "not known" in repr(found)
    assert found.to_json()["onset_utc"] is None


@pytest.mark.parametrize("kept", ["access", "logs", "postgres_log"])
def test_one_plane_alone_still_shows_the_failures(kept: str) -> None:
    """The access log, the program's log or the server's log alone gives onset and recovery."""
    fault = next(f for f in FAULTS if f.name == "wrong password")
    con = make(fault.case)
    con.execute(
        "INSERT INTO access BY NAME SELECT end_utc AS time_utc, url_path AS path, 'GET' AS method, "
        "http_response_status_code AS status FROM spans WHERE kind = 'SERVER'"
    )
    for table in {"access", "logs", "postgres_log", "spans", "metrics", "deployments", "messages"} - {kept}:
        con.execute(f"DELETE FROM {table}")
    found = investigate(con)
    assert found.window.plane == kept
    assert found.onset_utc is not None
    assert abs((found.onset_utc - ONSET).total_seconds()) <= 30
    if kept != "access":
        assert (found.root_cause.kind, found.root_cause.part) == ("misconfigured_connection", "password")


def test_an_incident_at_the_edge_of_the_data_says_so() -> None:
    """Where the data begin or end while requests fail, onset or recovery is not known, and that is said."""
    con = make(PORT)
    con.execute("DELETE FROM spans WHERE start_utc < $at", {"at": ONSET + dt.timedelta(minutes=3)})
    found = investigate(con)
    assert found.onset_utc is None
    assert "onset" in {item.plane for item in found.missing}
    con = make(PORT)
    con.execute("DELETE FROM spans WHERE start_utc > $at", {"at": RECOVERY - dt.timedelta(minutes=3)})
    found = investigate(con)
    assert found.recovery_utc is None
    assert "recovery" in {item.plane for item in found.missing}
    assert found.root_cause.part == "port"


def test_a_harmless_change_of_the_string_is_no_cause() -> None:
    """A change that ships with the update is not blamed when the messages speak of something else."""
    case = Case(f"{AT} 5433 {REFUSED}", dsn=dsn(port="5433", rest="?application_name=shop"))
    found = investigate(make(case))
    assert found.root_cause.part == "port"
    assert {change.part for change in found.root_cause.changes} == {"port", "application_name"}


def test_values_come_from_spans_and_messages_without_a_deployment() -> None:
    """Without any record of deployments both values are read from healthy spans and failing messages."""
    con = make(PORT)
    con.execute("DELETE FROM deployments")
    cause = investigate(con).root_cause
    assert (cause.part, cause.before, cause.after) == ("port", "5432", "5433")
    assert cause.dsn_before is None


def test_settings_of_their_own_are_parts_too() -> None:
    """A host in a setting of its own is compared like one in a connection string."""
    case = Case(
        f'connection failed: connection to server at "192.0.2.9", port 5432 {REFUSED}',
        changes=(("PGHOST", "db.shop.example", "db2.shop.example"), ("DB_PASSWORD", "a", "b")),
    )
    found = investigate(make(case))
    assert (found.root_cause.part, found.root_cause.after) == ("host", "db2.shop.example")
    password = next(change for change in found.root_cause.changes if change.part == "password")
    assert (password.before, password.after) == (None, "changed")


def test_what_remains_open_has_a_test_that_decides() -> None:
    """Where role and password cannot be told apart, the answer says what would tell them."""
    fault = next(f for f in FAULTS if f.name == "wrong password")
    con = make(fault.case)
    con.execute("DELETE FROM postgres_log")
    con.execute("DELETE FROM deployments")
    found = investigate(con)
    assert found.root_cause.part == "password"
    assert found.decides


def test_rejected_lines_are_said() -> None:
    """Lines that could not be used are counted among what is missing."""
    con = make(PORT)
    con.execute("INSERT INTO rejects (source_file, reason) VALUES ('x', 'no JSON')")
    assert any(item.plane == "rejects" and "1 lines" in item.limits for item in investigate(con).missing)


def test_connection_strings_are_compared_part_by_part() -> None:
    """Two readable strings give their difference; an unreadable one gives what the lint says."""
    changes, masked = dsn_changes(GOOD, GOOD.replace("5432", "5433"))
    assert [(c.part, c.before, c.after) for c in changes] == [("port", "5432", "5433")]
    assert masked
    changes, masked = dsn_changes(GOOD, "postgress://shop:secret-1@db/shop")
    assert "scheme" in {c.part for c in changes}
    assert not masked
    assert "secret-1" not in str(changes)


@pytest.mark.parametrize("torn", ["pa@ss", "***@ss", "pa/ss"])
def test_a_torn_password_is_one_change_and_no_piece_of_it_is_shown(torn: str) -> None:
    """A string whose password tears the parts behind it is told as a change of the password alone."""
    changes, _ = dsn_changes(GOOD, GOOD.replace("***", torn))
    assert [change.part for change in changes] == ["password"]
    assert "ss" not in str(changes).replace("password", "")


@pytest.mark.parametrize(
    ("setting", "before", "after", "more"),
    [
        ("WEB_WORKERS", "2", "6", True),
        ("CPU_LIMIT", "250m", "500m", True),
        ("MEMORY_LIMIT", "512Mi", "1Gi", True),
        ("CPU_LIMIT", "500m", "1", True),
        ("WEB_WORKERS", "6", "2", False),
        ("LOG_FORMAT", "2", "6", False),
        ("WEB_WORKERS", None, "6", False),
    ],
)
def test_more_room_is_recognised(setting: str, before: str | None, after: str, more: bool) -> None:
    """Settings that give more workers, CPU or memory count as more room."""
    assert adds_capacity({"setting": setting, "before": before, "after": after}) is more


def test_settings_about_the_connection_are_recognised() -> None:
    """A setting is about the connection by its name or by its value."""
    assert touches({"setting": "DATABASE_URL", "before": None, "after": "x"})
    assert touches({"setting": "MAIN", "before": GOOD, "after": None})
    assert touches({"setting": "PGPORT", "before": "1", "after": "2"})
    assert not touches({"setting": "CACHE_SECONDS", "before": "1", "after": "2"})


def _overload(workers: tuple[int, int, int]) -> duckdb.DuckDBPyConnection:
    """Make an overload in which the workers change six minutes before the failures end."""
    con = make(next(f for f in FAULTS if f.name == "overload").case)
    con.execute(
        """
        INSERT INTO metrics BY NAME
        SELECT $onset::TIMESTAMP + to_seconds(60 * i) AS time_utc, 'shop.workers' AS name, '{worker}' AS unit,
               CASE WHEN i < 0 THEN $before WHEN i < 14 THEN $during ELSE $after END::DOUBLE AS value,
               'web-1' AS host_name
        FROM range(-15, 35) AS r(i)
        """,
        {"onset": ONSET, "before": workers[0], "during": workers[1], "after": workers[2]},
    )
    return con


def test_added_workers_are_seen_in_the_measurements() -> None:
    """Where no deployment tells of more room, a rise of the workers does, and whether it helped is judged."""
    con = _overload((2, 2, 8))
    con.execute("DELETE FROM spans WHERE http_response_status_code = 503 AND start_utc >= $at",
                {"at": ONSET + dt.timedelta(minutes=14)})  # fmt: skip
    (found,) = [h for h in investigate(con).hypotheses if h.kind == "overload"]
    (room,) = [p for p in found.predictions if p.text == "More room helps."]
    assert room.outcome == "held"
    (found,) = [h for h in investigate(_overload((2, 2, 2))).hypotheses if h.kind == "overload"]
    (room,) = [p for p in found.predictions if p.text == "More room helps."]
    assert room.outcome == "unknown"


def test_more_workers_that_change_nothing_speak_against_overload() -> None:
    """Room given in the middle of a wrong port's failures does not help, and is cited."""
    con = make(PORT)
    con.execute(
        """
        INSERT INTO deployments BY NAME
        SELECT $at::TIMESTAMP AS time_utc, 'scaled' AS event_name, 'More workers' AS deployment_name,
               [{'key': 'WEB_WORKERS', 'before': '2', 'after': '6'}] AS config_diff
        """,
        {"at": ONSET + dt.timedelta(minutes=9)},
    )
    (found,) = [h for h in investigate(con).hypotheses if h.kind == "overload"]
    (room,) = [p for p in found.predictions if p.text == "More room helps."]
    assert room.outcome == "failed"
    assert room.claim is not None
    assert "09:29" in room.claim.text


def test_a_quiet_day_and_an_empty_case_have_a_page_too() -> None:
    """The page of a day without an incident says so; without any request it has no charts."""
    con = make(Case(fails=False, reports=False))
    page = write_page(con, investigate(con))
    assert "No incident was found" in page
    assert "<img" in page
    nothing = empty()
    assert "<img" not in write_page(nothing, investigate(nothing))


def test_what_pages_and_texts_quote_is_escaped() -> None:
    """Markup in a message of the evidence stays text on the page."""
    con = make(Case(f"{AT} 5433 {REFUSED} <b>&</b>", dsn=dsn(port="5433")))
    page = write_page(con, investigate(con), source="<case>")
    assert "<b>&</b>" not in page
    assert "<case>" not in page


def test_a_blip_is_no_incident_and_a_short_recording_is_one() -> None:
    """A few failures in a row on a long day are none; in a recording of a minute, twenty seconds are one."""
    con = empty()
    con.execute(
        "INSERT INTO spans BY NAME "
        "SELECT 'SERVER' AS kind, $at::TIMESTAMP + to_milliseconds(100 * i) AS start_utc, "
        "CASE WHEN i BETWEEN 200 AND 399 THEN 503 ELSE 200 END AS http_response_status_code, "
        "'/a' AS url_path "
        "FROM range(600) AS r(i)",
        {"at": ONSET},
    )
    window = investigate(con).window
    assert (window.state, window.minutes) == ("recovered", pytest.approx(20 / 60, abs=0.05))
    con.execute("DELETE FROM spans")
    con.execute(
        "INSERT INTO spans BY NAME "
        "SELECT 'SERVER' AS kind, $at::TIMESTAMP + to_seconds(i) AS start_utc, "
        "CASE WHEN i BETWEEN 8000 AND 8003 THEN 503 ELSE 200 END AS http_response_status_code, "
        "'/a' AS url_path "
        "FROM range(20000) AS r(i)",
        {"at": ONSET},
    )
    assert investigate(con).root_cause.kind == "none"
