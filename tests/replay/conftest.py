"""A small record of an outage, written into the tables by hand: every number in it can be counted."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from labkit.evidence.schema import create_schema

BEGIN = dt.datetime(2024, 5, 6, 10, 0)  # noqa: DTZ001
CHANGE, RESTORED = BEGIN + dt.timedelta(minutes=10), BEGIN + dt.timedelta(minutes=20)
BEFORE = "postgresql://shop:***@db.example:5432/shop"
AFTER = "postgresql://shop:***@db.example:6432/shop"
LOST = "psycopg_pool.PoolTimeout"


def add_request(con, number, start, *, ms=20.0, status=200, error=None, route="/carts", query=True):
    """Add one request, and its query where one ran."""
    trace, span = f"{number * 2654435761 % 2**32:08x}{number:024x}", f"{number:016x}"
    end = start + dt.timedelta(milliseconds=ms)
    con.execute(
        """INSERT INTO spans (trace_id, span_id, kind, start_utc, end_utc, duration_ms, status_code,
           service_name, http_request_method, http_route, url_path, http_response_status_code, error_type)
           VALUES (?, ?, 'SERVER', ?, ?, ?, ?, 'shop-web', 'GET', ?, ?, ?, ?)""",
        [trace, span, start, end, ms, "ERROR" if error else "UNSET", route, route, status, error],
    )
    if query:
        con.execute(
            """INSERT INTO spans (trace_id, span_id, parent_span_id, kind, start_utc, end_utc, db_system_name)
               VALUES (?, ?, ?, 'CLIENT', ?, ?, 'postgresql')""",
            [trace, f"{number + 10**6:016x}", span, start, end],
        )


def add_deployment(con, time, identity, versions, diff):
    """Add one deployment event: its (earlier, new) release and its changed settings."""
    previous, version = versions
    con.execute(
        """INSERT INTO deployments (time_utc, event_name, deployment_id, service_name, service_version,
           previous_version, config_diff) VALUES (?, 'deployment.started', ?, 'shop-web', ?, ?, ?)""",
        [time, identity, version, previous, [{"key": k, "before": b, "after": a} for k, b, a in diff]],
    )


@pytest.fixture
def con():
    """Thirty minutes, two requests each; from minute 10 to 20 the second one gets no connection.

    Two failures have other reasons: one in minute 3, one (with its query) in minute 15.
    """
    con = duckdb.connect()
    create_schema(con)
    for minute in range(30):
        start = BEGIN + dt.timedelta(minutes=minute)
        lost = CHANGE <= start < RESTORED
        other = "KeyError" if minute in (3, 15) else None
        add_request(con, 2 * minute, start, status=500 if other else 200, error=other, ms=10.0 + minute)
        second = start + dt.timedelta(seconds=30)
        if lost:
            add_request(con, 2 * minute + 1, second, ms=2000.0, status=503, error=LOST, query=False)
        else:
            add_request(con, 2 * minute + 1, second, status=201, ms=30.0 + minute)
    add_deployment(
        con, CHANGE, "d-1", ("1.9", "2.0"), [("LOG_LEVEL", "INFO", "DEBUG"), ("DSN", BEFORE, AFTER)]
    )
    add_deployment(con, RESTORED, "d-2", ("2.0", "1.9"), [("DSN", AFTER, BEFORE)])
    yield con
    con.close()
