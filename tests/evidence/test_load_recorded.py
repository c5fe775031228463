"""What programs of Debian wrote loads whole and says the same in every format it was written in."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import labkit

SAMPLES = Path(__file__).with_name("samples")
POSTGRES = SAMPLES / "debian-postgresql-15"
SAME = (
    "error_severity, rtrim(message, e'\\n'), detail, hint, rtrim(statement, e'\\n'), attributes->>'context', "
    "attributes->>'internal_query', attributes->>'cursor_position', pid, date_trunc('second', time_utc)"
)


def counts(con: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    """Say for each file what it was recognised as, and what is left over."""
    return con.execute(
        "SELECT parse_filename(source_file), format, lines_in = lines_loaded, lines_rejected, rows_loaded "
        "FROM sources ORDER BY ALL"
    ).fetchall()


@pytest.mark.parametrize("style", ["debian", "pgbadger", "rds", "verbose"])
def test_postgresql_15_says_the_same_in_every_format(style: str) -> None:
    """Text, CSV and JSON of one run give the same rows, and no line is rejected."""
    with labkit.load(POSTGRES / f"{style}.*") as con:
        assert counts(con) == [
            (f"{style}.csv", "postgresql csvlog", True, 0, 26),
            (f"{style}.json", "postgresql jsonlog", True, 0, 26),
            (f"{style}.log", "postgresql stderr", True, 0, 26),
        ]
        table, json, text = (
            con.execute(
                f"SELECT {SAME} FROM postgres_log WHERE source_file = $1 ORDER BY pid, source_line",
                [f"{style}.{ending}"],
            ).fetchall()
            for ending in ("csv", "json", "log")
        )
    assert text == table == json


@pytest.mark.parametrize("name", ["combined", "with_more_fields"])
def test_nginx_access_logs_load_whole(name: str) -> None:
    """Every request of nginx's log is a row, those that were no HTTP too; further fields are read over."""
    with labkit.load(SAMPLES / "debian-nginx" / f"{name}.log") as con:
        assert counts(con) == [(f"{name}.log", "access log", True, 0, 66)]
        assert con.execute("SELECT status, count(*) FROM access GROUP BY 1 ORDER BY 1").fetchall() == [
            (200, 24),
            (400, 4),
            (404, 14),
            (502, 12),
            (503, 12),
        ]
        agents = con.execute("SELECT count(DISTINCT user_agent), count(remote_user) FROM access").fetchone()
        assert agents == (3, 30)


def test_nginx_error_log_names_the_level() -> None:
    """Every line of nginx's error log is a record with its level."""
    with labkit.load(SAMPLES / "debian-nginx" / "error.log") as con:
        (found,) = counts(con)
        assert found[:4] == ("error.log", "plain log", True, 0)
        assert con.execute("SELECT count(*) FROM logs WHERE severity_number IS NULL").fetchone() == (0,)
        assert con.execute(
            "SELECT count(*) > 0 FROM logs WHERE body LIKE '%connect() failed%'"
        ).fetchone() == (True,)


def test_pgbouncer_shows_connections_that_failed() -> None:
    """PgBouncer's log loads whole, and says to which server and database no connection could be made."""
    with labkit.load(SAMPLES / "debian-pgbouncer" / "pgbouncer.log") as con:
        assert counts(con) == [("pgbouncer.log", "pgbouncer", True, 0, 35)]
        failed = con.execute(
            "SELECT DISTINCT attributes->>'dbname', attributes->>'host', attributes->>'port' FROM logs "
            "WHERE attributes->>'side' = 'server' AND body LIKE '%connect failed%'"
        ).fetchall()
        assert failed == [("wrongport", "127.0.0.1", "1")]
        warned = con.execute("SELECT count(*) FROM logs WHERE severity_number >= 13").fetchone()
        assert warned == (7,)
