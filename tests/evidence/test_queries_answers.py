"""What the named queries answer, against a few rows whose answers are worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest
import small_cases as cases

from labkit.evidence.queries import query


def rows(con: duckdb.DuckDBPyConnection, name: str, **params: Any) -> list[dict[str, Any]]:
    """The answer as one dictionary a row."""
    answer = query(con, name, **params)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]


def at(second: float) -> dt.datetime:
    """So many seconds after the start."""
    return cases.START + dt.timedelta(seconds=second)


def insert(con: duckdb.DuckDBPyConnection, table: str, *records: dict[str, Any]) -> None:
    """Insert rows by column name."""
    for record in records:
        names = ", ".join(record)
        marks = ", ".join(f"${name}" for name in record)
        con.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", record)


def test_error_ratio_counts_by_bucket() -> None:
    """Requests fall into the bucket they arrived in; 4xx is no failure; an empty bucket has no row."""
    con = cases.empty()
    cases.requests(con, (0, 200), (59.9, 503), (60, 404), (180, 500), (181, 200), (182, 200), (183, 500))
    assert [tuple(r.values()) for r in rows(con, "error_ratio")] == [
        (at(0), 2, 1, 0.5),
        (at(60), 1, 0, 0.0),
        (at(180), 4, 2, 0.5),
    ]


def test_error_ratio_leaves_out_health_checks_and_takes_a_window() -> None:
    """A health check counts only when asked for; the window includes its first moment and not its last."""
    con = cases.empty()
    cases.requests(con, (0, 200), (1, 500, None, "/livez"), (2, 500, None, "/livezone"), (60, 200))
    assert [r["requests"] for r in rows(con, "error_ratio")] == [2, 1]
    assert [r["requests"] for r in rows(con, "error_ratio", health_checks=None)] == [3, 1]
    assert [r["requests"] for r in rows(con, "error_ratio", from_utc=at(2), until_utc=at(60))] == [1]


def test_a_span_in_error_without_status_has_failed() -> None:
    """A request without HTTP status counts by its span's status."""
    con = cases.empty()
    insert(con, "spans", {"kind": "SERVER", "start_utc": at(0), "status_code": "ERROR"})
    insert(con, "spans", {"kind": "SERVER", "start_utc": at(1)})
    assert [(r["requests"], r["failed"]) for r in rows(con, "error_ratio")] == [(2, 1)]


def test_latency_percentiles_by_route_and_phase() -> None:
    """Percentiles are interpolated, phases cut at onset and recovery, requests without duration left out."""
    con = cases.empty()
    cases.requests(con, (0, 200, 10), (1, 200, 20), (2, 200, 30), (10, 500, 100), (20, 200, 7), (21, 200))
    found = rows(con, "latency_percentiles", onset_utc=at(10), recovery_utc=at(20))
    assert [(r["phase"], r["requests"], r["p50_ms"], r["p95_ms"]) for r in found] == [
        ("before", 3, 20.0, pytest.approx(29.0)),
        ("during", 1, 100.0, 100.0),
        ("after", 1, 7.0, 7.0),
    ]
    assert [(r["phase"], r["route"], r["max_ms"]) for r in rows(con, "latency_percentiles")] == [
        ("all", "GET /a", 100.0)
    ]
    ends = rows(con, "latency_percentiles", onset_utc=at(10))
    assert [(r["phase"], r["requests"]) for r in ends] == [("before", 3), ("during", 2)]


def test_errors_by_cause_reads_every_source() -> None:
    """Spans, the program's log and PostgreSQL's log are told apart, and servers are read from text."""
    con = cases.empty()
    cases.requests(con, (0, 200), (1, 503))
    insert(
        con,
        "spans",
        {"kind": "CLIENT", "start_utc": at(2), "db_system_name": "postgresql", "status_code": "ERROR",
         "db_response_status_code": "42P01", "server_address": "db", "server_port": 1, "error_type": "E"},
    )  # fmt: skip
    text = 'connection to server at "db.test" (192.0.2.1), port 6543 failed: no'
    warning = {"time_utc": at(4), "severity_number": 13, "logger": "pool"}
    insert(
        con,
        "logs",
        {**warning, "body": text},
        {**warning, "time_utc": at(3), "body": text},
        {**warning, "body": "x", "exception_type": "app.E", "exception_message": "y"},
        {**warning, "body": "only information", "severity_number": 9},
    )
    for severity in ("LOG", "FATAL"):
        insert(con, "postgres_log", {"time_utc": at(5), "error_severity": severity, "state_code": "28P01"})
    found = rows(con, "errors_by_cause")
    assert [(r["source"], r["error"], r["sqlstate"], r["server"], r["count"]) for r in found] == [
        ("log", "pool", None, "db.test:6543", 2),
        ("log", "app.E", None, None, 1),
        ("postgres_log", "FATAL", "28P01", None, 1),
        ("query", "E", "42P01", "db:1", 1),
        ("request", "503", None, None, 1),
    ]
    assert (found[0]["first_utc"], found[0]["last_utc"]) == (at(3), at(4))
    assert found[1]["example"] == "y"
    window = rows(con, "errors_by_cause", from_utc=at(1), until_utc=at(3))
    assert [r["source"] for r in window] == ["query", "request"]


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ('connection to server at "192.0.2.7", port 6000 failed: Connection refused', "192.0.2.7:6000"),
        ('connection to server at "db.test" (192.0.2.7), port 6000 failed: FATAL', "db.test:6000"),
        ("failed to resolve host 'db.invalid': [Errno -2] Name or service not known", "db.invalid"),
        ('could not translate host name "db.invalid" to address: unknown', "db.invalid"),
        ("failed to resolve host 'rest-of-a-password@db.test': [Errno -2]", None),
        ('connection to server on socket "/run/.s.PGSQL.6000" failed', "/run/.s.PGSQL.6000"),
        ("couldn't get a connection after 2.00 sec", None),
    ],
)
def test_servers_are_read_from_what_drivers_write(text: str, server: str | None) -> None:
    """The address and port, the host or the socket of a failed connect is read from the log's words."""
    con = cases.empty()
    insert(con, "logs", {"time_utc": at(0), "severity_number": 13, "logger": "pool", "body": text})
    assert [r["server"] for r in rows(con, "errors_by_cause")] == [server]


def test_requests_without_queries() -> None:
    """A failed request without query span in its trace is counted, with or without a trace id."""
    con = cases.empty()
    cases.requests(con, (0, 200, 1, "/a", "t1"), (1, 503, 1, "/a", "t2"), (2, 500, 1, "/a", "t3"))
    cases.requests(con, (3, 503), (4, 200, 1, "/b", "t5"))
    for trace in ("t1", "t3", None):
        insert(
            con, "spans", {"kind": "CLIENT", "start_utc": at(0), "db_system_name": "pg", "trace_id": trace}
        )
    (bucket,) = rows(con, "requests_without_queries")
    assert tuple(bucket.values()) == (at(0), 5, 3, 3, 2, pytest.approx(2 / 3))
    by_route = rows(con, "requests_without_queries_by_route")
    assert [tuple(r.values()) for r in by_route] == [
        ("GET /a", 4, 3, 2, pytest.approx(2 / 3), 0, 0.0),
        ("GET /b", 1, 0, 0, None, 1, 1.0),
    ]


def test_changes_before_lists_each_setting() -> None:
    """One row a changed setting, newest first; an event without changes keeps a row."""
    con = cases.empty()
    both = [{"key": "B", "before": None, "after": "1"}, {"key": "A", "before": "x", "after": "y"}]
    event = {"event_name": "deployment.started", "service_name": "s", "source_file": "f"}
    for line, second, diff in ((1, -7300, both), (2, 0, None), (3, 600, both), (4, 655, []), (5, 700, both)):
        insert(
            con, "deployments", {**event, "time_utc": at(second), "config_diff": diff, "source_line": line}
        )
    found = rows(con, "changes_before", at_utc=at(600))
    assert [(r["time_utc"], r["setting"], r["before"], r["after"]) for r in found] == [
        (at(655), None, None, None),
        (at(600), "A", "x", "y"),
        (at(600), "B", None, "1"),
        (at(0), None, None, None),
    ]
    assert [r["minutes_earlier"] for r in found] == [pytest.approx(-55 / 60), 0, 0, 10]
    assert len(rows(con, "changes_before", at_utc=at(600), minutes_before=1, seconds_after=0)) == 2


def test_log_silence_compares_with_the_usual_gap() -> None:
    """Gaps of 10, 10, 100 and 10 s: the longest is ten times the usual one, and had traffic in it."""
    con = cases.empty()
    for second in (0, 10, 20, 120, 130):
        insert(con, "postgres_log", {"time_utc": at(second), "backend_type": "client backend"})
    insert(con, "postgres_log", {"time_utc": at(60), "backend_type": "checkpointer"})
    cases.requests(con, (0, 200), (50, 503), (51, 200), (130, 200))
    first, *others = rows(con, "log_silence", longest=2)
    assert tuple(first.values()) == (at(20), at(120), 100.0, 10.0, 10.0, 2, 1)
    assert [r["from_utc"] for r in others] == [at(0)]
    assert rows(con, "log_silence", backend=None)[0]["silent_s"] == 60


def test_log_silence_reaches_to_the_edges_of_the_traffic() -> None:
    """Silence before the first and after the last line is a gap too; a single gap has no usual one."""
    con = cases.empty()
    insert(con, "postgres_log", {"time_utc": at(30), "user_name": "app"})
    cases.requests(con, (0, 200), (130, 200))
    found = rows(con, "log_silence")
    assert [(r["from_utc"], r["silent_s"], r["usual_s"]) for r in found] == [
        (at(30), 100.0, 30.0),
        (at(0), 30.0, 30.0),
    ]
    lonely = cases.empty()
    for second in (0, 5):
        insert(lonely, "postgres_log", {"time_utc": at(second), "remote_host": "192.0.2.1"})
    (gap,) = rows(lonely, "log_silence")
    assert (gap["silent_s"], gap["usual_s"], gap["times_usual"]) == (5.0, None, None)


def test_a_log_that_is_not_there_is_not_silent() -> None:
    """Without any line nothing can be said of silence."""
    con = cases.empty()
    cases.requests(con, (0, 200), (130, 200))
    assert rows(con, "log_silence") == []


def test_resources_are_joined_to_errors_by_time() -> None:
    """Means within a host, then means or sums over hosts; buckets of either side appear."""
    con = cases.empty()
    cases.requests(con, (0, 503), (1, 200))
    for second, host, name, value, attributes in (
        (0, "a", "process.cpu.utilization", 0.2, None),
        (30, "a", "process.cpu.utilization", 0.4, None),
        (0, "b", "process.cpu.utilization", 0.5, None),
        (0, "a", "db.client.connection.pending_requests", 3, None),
        (0, "b", "db.client.connection.pending_requests", 5, None),
        (0, "a", "db.client.connection.count", 2, '{"db.client.connection.state": "used"}'),
        (0, "a", "db.client.connection.count", 9, '{"db.client.connection.state": "idle"}'),
        (0, "a", "bank.workers", 2, None),
        (30, "a", "bank.workers", 4, None),
        (0, "b", "bank.workers", 1, None),
        (60, "b", "ping.rtt", 0.3, None),
        (60, "b", "ping.loss", 0.0, None),
    ):
        point = {"time_utc": at(second), "host_name": host, "name": name, "value": value}
        insert(con, "metrics", {**point, "attributes": attributes})
    found = rows(con, "resources_against_errors")
    assert [tuple(r.values()) for r in found] == [
        (at(0), 2, 0.5, pytest.approx(0.4), 8.0, 2.0, 5.0, None, None),
        (at(60), 0, None, None, None, None, None, 0.3, 0.0),
    ]


def test_apdex_counts_fast_failures_as_frustrated() -> None:
    """T 500 ms: 500 satisfied, 501 and 2000 tolerating, 2001 and a failure of 1 ms frustrated: 2 of 5."""
    con = cases.empty()
    cases.requests(con, (0, 200, 500), (1, 200, 501), (2, 200, 2000), (3, 200, 2001), (4, 503, 1))
    (bucket,) = rows(con, "apdex")
    assert tuple(bucket.values()) == (at(0), 5, 1, 2, 2, 0.4)
    cases.requests(con, (5, 200))
    assert (
        rows(con, "apdex", threshold_ms=2001)[0]["frustrated"] == 2
    )  # the failure, and the one not measured


def test_first_failures_are_in_order_of_arrival() -> None:
    """Failed requests only, oldest first, as many as asked for, from the moment asked for."""
    con = cases.empty()
    cases.requests(con, (5, 503), (1, 500, 4), (3, 200), (9, 502))
    assert [r["status"] for r in rows(con, "first_failures")] == [500, 503, 502]
    assert [r["status"] for r in rows(con, "first_failures", from_utc=at(2), first=1)] == [503]


def test_first_reports_tell_the_delay() -> None:
    """Only user reports from the onset on, with minutes since it; NULL takes every channel."""
    con = cases.empty()
    for second, channel in ((0, "user-report"), (660, "pager"), (900, "user-report")):
        insert(con, "messages", {"time_utc": at(second), "channel": channel, "author": "user", "text": "t"})
    found = rows(con, "first_reports", onset_utc=at(600))
    assert [(r["time_utc"], r["minutes_after_onset"]) for r in found] == [(at(900), 5.0)]
    everyone = rows(con, "first_reports", channel=None)
    assert [r["minutes_after_onset"] for r in everyone] == [None, None, None]


def test_progress_fall_compares_with_the_snapshot_before() -> None:
    """From 40 over 38 to 34 milestones is a fall by 15 per cent from the peak."""
    con = cases.empty()
    for second, done in ((0, 0), (60, 40), (120, 38), (180, 34)):
        insert(
            con, "progress", {"time_utc": at(second), "planned_milestones": 60, "completed_milestones": done}
        )
    found = rows(con, "progress_fall")
    assert [r["change"] for r in found] == [None, 40, -2, -4]
    assert [r["change_ratio"] for r in found] == [None, None, -0.05, pytest.approx(-4 / 38)]
    assert [(r["peak"], r["fall_from_peak"]) for r in found] == [(0, None), (40, 0), (40, 0.05), (40, 0.15)]


def test_before_during_after_counts_every_source() -> None:
    """Each phase has its length and its counts; a request at the cut belongs to the later phase."""
    con = cases.empty()
    cases.requests(con, (0, 200, 10, "/a", "t", "s1"), (60, 503, 90, "/a", "t", "s1"))
    cases.requests(con, (90, 200, 10, "/a", "t", "s2"), (120, 200, 10))
    insert(con, "spans", {"kind": "CLIENT", "start_utc": at(1), "db_system_name": "postgresql"})
    insert(con, "logs", {"time_utc": at(61), "severity_number": 17})
    insert(con, "postgres_log", {"time_utc": at(119), "backend_type": "client backend"})
    found = rows(con, "before_during_after", onset_utc=at(60), recovery_utc=at(110))
    keys = (
        "phase",
        "requests",
        "failed",
        "sessions",
        "sessions_hit",
        "queries",
        "error_records",
        "postgres_lines",
    )
    assert [tuple(r[k] for k in keys) for r in found] == [
        ("before", 1, 0, 1, 0, 1, 0, 0),
        ("during", 2, 1, 2, 1, 0, 1, 0),
        ("after", 1, 0, 0, 0, 0, 0, 1),
    ]
    assert [r["minutes"] for r in found] == [1.0, pytest.approx(50 / 60), pytest.approx(10 / 60)]
    assert [r["error_ratio"] for r in found] == [0.0, 0.5, 0.0]
    assert found[0]["requests_per_min"] == 1.0


@pytest.mark.parametrize(
    ("cuts", "phases"),
    [
        ({}, ["all"]),
        ({"onset_utc": 60}, ["before", "during"]),
        ({"onset_utc": 0, "recovery_utc": 60}, ["during", "after"]),
        ({"onset_utc": -99, "recovery_utc": 999}, ["during"]),
    ],
)
def test_phases_outside_the_data_have_no_row(cuts: dict[str, float], phases: list[str]) -> None:
    """A phase without length has no row, and every request is in exactly one phase."""
    con = cases.empty()
    cases.requests(con, (0, 200), (60, 200), (120, 200))
    found = rows(con, "before_during_after", **{name: at(second) for name, second in cuts.items()})
    assert [r["phase"] for r in found] == phases
    assert sum(r["requests"] for r in found) == 3


def test_tables_tell_size_grain_and_time() -> None:
    """Every table and view has a row with its grain, biggest first; a table without rows has no time."""
    con = cases.empty()
    cases.requests(con, (0, 200, 1000), (5, 200, 1000))
    found = {r["table_name"]: r for r in rows(con, "tables")}
    assert len(found) == 12
    assert next(iter(found)) == "requests"
    assert (found["requests"]["first_utc"], found["requests"]["last_utc"]) == (at(0), at(6))
    assert found["requests"]["grain"].startswith("One row a request")
    assert (found["rejects"]["rows"], found["logs"]["first_utc"]) == (0, None)


def test_events_tell_a_rollback_from_a_deployment() -> None:
    """The release that takes another back is a rollback, by versions or by name; reports count from onset."""
    found = rows(cases.incident(), "events", onset_utc=cases.ONSET)
    assert [(r["kind"], r["label"]) for r in found] == [
        ("deployment", "edge 3"),
        ("deployment", "shop 2.0"),
        ("report", "first user report"),
        ("page", "first page"),
        ("change", "Four more workers on every host of it"),
        ("rollback", "rollback begins"),
        ("rollback", "rollback done"),
    ]
    assert rows(cases.incident(), "events")[1]["label"] == "first user report"
    con = cases.empty()
    insert(con, "deployments", {"time_utc": at(0), "event_name": "deployment.rolled_back"})
    insert(con, "deployments", {"time_utc": at(0), "service_name": "db"})
    assert [r["label"] for r in rows(con, "events")] == ["db changed", "rollback begins"]


def test_timeline_counts_each_plane() -> None:
    """Records are counted by plane and bucket, metrics averaged: mean of hosts for CPU, sum for the pool."""
    con = cases.empty()
    cases.requests(con, (0, 503), (1, 503), (70, 200))
    insert(con, "access", {"time_utc": at(0), "status": 503}, {"time_utc": at(0), "status": 200})
    for host, cpu, waiting in (("a", 0.2, 1), ("b", 0.6, 2)):
        for name, value in (
            ("process.cpu.utilization", cpu),
            ("db.client.connection.pending_requests", waiting),
        ):
            insert(con, "metrics", {"time_utc": at(0), "host_name": host, "name": name, "value": value})
    assert [tuple(r.values()) for r in rows(con, "timeline")] == [
        ("CPU use", at(0), pytest.approx(0.4), "1"),
        ("access log 5xx", at(0), 1.0, "record"),
        ("failed requests", at(0), 2.0, "record"),
        ("waiting for pool", at(0), 3.0, "request"),
    ]
