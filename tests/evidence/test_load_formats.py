"""Every format's lines end up in the right columns, typed, in UTC."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import load_samples as made
import pytest

from labkit.evidence.load import load

AT = dt.datetime


def rows(path: Path, table: str, order: str = "source_line") -> list[dict[str, Any]]:
    """Load a file and give one table as mappings."""
    with load(path) as con:
        result = con.execute(f"SELECT * FROM {table} ORDER BY {order}")
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def one(tmp_path: Path, table: str, text: str) -> dict[str, Any]:
    """Load one text and give its only row, without the columns that are empty."""
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    (row,) = rows(path, table)
    return {key: value for key, value in row.items() if value is not None}


@pytest.mark.parametrize("sample", made.SAMPLES, ids=lambda sample: sample.format)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_every_format_is_known_by_its_content(tmp_path: Path, sample: made.Sample, packed: bool) -> None:
    """A file with a misleading name, plain or packed, is recognised and loaded whole."""
    path = tmp_path / "holiday.png"
    data = sample.text.encode()
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    with load(path) as con:
        lines = sample.text.count("\n") + 1
        found = con.execute("FROM sources").fetchall()
        assert found == [("holiday.png", sample.format, sample.table, lines, lines, 0, sample.rows)]
        assert con.execute(f"SELECT count(*) FROM {sample.table}").fetchone() == (sample.rows,)


def test_a_log_record_fills_its_columns(tmp_path: Path) -> None:
    """A record of the bank's log goes to its columns; what has none stays in attributes."""
    assert one(tmp_path, "logs", made.dumps(made.log_record())) == {
        "time_utc": AT(2023, 12, 1, 14, 5, 9, 123456),
        "severity_text": "WARNING",
        "severity_number": 13,
        "logger": "psycopg.pool",
        "body": "error connecting in 'pool-1'",
        "trace_id": made.TRACE,
        "span_id": made.SPAN,
        "service_name": "bank-web",
        "service_version": "1.8.0",
        "host_name": "bank-web-1",
        "exception_type": "psycopg.OperationalError",
        "attributes": '{"thread":7}',
        "source_file": "file",
        "source_line": 1,
    }


def test_the_python_sdk_s_log_shape_is_read(tmp_path: Path) -> None:
    """Resource attributes one level down, ids with 0x and ids of zeros are understood."""
    record = made.log_record(
        trace_id="0x" + made.TRACE,
        span_id="0x0000000000000000",
        scope=None,
        dropped_attributes=0,
        resource={"attributes": {"service.name": "bank-web", "telemetry.sdk.name": "opentelemetry"}},
        body={"structured": True},
    )
    row = one(tmp_path, "logs", made.dumps(record))
    assert (row["trace_id"], row["service_name"], row["body"]) == (
        made.TRACE,
        "bank-web",
        '{"structured":true}',
    )
    assert "span_id" not in row
    assert json.loads(row["attributes"]) == {
        "thread": 7,
        "dropped_attributes": 0,
        "telemetry.sdk.name": "opentelemetry",
    }


def test_a_span_fills_its_columns(tmp_path: Path) -> None:
    """A span goes to its columns with times cut to microseconds and its duration exact."""
    row = one(tmp_path, "spans", made.dumps(made.batch(made.span(parentSpanId=""))))
    assert row == {
        "trace_id": made.TRACE,
        "span_id": made.SPAN,
        "name": "GET /accounts/{account_id}",
        "kind": "SERVER",
        "start_utc": AT(2023, 12, 1, 14, 0, 0, 123456),
        "end_utc": AT(2023, 12, 1, 14, 0, 0, 140000),
        "duration_ms": 16.544,
        "status_code": "ERROR",
        "status_message": "no connection",
        "service_name": "bank-web",
        "service_version": "1.8.0",
        "host_name": "bank-web-1",
        "http_request_method": "GET",
        "http_route": "/accounts/{account_id}",
        "http_response_status_code": 503,
        "attributes": '{"client.address":"198.51.100.7"}',
        "source_file": "file",
        "source_line": 1,
    }


def test_older_attribute_names_fill_the_same_columns(tmp_path: Path) -> None:
    """Names from before the stable conventions are read, the peer's on a call and the host's on an answer."""
    old = [
        made.attribute("db.system", "postgresql"),
        made.attribute("db.name", "bank"),
        made.attribute("db.statement", "SELECT 1"),
        made.attribute("db.operation", "SELECT"),
        made.attribute("net.peer.name", "db-primary.bank.example"),
        made.attribute("net.peer.port", 5432, "intValue"),
    ]
    row = one(tmp_path, "spans", made.dumps(made.batch(made.span(kind="SPAN_KIND_CLIENT", attributes=old))))
    assert [row[f"db_{name}"] for name in ("system_name", "namespace", "query_text", "operation_name")] == [
        "postgresql",
        "bank",
        "SELECT 1",
        "SELECT",
    ]
    assert (row["server_address"], row["server_port"]) == ("db-primary.bank.example", 5432)
    answer = [
        made.attribute("http.method", "GET"),
        made.attribute("http.target", "/x"),
        made.attribute("http.status_code", "200", "intValue"),
        made.attribute("net.host.port", 443, "intValue"),
        made.attribute("net.peer.port", 50000, "intValue"),
    ]
    row = one(tmp_path, "spans", made.dumps(made.batch(made.span(attributes=answer))))
    assert (row["http_request_method"], row["url_path"], row["http_response_status_code"]) == (
        "GET",
        "/x",
        200,
    )
    assert (row["server_port"], row["attributes"]) == (443, '{"net.peer.port":50000}')


def test_every_kind_of_attribute_value_is_kept(tmp_path: Path) -> None:
    """Values of all OTLP kinds come out as plain JSON; names are taken for numbers JSON lacks."""
    values = [
        made.attribute("flag", True, "boolValue"),
        made.attribute("ratio", 1.5, "doubleValue"),
        made.attribute("nan", "NaN", "doubleValue"),
        made.attribute("list", {"values": [{"stringValue": "a"}, {"intValue": "2"}]}, "arrayValue"),
        made.attribute("map", {"values": [made.attribute("k", "v")]}, "kvlistValue"),
        made.attribute("bytes", "AAE=", "bytesValue"),
        {"key": "none", "value": {}},
        made.attribute("error.type", 500, "intValue"),
        made.attribute("flag", False, "boolValue"),
    ]
    row = one(tmp_path, "spans", made.dumps(made.batch(made.span(attributes=values))))
    expected = {
        "flag": True,
        "ratio": 1.5,
        "nan": "NaN",
        "list": ["a", 2],
        "map": {"k": "v"},
        "bytes": "AAE=",
    }
    assert json.loads(row["attributes"]) == {**expected, "none": None}
    assert row["error_type"] == "500"


def test_events_of_a_span_are_kept(tmp_path: Path) -> None:
    """An exception within a span stays with its time, name and attributes."""
    event = {"timeUnixNano": "1701439200130000000", "name": "exception"}
    event |= {"attributes": [made.attribute("exception.type", "psycopg_pool.PoolTimeout")]}
    row = one(tmp_path, "spans", made.dumps(made.batch(made.span(events=[event]))))
    assert json.loads(row["events"]) == [
        {
            "time_utc": "2023-12-01 14:00:00.130000",
            "name": "exception",
            "attributes": {"exception.type": "psycopg_pool.PoolTimeout"},
        }
    ]


@pytest.mark.parametrize("indent", [2, 4, 1])
def test_documents_printed_over_many_lines_are_read(tmp_path: Path, indent: int) -> None:
    """A pretty-printed document counts as all its lines, and a compact batch may follow it."""
    document = json.dumps(made.batch(made.span()), indent=indent)
    path = tmp_path / "traces"
    path.write_text(document + "\n" + made.dumps(made.batch(made.span())) + "\n", encoding="utf-8")
    with load(path) as con:
        lines = document.count("\n") + 2
        assert con.execute("FROM sources").fetchall() == [
            ("traces", "otlp traces", "spans", lines, lines, 0, 2)
        ]
        assert con.execute("SELECT source_line FROM spans ORDER BY ALL").fetchall() == [(1,), (lines,)]


def test_a_document_that_is_cut_off_does_not_swallow_the_next(tmp_path: Path) -> None:
    """Of two documents the first, cut short, is rejected as one record and the second is loaded."""
    document = json.dumps(made.batch(made.span()), indent=1).splitlines()
    path = tmp_path / "traces"
    path.write_text("\n".join([*document[:9], *document]), encoding="utf-8")
    with load(path) as con:
        lines = len(document)
        assert con.execute("SELECT lines_loaded, lines_rejected FROM sources").fetchone() == (lines, 9)
        assert con.execute("SELECT line_number, byte_offset FROM rejects").fetchall() == [(1, 0)]


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("gauge", {"asDouble": 0.5}, [("m", 0.5, "ms")]),
        ("sum", {"asDouble": None, "asInt": "7"}, [("m", 7.0, "ms")]),
        ("gauge", {"flags": 1, "asDouble": None}, []),
        ("histogram", {"count": "4", "sum": 2.5}, [("m.count", 4.0, "1"), ("m.sum", 2.5, "ms")]),
        ("summary", {"count": 4}, [("m.count", 4.0, "1")]),
    ],
)
def test_each_kind_of_metric_makes_its_rows(
    tmp_path: Path, kind: str, changes: dict[str, Any], expected: list[tuple[str, float, str]]
) -> None:
    """Gauges and sums make one row a point, histograms and summaries their count and sum."""
    path = tmp_path / "metrics"
    path.write_text(made.dumps(made.metrics(made.point(**changes), name="m", kind=kind)), encoding="utf-8")
    found = rows(path, "metrics", "name")
    assert [(row["name"], row["value"], row["unit"]) for row in found] == expected
    assert all(row["time_utc"] == AT(2023, 12, 1, 14) and row["host_name"] == "bank-web-1" for row in found)


def test_a_metric_that_is_not_a_number_is_kept(tmp_path: Path) -> None:
    """NaN and infinity, which JSON writes as text, are measurements too."""
    points = [
        made.point(asDouble=name, attributes=[made.attribute("n", name)]) for name in ("NaN", "-Infinity")
    ]
    path = tmp_path / "metrics"
    path.write_text(made.dumps(made.metrics(*points)), encoding="utf-8")
    found = {row["attributes"]: row["value"] for row in rows(path, "metrics")}
    assert found['{"n":"-Infinity"}'] == float("-inf")
    assert found['{"n":"NaN"}'] != found['{"n":"NaN"}']


def test_a_postgres_record_fills_its_columns(tmp_path: Path) -> None:
    """A record of PostgreSQL's jsonlog goes to its columns; user becomes user_name."""
    row = one(tmp_path, "postgres_log", made.dumps(made.POSTGRES))
    kept = {
        key: value for key, value in made.POSTGRES.items() if key not in ("timestamp", "user", "line_num")
    }
    assert row == {
        **kept,
        "time_utc": AT(2023, 12, 1, 14, 0, 0, 123000),
        "user_name": "bank_app",
        "attributes": '{"line_num":3}',
        "source_file": "file",
        "source_line": 1,
    }


def test_an_access_line_fills_its_columns(tmp_path: Path) -> None:
    """A line of the combined format goes to its columns."""
    assert one(tmp_path, "access", made.ACCESS) == {
        "time_utc": AT(2023, 12, 1, 14, 0, 1),
        "remote_addr": "198.51.100.7",
        "remote_user": "ada",
        "method": "GET",
        "path": "/accounts/77?full=1",
        "protocol": "HTTP/1.1",
        "status": 503,
        "bytes_sent": 162,
        "referer": "https://bank.example/",
        "user_agent": 'Mozilla/5.0 (\\"quoted\\")',
        "source_file": "file",
        "source_line": 1,
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('::1 - - [01/Dec/2023:23:30:00 -0130] "GET / HTTP/1.0" 200 -', ("GET", "/", 0, AT(2023, 12, 2, 1))),
        (
            'h - - [01/Dec/2023:00:30:00 +0100] "\\x16\\x03" 400 0 "-" "-"',
            (None, "\\x16\\x03", 0, AT(2023, 11, 30, 23, 30)),
        ),
        ('h - a b [01/Dec/2023:00:00:00 +0000] "-" 408 0 "-" "-"', (None, None, 0, AT(2023, 12, 1))),
    ],
)
def test_unusual_access_lines_are_usable(tmp_path: Path, line: str, expected: tuple[Any, ...]) -> None:
    """The common format, other zones, and requests that are no HTTP are read."""
    row = one(tmp_path, "access", line)
    assert (row.get("method"), row.get("path"), row["bytes_sent"], row["time_utc"]) == expected


def test_a_deployment_fills_its_columns(tmp_path: Path) -> None:
    """An event goes to its columns, its configuration diff as a list of changes."""
    row = one(tmp_path, "deployments", made.dumps(made.DEPLOYMENT))
    assert row["config_diff"] == [
        {"key": "LOG_LEVEL", "before": "INFO", "after": "WARNING"},
        {"key": "NEW", "before": None, "after": "1"},
    ]
    names = ("event_name", "deployment_id", "environment", "previous_version", "actor", "attributes")
    assert [row[name] for name in names] == [
        "deployment.started",
        "d-1042",
        "production",
        "1.7.4",
        "release pipeline",
        '{"deployment.status":"started"}',
    ]


def test_messages_and_progress_fill_their_columns(tmp_path: Path) -> None:
    """What people said and how far the project is come out as they were written."""
    row = one(tmp_path, "messages", made.dumps(made.MESSAGE))
    assert (row["author"], row["text"]) == ("user", "Étrange: no account ☃")
    text = (
        made.PROGRESS
        + '\n2023-12-01 12:00:00+01:00,60,41,"two\nlines, ""quoted"""\n2023-12-02T00:00:00Z,60,41,'
    )
    (tmp_path / "p").write_text(text, encoding="utf-8")
    found = rows(tmp_path / "p", "progress")
    assert [
        (row["time_utc"].hour, row["completed_milestones"], row["note"], row["source_line"]) for row in found
    ] == [
        (10, 40, "on time", 2),
        (11, 41, 'two\nlines, "quoted"', 3),
        (0, 41, None, 5),
    ]
