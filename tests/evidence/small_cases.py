"""Cases with answers known by hand: single rows, and an hour of which the middle half hour fails."""

from __future__ import annotations

import datetime as dt

import duckdb

from labkit.evidence.schema import create_schema

START = dt.datetime(2031, 5, 6, 9, 0)  # noqa: DTZ001 - tables hold UTC without a zone
ONSET = START + dt.timedelta(seconds=900)
RECOVERY = START + dt.timedelta(seconds=2700)
END = START + dt.timedelta(seconds=3600)


def empty() -> duckdb.DuckDBPyConnection:
    """Make a connection with every table and no row."""
    con = duckdb.connect()
    create_schema(con)
    return con


def requests(con: duckdb.DuckDBPyConnection, *rows: tuple[object, ...]) -> None:
    """Insert requests: seconds after START, status, and perhaps duration in ms, path, trace id, session."""
    for second, status, *more in rows:
        duration, path, trace, session = [*more, *([None] * 4)][:4]
        con.execute(
            """
            INSERT INTO spans BY NAME
            SELECT 'SERVER' AS kind,
                   $start::TIMESTAMP + to_microseconds(CAST(1e6 * $second AS BIGINT)) AS start_utc,
                   start_utc + to_microseconds(CAST(1e3 * $duration::DOUBLE AS BIGINT)) AS end_utc,
                   $duration::DOUBLE AS duration_ms, 'GET' AS http_request_method,
                   coalesce($path, '/a') AS url_path, coalesce($path, '/a') AS http_route,
                   $status AS http_response_status_code, $trace AS trace_id, $session AS session_id
            """,
            {
                "start": START,
                "second": second,
                "status": status,
                "duration": duration,
                "path": path,
                "trace": trace,
                "session": session,
            },
        )


def incident(*, failing: bool = True) -> duckdb.DuckDBPyConnection:
    """Fill every table with an hour of two requests a second, of which five in six fail in the middle."""
    con = empty()
    con.execute(
        """
        CREATE TEMP TABLE plan AS
        SELECT i, $start::TIMESTAMP + to_microseconds(500000 * i + 1000 * (hash(i) % 400)::BIGINT) AS t,
               $failing AND i >= 1800 AND i < 5400 AS bad,
               CASE WHEN bad THEN i % 6 <> 0 ELSE i % 300 = 7 END AS failed,
               ['/accounts/1', '/transfers', '/'][1 + i % 3] AS path,
               CASE WHEN bad AND failed THEN 2000 + hash(i) % 9 ELSE 5 + hash(i) % 40 END::DOUBLE AS ms
        FROM range(7200) AS r(i)
        """,
        {"start": START, "failing": failing},
    )
    con.execute(
        """
        INSERT INTO spans BY NAME
        SELECT 'SERVER' AS kind, 'GET' AS http_request_method, path AS http_route, path AS url_path,
               t AS start_utc,
               t + to_milliseconds(ms::BIGINT) AS end_utc, ms AS duration_ms,
               printf('%032x', i) AS trace_id,
               printf('%016x', i) AS span_id,
               CASE WHEN failed THEN 503 ELSE 200 END AS http_response_status_code,
               CASE WHEN failed THEN 'app.Timeout' END AS error_type, printf('s%d', i // 20) AS session_id,
               'shop' AS service_name, 'web-' || (i % 2) AS host_name, CASE WHEN bad THEN '2.0' ELSE '1.9' END
               AS service_version
        FROM plan
        """
    )
    con.execute(
        """
        INSERT INTO spans BY NAME
        SELECT 'CLIENT' AS kind, t AS start_utc, t AS end_utc, 1.0 AS duration_ms,
               printf('%032x', i) AS trace_id,
               printf('%016x', 100000 + i) AS span_id, 'postgresql' AS db_system_name,
               'db.test' AS server_address,
               5432 AS server_port, 'SELECT 1' AS db_query_text, 'UNSET' AS status_code
        FROM plan WHERE NOT bad AND path <> '/'
        """
    )
    con.execute(
        """
        INSERT INTO logs BY NAME
        SELECT t AS time_utc, 'ERROR' AS severity_text, 17 AS severity_number, 'shop' AS logger,
               'no answer' AS body,
               'app.Timeout' AS exception_type, 'no connection after 2 s' AS exception_message
        FROM plan WHERE failed
        UNION ALL BY NAME
        SELECT t AS time_utc, 'WARNING' AS severity_text, 13 AS severity_number, 'pool' AS logger,
               'connection failed: connection to server at "192.0.2.7", port 6000 failed: refused' AS body
        FROM plan WHERE bad AND i % 400 = 0
        """
    )
    con.execute(
        """
        INSERT INTO postgres_log BY NAME
        SELECT t AS time_utc, 'client backend' AS backend_type, 'LOG' AS error_severity,
               'duration: 5 ms' AS message
        FROM plan WHERE NOT bad AND i % 20 = 0
        UNION ALL BY NAME
        SELECT t AS time_utc, 'checkpointer' AS backend_type, 'LOG' AS error_severity,
               'checkpoint' AS message
        FROM plan WHERE i % 600 = 0
        """
    )
    con.execute(
        """
        INSERT INTO metrics BY NAME
        SELECT t AS time_utc, 'process.cpu.utilization' AS name,
               CASE WHEN bad THEN 0.1 ELSE 0.3 END AS value,
               '1' AS unit, 'web-' || h AS host_name
        FROM plan, range(2) AS hosts(h) WHERE i % 20 = 0
        UNION ALL BY NAME
        SELECT t AS time_utc, 'db.client.connection.pending_requests' AS name,
               CASE WHEN bad THEN 4 ELSE 0 END AS value,
               '{request}' AS unit, 'web-' || h AS host_name
        FROM plan, range(2) AS hosts(h) WHERE i % 20 = 0
        """
    )
    con.execute(
        """
        INSERT INTO deployments BY NAME
        SELECT * FROM (VALUES
            ($start::TIMESTAMP + INTERVAL 5 MINUTE, 'deployment.started', 'd1', 'Rules of the edge',
             'edge', '3', '2'),
            ($onset::TIMESTAMP, 'deployment.started', 'd2', 'A new page', 'shop', '2.0', '1.9'),
            ($onset::TIMESTAMP + INTERVAL 9 MINUTE, 'scaled', 'd3', 'Four more workers on every host of it',
             'shop', '2.0', '2.0'),
            ($recovery::TIMESTAMP - INTERVAL 2 MINUTE, 'deployment.started', 'd4', 'Undo',
             'shop', '1.9', '2.0'),
            ($recovery::TIMESTAMP, 'deployment.finished', 'd4', 'Undo', 'shop', '1.9', '2.0')
        ) AS v(time_utc, event_name, deployment_id, deployment_name,
               service_name, service_version, previous_version)
        """,
        {"start": START, "onset": ONSET, "recovery": RECOVERY},
    )
    con.execute(
        """
        INSERT INTO messages BY NAME
        SELECT * FROM (VALUES
            ($onset::TIMESTAMP - INTERVAL 7 MINUTE, 'user-report', 'user', 'slow today'),
            ($onset::TIMESTAMP + INTERVAL 6 MINUTE, 'user-report', 'user', 'nothing works'),
            ($onset::TIMESTAMP + INTERVAL 8 MINUTE, 'pager', 'on-call engineer', 'looking')
        ) AS v(time_utc, channel, author, text)
        """,
        {"onset": ONSET},
    )
    return con
