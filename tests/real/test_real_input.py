"""Files of a real PostgreSQL and of the real OpenTelemetry SDK load whole, and the queries answer on them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest
from real_recording import Recorded

import labkit
from labkit.evidence.queries import find

pytestmark = pytest.mark.server

#: The order in which PostgreSQL writes the keys it has: write_jsonlog in src/backend/utils/error/jsonlog.c.
KEYS = [
    *("timestamp", "user", "dbname", "pid", "remote_host", "remote_port", "session_id", "line_num", "ps"),
    *("session_start", "vxid", "txid", "error_severity", "state_code", "message", "detail", "hint"),
    *("internal_query", "internal_position", "context", "statement", "cursor_position", "func_name"),
    *("file_name", "file_line_num", "application_name", "backend_type", "leader_pid", "query_id"),
]


@pytest.fixture(scope="module")
def con(recorded: Recorded) -> Iterator[duckdb.DuckDBPyConnection]:
    """Load both real files with one call."""
    connection = labkit.load([recorded.jsonlog, recorded.traces])
    yield connection
    connection.close()


def one(con: duckdb.DuckDBPyConnection, sql: str, *values: object) -> tuple[object, ...]:
    row = con.execute(sql, values).fetchone()
    assert row is not None
    return row


def test_both_files_load_whole(con: duckdb.DuckDBPyConnection, recorded: Recorded) -> None:
    """Both files are recognised, every line of them is loaded, and nothing is rejected."""
    rows = con.execute(
        "SELECT source_file, table_name, lines_in, lines_loaded, lines_rejected FROM sources ORDER BY ALL"
    ).fetchall()
    assert rows == [
        (file.name, table, lines, lines, 0)
        for file, table in ((recorded.jsonlog, "postgres_log"), (recorded.traces, "spans"))
        for lines in [len(file.read_bytes().splitlines())]
    ]
    assert one(con, "SELECT count(*) FROM rejects") == (0,)
    assert one(con, "SELECT count(*) FROM postgres_log") == (len(recorded.jsonlog.read_bytes().splitlines()),)


def test_the_folder_loads_as_well(recorded: Recorded) -> None:
    """The folder as a whole gives the same rows as its files."""
    with labkit.load(recorded.folder) as con:
        assert one(con, "SELECT count(*), sum(lines_rejected) FROM sources") == (2, 0)


def test_rows_are_what_was_done(con: duckdb.DuckDBPyConnection, recorded: Recorded) -> None:
    """There is one request a request that was answered, and one query a query that reached the server."""
    done = recorded.done
    asked = done["good_queries"] + done["failed_queries"]
    failed = sum(done[kind] for kind in ("failed_queries", "wrong_port", "wrong_password", "wrong_database"))
    assert one(con, "SELECT count(*), count(*) FILTER (failed) FROM requests") == (done["requests"], failed)
    assert one(con, "SELECT count(*), count(*) FILTER (failed) FROM queries") == (
        asked,
        done["failed_queries"],
    )
    assert one(con, "SELECT count(*) FROM spans") == (done["requests"] + asked,)


def test_columns_are_filled_by_the_real_names(con: duckdb.DuckDBPyConnection, recorded: Recorded) -> None:
    """Attributes under the stable names of the real instrumentation come to stand in their columns."""
    assert con.execute(
        "SELECT DISTINCT db_system_name, db_namespace, server_address, server_port, service_name, "
        "service_version, host_name FROM queries"
    ).fetchall() == [("postgresql", "bank", "127.0.0.1", recorded.port, "bank-web", "1.7.4", "bank-web-1")]
    assert one(con, "SELECT count(*) FROM queries WHERE query_text IS NULL OR duration_ms <= 0") == (0,)
    assert one(
        con, "SELECT count(*) FROM requests WHERE route IS NULL OR path IS NULL OR status IS NULL"
    ) == (0,)


def test_failed_queries_name_their_error(con: duckdb.DuckDBPyConnection) -> None:
    """The instrumentation leaves error.type out; the exception it records names the class all the same."""
    carried = one(
        con, "SELECT count(error_type), count(db_response_status_code) FROM spans WHERE kind = 'CLIENT'"
    )
    assert carried == (0, 0)
    found = con.execute("SELECT error_type FROM queries WHERE failed ORDER BY ALL").fetchall()
    assert [name for (name,) in found] == [
        "psycopg.errors.CheckViolation",
        "psycopg.errors.UndefinedColumn",
        "psycopg.errors.UndefinedTable",
    ]


def test_a_failed_connect_makes_no_query_span(con: duckdb.DuckDBPyConnection) -> None:
    """Requests that got no connection have no query below them: their children are missing."""
    rows = con.execute(
        "SELECT error_type, count(*) FROM requests "
        "WHERE failed AND trace_id NOT IN (SELECT trace_id FROM queries) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert rows == [("psycopg.OperationalError", 1), ("psycopg_pool.PoolTimeout", 2)]


def test_the_server_tells_what_reached_it(con: duckdb.DuckDBPyConnection) -> None:
    """The server's log has each failure that reached it, with SQLSTATE, statement, role and database."""
    rows = con.execute(
        "SELECT DISTINCT error_severity, state_code, statement IS NOT NULL, user_name, dbname "
        "FROM postgres_log WHERE error_severity IN ('ERROR', 'FATAL') ORDER BY state_code"
    ).fetchall()
    assert rows == [
        ("ERROR", "23514", True, "bank_app", "bank"),
        ("FATAL", "28P01", False, "bank_app", "bank"),
        ("FATAL", "3D000", False, "bank_app", "bankk"),
        ("ERROR", "42703", True, "bank_app", "bank"),
        ("ERROR", "42P01", True, "bank_app", "bank"),
    ]


def test_the_server_is_silent_about_a_wrong_port(con: duckdb.DuckDBPyConnection) -> None:
    """While the service knocks at a port where nothing listens, no client arrives in the server's log."""
    rows = con.execute(
        "SELECT error_severity, message FROM postgres_log, (SELECT start_utc, end_utc FROM requests "
        "WHERE error_type = 'psycopg_pool.PoolTimeout' ORDER BY start_utc LIMIT 1) "
        "WHERE time_utc BETWEEN start_utc AND end_utc AND remote_host IS NOT NULL "
        "AND message NOT LIKE 'disconnection%'"
    ).fetchall()
    assert rows == []


def test_named_queries_answer(con: duckdb.DuckDBPyConnection, recorded: Recorded) -> None:
    """Every named query runs on real files, and the central ones say what was done."""
    for name in labkit.queries().names:
        needed = [p.name for p in find(name).parameters if p.required]
        assert labkit.query(con, name, **dict.fromkeys(needed, "2026-01-01")).columns
    ratio = labkit.query(con, "error_ratio").fetchall()
    assert sum(row[1] for row in ratio) == recorded.done["requests"]
    assert sum(row[2] for row in ratio) == 6
    causes = {row[:4] for row in labkit.query(con, "errors_by_cause").fetchall()}
    server = f"127.0.0.1:{recorded.port}"
    assert {
        ("query", "psycopg.errors.UndefinedColumn", None, server),
        ("request", "psycopg_pool.PoolTimeout", None, None),
        ("postgres_log", "ERROR", "42703", None),
        ("postgres_log", "FATAL", "3D000", None),
    } <= causes
    without = labkit.query(con, "requests_without_queries").aggregate(
        "sum(failed)::BIGINT, sum(failed_without_queries)::BIGINT"
    )
    assert without.fetchall() == [(6, 3)]


def test_the_log_has_the_keys_in_the_known_order(recorded: Recorded) -> None:
    """PostgreSQL writes its keys in one order and leaves out those that are null, as the contract says."""
    for line in recorded.jsonlog.read_text(encoding="utf-8").splitlines():
        keys = list(json.loads(line))
        assert keys == [key for key in KEYS if key in keys]


def test_no_file_holds_a_password(recorded: Recorded) -> None:
    """Neither logs nor traces hold a password, not even of failed attempts."""
    files = [recorded.jsonlog.read_text(encoding="utf-8"), recorded.traces.read_text(encoding="utf-8")]
    written = "".join([*files, *recorded.pool_warnings])
    assert not [secret for secret in recorded.secrets if secret in written]
