"""What is generated loads whole, and every plane of the evidence tells the same story.

The rooms do not know each other; only this test joins what one writes with what the other reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import labkit
from labkit.core.dsn import Dsn
from labkit.simulation.generate import Summary, generate

SEEDS = (7, 20231201)


@pytest.fixture(scope="module", params=SEEDS)
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Summary, duckdb.DuckDBPyConnection]]:
    """Generate the seed incident with one seed and load it."""
    folder = tmp_path_factory.mktemp("case")
    made = generate("debacle", seed=request.param, out=folder)
    con = labkit.load(folder)
    yield made, con
    con.close()


@pytest.fixture(scope="module")
def con(case: tuple[Summary, duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """Give the loaded case."""
    return case[1]


def one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    """Return the only row of a query."""
    (row,) = con.execute(sql).fetchall()
    return tuple(row)


def test_every_line_is_loaded(case: tuple[Summary, duckdb.DuckDBPyConnection]) -> None:
    """The loader takes every line that the generator wrote, and as many spans."""
    made, con = case
    assert one(con, "SELECT count(*) FROM rejects") == (0,)
    assert dict(con.execute("SELECT source_file, lines_in FROM sources").fetchall()) == made.lines
    assert one(con, "SELECT count(*) FROM spans") == (made.spans,)
    assert 17_000 <= one(con, "SELECT count(*) FROM requests")[0] <= 23_000  # type: ignore[operator]


def test_requests_and_access_log_agree(con: duckdb.DuckDBPyConnection) -> None:
    """Each request has its own access line: same path, status and second of completion."""
    differing = one(
        con,
        """SELECT count(*) FROM
           (SELECT path, status, date_trunc('second', end_utc) AS at, count(*) AS n FROM requests GROUP BY ALL
            EXCEPT
            SELECT path, status, time_utc AS at, count(*) AS n FROM access GROUP BY ALL)""",
    )
    counts = one(con, "SELECT (SELECT count(*) FROM requests) - (SELECT count(*) FROM access)")
    assert (differing, counts) == ((0,), (0,))


def test_each_server_error_has_its_log_record(con: duckdb.DuckDBPyConnection) -> None:
    """Each request with status 500 or above has one ERROR record of its trace, written while it ran.

    The clock of one host is slow by 6.4 s, as the scenario says.
    """
    assert one(
        con,
        """SELECT count(*) FILTER (WHERE l.trace_id IS NULL),
                  count(*) FILTER (WHERE l.time_utc + to_milliseconds(if(l.host_name = 'bank-web-2', 6400, 0))
                                   NOT BETWEEN r.start_utc AND r.end_utc),
                  count(*) - count(DISTINCT r.trace_id)
           FROM requests r LEFT JOIN logs l ON l.trace_id = r.trace_id AND l.severity_text = 'ERROR'
           WHERE r.failed""",
    ) == (0, 0, 0)


def test_queries_lie_within_their_requests(con: duckdb.DuckDBPyConnection) -> None:
    """Each query span has a request of the same host and release around it in time."""
    assert one(
        con,
        """SELECT count(*) FILTER (WHERE r.trace_id IS NULL),
                  count(*) FILTER (WHERE q.start_utc < r.start_utc OR q.end_utc > r.end_utc),
                  count(*) FILTER (WHERE q.host_name <> r.host_name OR q.service_version <> r.service_version)
           FROM queries q LEFT JOIN requests r ON r.span_id = q.parent_span_id AND r.trace_id = q.trace_id""",
    ) == (0, 0, 0)


def test_a_failed_query_stands_in_the_servers_log(con: duckdb.DuckDBPyConnection) -> None:
    """Each query that failed with an SQLSTATE has a line with it in the server's log at that time."""
    failed, alone = one(
        con,
        """SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
               FROM postgres_log p WHERE p.state_code = q.sqlstate
               AND p.time_utc BETWEEN q.start_utc - INTERVAL '50ms' AND q.end_utc + INTERVAL '50ms'))
           FROM queries q WHERE q.sqlstate IS NOT NULL""",
    )
    assert (failed > 0, alone) == (True, 0)  # type: ignore[operator]


def test_requests_that_never_reached_the_database_say_so(con: duckdb.DuckDBPyConnection) -> None:
    """A request that timed out in the pool has no query span, and waited two seconds."""
    assert one(
        con,
        """SELECT count(*) FILTER (WHERE q.trace_id IS NOT NULL), min(r.duration_ms) >= 1990
           FROM requests r LEFT JOIN queries q USING (trace_id) WHERE r.error_type LIKE '%PoolTimeout'""",
    ) == (0, True)


def test_the_database_is_silent_while_nobody_reaches_it(con: duckdb.DuckDBPyConnection) -> None:
    """Between onset and recovery no client line stands in the server's log."""
    found = labkit.query(con, "onset_and_recovery").project("onset_utc, recovery_utc")
    onset, recovery = found.fetchall()[0]
    lines = con.execute(
        """SELECT count(*) FROM postgres_log WHERE backend_type = 'client backend'
           AND time_utc BETWEEN $1 + INTERVAL 30 seconds AND $2 - INTERVAL 10 seconds""",
        [onset, recovery],
    ).fetchone()
    assert lines == (0,)


def test_the_given_times_come_out(con: duckdb.DuckDBPyConnection) -> None:
    """Onset, first report and recovery are those of the incident: 14:30, 14:45 and 17:00 UTC."""
    assert one(
        con,
        """SELECT abs(epoch(min(start_utc)) - epoch(TIMESTAMP '2023-12-01 14:30:00')) < 60,
                  abs(epoch(max(end_utc)) - epoch(TIMESTAMP '2023-12-01 17:00:00')) < 60
           FROM requests WHERE error_type LIKE '%PoolTimeout'""",
    ) == (True, True)
    assert one(
        con,
        """SELECT date_trunc('minute', min(time_utc)) = TIMESTAMP '2023-12-01 14:45:00'
           FROM messages WHERE channel = 'user-report'""",
    ) == (True,)


def test_the_deployment_names_what_the_log_names(con: duckdb.DuckDBPyConnection) -> None:
    """The port in the pool's warnings is the one that the update's connection string has."""
    rows = con.execute(
        """SELECT change.before, change.after FROM (
               SELECT unnest(config_diff) AS change, time_utc FROM deployments
               WHERE time_utc BETWEEN '2023-12-01 14:25:00' AND '2023-12-01 14:35:00')
           WHERE change.before LIKE 'postgresql://%'"""
    ).fetchall()
    assert len(rows) == 1
    before, after = (Dsn.parse(text) for text in rows[0])
    (part,) = before.diff(after)
    refused = con.execute(
        """SELECT DISTINCT regexp_extract(body, 'port (\\d+) failed', 1) FROM logs
           WHERE logger = 'psycopg.pool' AND body LIKE '%Connection refused%'"""
    ).fetchall()
    assert [(str(part.after),)] == refused


def test_more_workers_change_nothing(con: duckdb.DuckDBPyConnection) -> None:
    """The share of database requests that fail is the same before and after the workers were added."""
    ratios = con.execute(
        """SELECT avg(failed::INT) FROM requests
           WHERE route LIKE '/accounts%' AND start_utc BETWEEN '2023-12-01 14:35:00' AND '2023-12-01 16:55:00'
           GROUP BY start_utc > TIMESTAMP '2023-12-01 15:12:00' ORDER BY ALL"""
    ).fetchall()
    assert len(ratios) == 2
    assert all(ratio > 0.99 for (ratio,) in ratios)


def test_no_answer_lies_in_the_folder(case: tuple[Summary, duckdb.DuckDBPyConnection]) -> None:
    """No file of the evidence has a word that labels the fault."""
    made, _ = case
    for path in Path(made.folder).iterdir():
        text = path.read_text(encoding="utf-8").lower()
        for label in ("wrong-port", "wrong_port", "wrong port", "root_cause", "ground_truth", "injected"):
            assert label not in text, path.name
