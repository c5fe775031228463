"""A small record of an outage, written into the tables by hand: every number in it can be counted."""

from __future__ import annotations

import datetime as dt

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
