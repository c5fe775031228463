"""Evidence of a small outage, fresh for each test."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from small_record import AFTER, BEFORE, BEGIN, CHANGE, LOST, RESTORED, add_deployment, add_request

from labkit.evidence.schema import create_schema


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
