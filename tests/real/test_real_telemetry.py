"""Files of the real OpenTelemetry SDK load whole: every processor and signal, stable and older names."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from real_postgres import CannotStartError, running_postgres

import labkit
from labkit.evidence import load as loading

pytestmark = pytest.mark.server

#: What a person may set OTEL_SEMCONV_STABILITY_OPT_IN to.
OPT_IN = {"older": None, "stable": "database,http", "both": "database/dup,http/dup"}
#: What a row says apart from its time, its ids, and attributes that only one of the conventions has.
SAID = (
    "name, kind, status_code, service_name, service_version, host_name, http_request_method, http_route, "
    "url_path, http_response_status_code, session_id, db_system_name, db_namespace, db_query_text, "
    "server_address, server_port, json_array_length(events)"
)
FILES = {
    "traces-simple.jsonl": "otlp traces",
    "traces-batch.jsonl": "otlp traces",
    "logs-simple.jsonl": "otlp logs",
    "logs-batch.jsonl": "otlp logs",
    "logs-console.jsonl": "app log",
    "metrics-totals.jsonl": "otlp metrics",
    "metrics-changes.jsonl": "otlp metrics",
}


@dataclass(frozen=True)
class Exported:
    """The files of one run, and how many rows the SDK handed to each."""

    folder: Path
    rows: dict[str, int]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Exported]:
    """Run the service once under each setting of the names, on one server."""
    folder = tmp_path_factory.mktemp("telemetry")
    try:
        with running_postgres(logs_to=folder) as server:
            return {name: run(server.dsn(), folder / name, asked) for name, asked in OPT_IN.items()}
    except CannotStartError as reason:
        if sys.platform == "linux" or os.environ.get("CI"):
            pytest.fail(f"a real PostgreSQL must start here, and did not: {reason}")
        pytest.skip(f"no PostgreSQL here: {reason}")


def run(dsn: str, folder: Path, opt_in: str | None) -> Exported:
    """Run the service under one setting."""
    folder.mkdir()
    name = "OTEL_SEMCONV_STABILITY_OPT_IN"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("real_telemetry_service.py")), str(folder)],
        input=json.dumps({"dsn": dsn}),
        env=environment if opt_in is None else environment | {name: opt_in},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Exported(folder, json.loads(done.stdout))


def sources(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, ...]]:
    rows = con.execute("SELECT * EXCLUDE (table_name) FROM sources").fetchall()
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize("fast", [False, True], ids=["strict", "fast"])
@pytest.mark.parametrize("names", OPT_IN)
def test_every_file_of_the_sdk_loads_whole(
    exported: dict[str, Exported], names: str, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line is rejected, and there are as many rows as the SDK exported, whatever wrote them."""
    monkeypatch.setattr(loading, "FAST_FROM_BYTES", 0 if fast else 1 << 60)
    found = exported[names]
    with labkit.load(found.folder) as con:
        told = sources(con)
    assert {name: row[0] for name, row in told.items()} == FILES
    for name, (_, lines_in, loaded, rejected, rows) in told.items():
        lines = len((found.folder / name).read_bytes().splitlines())
        assert (lines_in, loaded, rejected, rows) == (lines, lines, 0, found.rows[name]), name
    assert found.rows["traces-simple.jsonl"] == found.rows["traces-batch.jsonl"] == 60
    assert (
        found.rows["logs-simple.jsonl"]
        == found.rows["logs-batch.jsonl"]
        == found.rows["logs-console.jsonl"]
        == 32
    )


@pytest.mark.parametrize("names", OPT_IN)
@pytest.mark.parametrize("signal", ["traces", "logs"])
def test_processors_write_the_same(exported: dict[str, Exported], names: str, signal: str) -> None:
    """What was exported at once and what was exported in batches differ in no column."""
    table = {"traces": "spans", "logs": "logs"}[signal]
    with labkit.load(
        [exported[names].folder / f"{signal}-{way}.jsonl" for way in ("simple", "batch")]
    ) as con:
        at_once, batches = (
            con.execute(
                f"SELECT * EXCLUDE (source_file, source_line) FROM {table} "
                "WHERE source_file = $1 ORDER BY ALL",
                [f"{signal}-{way}.jsonl"],
            ).fetchall()
            for way in ("simple", "batch")
        )
    assert at_once == batches


def test_the_console_says_what_the_exporter_says(exported: dict[str, Exported]) -> None:
    """A record that the SDK prints as JSON says the same as the one it exports; it leaves the logger out."""
    with labkit.load(
        [exported["stable"].folder / f"logs-{way}.jsonl" for way in ("simple", "console")]
    ) as con:
        exporter, console = (
            con.execute(
                "SELECT body, severity_number, trace_id, span_id, service_name, host_name, exception_type, "
                "exception_message, exception_stacktrace FROM logs "
                "WHERE source_file = $1 AND (body LIKE 'request%' OR body LIKE 'answered%') ORDER BY ALL",
                [f"logs-{way}.jsonl"],
            ).fetchall()
            for way in ("simple", "console")
        )
    assert len(console) == 30
    assert exporter == console


def test_older_and_stable_names_fill_the_same_columns(exported: dict[str, Exported]) -> None:
    """Three runs of one service under three settings of the names say the same in every column."""
    found = []
    for names in OPT_IN:
        with labkit.load(exported[names].folder / "traces-batch.jsonl") as con:
            found.append(con.execute(f"SELECT {SAID} FROM spans ORDER BY ALL").fetchall())
            (named,) = con.execute(
                "SELECT bool_and(db_namespace = 'postgres' AND server_port > 0 AND query_text IS NOT NULL) "
                "FROM queries"
            ).fetchall()
            assert named == (True,)
    older, stable, both = found
    assert older == stable == both


def test_packed_files_and_documents_say_the_same(exported: dict[str, Exported], tmp_path: Path) -> None:
    """The same batches packed, as documents over many lines, or wrapped by Docker give the same rows."""
    source = exported["both"].folder / "traces-batch.jsonl"
    lines = source.read_text(encoding="utf-8").splitlines()
    (tmp_path / "a.gz").write_bytes(gzip.compress(source.read_bytes()))
    (tmp_path / "b.json").write_text(
        "\n".join(json.dumps(json.loads(line), indent=2) for line in lines), encoding="utf-8"
    )
    coats = [{"log": line + "\n", "stream": "stdout", "time": "2023-12-01T14:30:00Z"} for line in lines]
    (tmp_path / "c.log").write_text("\n".join(map(json.dumps, coats)), encoding="utf-8")
    with labkit.load([source, tmp_path]) as con:
        assert con.execute("SELECT sum(lines_rejected), count(*) FROM sources").fetchall() == [(0, 4)]
        rows = [
            con.execute(
                "SELECT * EXCLUDE (source_file, source_line) FROM spans WHERE source_file = $1 ORDER BY ALL",
                [name],
            ).fetchall()
            for name in (source.name, "a.gz", "b.json", "c.log")
        ]
    assert rows == [rows[0]] * 4
