"""Cases made in SQL from the measured facts: no simulator, one hour, an incident in its middle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from labkit.evidence.schema import create_schema

START = dt.datetime.fromisoformat("2031-05-06T09:00:00")
ONSET = START + dt.timedelta(seconds=1200)
RECOVERY = START + dt.timedelta(seconds=2400)
GOOD = "postgresql://shop:***@db.shop.example:5432/shop"
POOL = "couldn't get a connection after 2.00 sec"
AT = 'connection failed: connection to server at "192.0.2.7", port'
Line = tuple[str, str | None, str, str | None]


@dataclass(frozen=True)
class Case:
    """What is different during the incident; as it stands, nothing is.

    ``says`` is the driver's message, ``pool`` hides it from the requests, ``line`` is what the server's log
    says of each attempt, ``connected`` tells that failing requests have a query span, ``routes`` which fail.
    """

    says: str = ""
    error: str = "psycopg.OperationalError"
    sqlstate: str | None = None
    pool: bool = True
    line: Line | None = None
    connected: bool = False
    routes: Sequence[str] = ("/accounts/{id}", "/statements/{id}", "/transfers")
    share: float = 1.0
    fails: bool = True
    ramp: bool = False
    dsn: str | None = None
    changes: Sequence[tuple[str, str | None, str | None]] = ()
    deployed: bool = True
    rolled_back: bool = True
    target: tuple[str, int, str] = ("db.shop.example", 5432, "shop")
    hosts: Sequence[str] = ("web-1", "web-2", "web-3")
    cpu: float = 0.12
    load: float = 1.0
    slower: float = 1.0
    loss: float = 0.0
    reports: bool = True
    restarts: bool = False


def make(case: Case) -> duckdb.DuckDBPyConnection:
    """Fill every table."""
    con = duckdb.connect()
    create_schema(con)
    _plan(con, case)
    _requests(con, case)
    _logs(con, case)
    _server_log(con, case)
    _metrics(con, case)
    _deployments(con, case)
    _messages(con, case)
    return con


def _plan(con: duckdb.DuckDBPyConnection, case: Case) -> None:
    """One row a request: two a second, more of them under load; in a ramp the failing share grows."""
    con.execute(
        """
        CREATE TEMP TABLE plan AS
        WITH raw AS (
            SELECT i, k, $start::TIMESTAMP + to_microseconds(500000 * i + 1000 * (hash(i,
                   k) % 480)::BIGINT) AS t,
                   i >= 2400 AND i < 4800 AS inside, (i - 2400) / 2400 AS way,
                   ['/', '/accounts/{id}', '/accounts/{id}', '/statements/{id}',
                          '/transfers'][1 + (hash(i, k, 3) % 5)::BIGINT] AS route,
                   'web-' || (1 + hash(i, k, 5) % 3) AS host, hash(i, k, 7) % 10000 / 10000 AS luck
            FROM range(7200) AS r(i), range(CASE WHEN i >= 2000 AND i < 4800
                   THEN $load ELSE 1 END) AS more(k)
        )
        SELECT *, row_number() OVER (ORDER BY t, i, k) AS n, route <> '/' AS asks,
               $fails AND inside AND list_contains($routes, route) AND list_contains($hosts, host)
                   AND luck < $share * CASE WHEN $ramp THEN least(1, way * 1.5) ELSE 1 END AS bad,
               NOT bad AND luck > 0.9995 AS stray
        FROM raw
        """,
        {"start": START, "load": int(case.load), "fails": case.fails, "routes": list(case.routes),
         "hosts": list(case.hosts), "share": case.share, "ramp": case.ramp},
    )  # fmt: skip


def _requests(con: duckdb.DuckDBPyConnection, case: Case) -> None:
    address, port, dbname = case.target
    hidden = case.pool and not case.connected
    parameters = {
        "ms": 2000.0 if hidden else 12.0,
        "error": "psycopg_pool.PoolTimeout" if hidden else case.error,
        "text": POOL if hidden else case.says,
    }
    con.execute(
        """
        INSERT INTO spans BY NAME
        SELECT 'SERVER' AS kind, 'GET' AS http_request_method, route AS http_route, replace(route,
               '{id}', '7') AS url_path,
               t AS start_utc, CASE WHEN bad THEN $ms ELSE 20 END + luck * 9 AS duration_ms,
               t + to_microseconds((1000 * duration_ms)::BIGINT) AS end_utc, printf('%032x', n) AS trace_id,
               printf('%016x', n) AS span_id, CASE WHEN bad OR stray
                      THEN 503 ELSE 200 END AS http_response_status_code,
               CASE WHEN bad OR stray THEN 'ERROR' ELSE 'UNSET' END AS status_code,
               CASE WHEN bad THEN $error WHEN stray THEN 'builtins.OSError' END AS error_type,
               CASE WHEN bad THEN json_array(json_object('name', 'exception', 'attributes',
                    json_object('exception.type', $error, 'exception.message', $text))) END AS events,
               printf('s%d', n // 20) AS session_id, 'shop' AS service_name, host AS host_name,
               CASE WHEN inside THEN '2.0' ELSE '1.9' END AS service_version
        FROM plan
        """,
        parameters,
    )
    con.execute(
        """
        INSERT INTO spans BY NAME
        SELECT 'CLIENT' AS kind, t AS start_utc, t AS end_utc,
               (2 + luck) * CASE WHEN inside AND route LIKE '/statements%'
                      THEN $slower ELSE 1 END AS duration_ms,
               printf('%032x', n) AS trace_id, printf('%016x', 1000000 + n) AS span_id,
                      'postgresql' AS db_system_name,
               CASE WHEN inside THEN $address ELSE 'db.shop.example' END AS server_address,
               CASE WHEN inside THEN $port ELSE 5432 END AS server_port,
               CASE WHEN inside THEN $dbname ELSE 'shop' END AS db_namespace,
               'SELECT ' || route AS db_query_text, CASE WHEN bad
                      THEN 'ERROR' ELSE 'UNSET' END AS status_code,
               CASE WHEN bad THEN $error END AS error_type, CASE WHEN bad
                      THEN $sqlstate END AS db_response_status_code,
               CASE WHEN bad THEN $text END AS status_message, 'shop' AS service_name, host AS host_name
        FROM plan WHERE asks AND (NOT bad OR $connected)
        """,
        {"slower": case.slower, "address": address, "port": port, "dbname": dbname, "error": case.error,
         "sqlstate": case.sqlstate, "text": case.says, "connected": case.connected},
    )  # fmt: skip


def _logs(con: duckdb.DuckDBPyConnection, case: Case) -> None:
    hidden = case.pool and not case.connected
    con.execute(
        """
        INSERT INTO logs BY NAME
        SELECT t AS time_utc, 'ERROR' AS severity_text, 17 AS severity_number, 'shop' AS logger,
               'request failed' AS body,
               CASE WHEN bad THEN $error ELSE 'builtins.OSError' END AS exception_type,
               CASE WHEN bad THEN $text ELSE 'picture not found' END AS exception_message, host AS host_name
        FROM plan WHERE bad OR stray
        UNION ALL BY NAME
        SELECT t AS time_utc, 'WARNING' AS severity_text, 13 AS severity_number, 'psycopg.pool' AS logger,
               'error connecting in ''pool-1'': ' || $says AS body, host AS host_name
        FROM plan WHERE $hidden AND $says <> '' AND bad AND n % 6 = 0
        UNION ALL BY NAME
        SELECT t AS time_utc, 'WARNING' AS severity_text, 13 AS severity_number, 'shop.forms' AS logger,
               'form 1' || n || ' refused: a field is empty' AS body, host AS host_name
        FROM plan WHERE n % 150 = 0
        """,
        {"hidden": hidden, "error": "psycopg_pool.PoolTimeout" if hidden else case.error,
         "text": POOL if hidden else case.says, "says": case.says},
    )  # fmt: skip


def _server_log(con: duckdb.DuckDBPyConnection, case: Case) -> None:
    severity, sqlstate, message, detail = case.line or ("", None, "", None)
    con.execute(
        """
        INSERT INTO postgres_log BY NAME
        SELECT t AS time_utc, 'client backend' AS backend_type, 'LOG' AS error_severity, NULL AS state_code,
               'connection authorized: user=shop database=shop' AS message, NULL AS detail,
                      'shop' AS user_name,
               'shop' AS dbname, '192.0.2.31' AS remote_host
        FROM plan WHERE n % 30 = 0 AND asks AND (NOT bad OR $connected)
        UNION ALL BY NAME
        SELECT t AS time_utc, 'checkpointer' AS backend_type, 'LOG' AS error_severity, NULL AS state_code,
               'checkpoint complete' AS message, NULL AS detail, NULL AS user_name, NULL AS dbname,
                      NULL AS remote_host
        FROM plan WHERE n % 350 = 0 AND NOT ($restarts AND inside)
        UNION ALL BY NAME
        SELECT $onset::TIMESTAMP + to_seconds(s) AS time_utc, 'postmaster' AS backend_type,
               'LOG' AS error_severity, NULL AS state_code, said AS message, NULL AS detail,
               NULL AS user_name, NULL AS dbname,
               NULL AS remote_host
        FROM (VALUES (0, 'received fast shutdown request'), (1, 'database system is shut down'),
                     (1199, 'database system is ready to accept connections')) AS own(s, said)
        WHERE $restarts
        UNION ALL BY NAME
        SELECT t AS time_utc, 'client backend' AS backend_type, $severity AS error_severity,
               $sqlstate AS state_code,
               $message AS message, $detail AS detail, 'shop' AS user_name, 'shop' AS dbname,
                      '192.0.2.31' AS remote_host
        FROM plan WHERE $message <> '' AND bad AND (n % 6 = 0 OR $connected)
        """,
        {"connected": case.connected, "restarts": case.restarts,
            "onset": ONSET, "severity": severity, "sqlstate": sqlstate,
         "message": message, "detail": detail},
    )  # fmt: skip


def _metrics(con: duckdb.DuckDBPyConnection, case: Case) -> None:
    con.execute(
        """
        INSERT INTO metrics BY NAME
        WITH ticks AS (
            SELECT $start::TIMESTAMP + to_seconds(15 * i) AS time_utc, i >= 80 AND i < 160 AS inside,
                   'web-' || h AS host_name
            FROM range(240) AS r(i), range(1, 4) AS hosts(h)
        )
        SELECT time_utc, host_name, 'process.cpu.utilization' AS name, '1' AS unit,
               CASE WHEN inside THEN $cpu ELSE 0.15 END AS value, NULL AS attributes
        FROM ticks
        UNION ALL BY NAME
        SELECT time_utc, host_name, 'ping.loss' AS name, '1' AS unit,
               CASE WHEN inside AND list_contains($hosts, host_name) THEN $loss ELSE 0 END AS value,
               '{"server.address": "db.shop.example"}' AS attributes
        FROM ticks
        """,
        {"start": START, "cpu": case.cpu, "loss": case.loss, "hosts": list(case.hosts)},
    )


def _deployments(con: duckdb.DuckDBPyConnection, case: Case) -> None:
    _deploy(
        con, START + dt.timedelta(minutes=2), "Rules of the edge", "edge", ("7", "8"), [("HEADERS", "4", "8")]
    )
    if not case.deployed:
        return
    changes = [("CACHE_SECONDS", "30", "60"), ("LOG_FORMAT", "text", "json"), *case.changes]
    if case.dsn is not None:
        changes.append(("DATABASE_URL", GOOD, case.dsn))
    _deploy(con, ONSET, "Spring release", "shop", ("1.9", "2.0"), changes)
    if case.rolled_back:
        back = [(key, after, before) for key, before, after in changes]
        _deploy(con, RECOVERY, "Undo", "shop", ("2.0", "1.9"), back)


def _deploy(  # noqa: PLR0917 - one column each
    con: duckdb.DuckDBPyConnection,
    at: dt.datetime,
    name: str,
    service: str,
    versions: tuple[str, str],
    changes: Sequence[tuple[str, str | None, str | None]],
) -> None:
    con.execute(
        """
        INSERT INTO deployments BY NAME
        SELECT $at::TIMESTAMP AS time_utc, 'deployment.finished' AS event_name, $name AS deployment_name,
               $service AS service_name, $old AS previous_version, $new AS service_version,
               $changes::STRUCT(key VARCHAR, before VARCHAR, after VARCHAR)[] AS config_diff
        """,
        {"at": at, "name": name, "service": service, "old": versions[0], "new": versions[1],
         "changes": [{"key": key, "before": before, "after": after} for key, before, after in changes]},
    )  # fmt: skip


def _messages(con: duckdb.DuckDBPyConnection, case: Case) -> None:
    if case.reports:
        con.execute(
            "INSERT INTO messages BY NAME SELECT $at::TIMESTAMP AS time_utc, 'user-report' AS channel, "
            "'user' AS author, 'I do not see my things.' AS text",
            {"at": ONSET + dt.timedelta(minutes=6)},
        )
