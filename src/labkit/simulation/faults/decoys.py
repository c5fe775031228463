"""What looks like a wrong connection string and is not one."""

from __future__ import annotations

from labkit.simulation.faults.row import CODE, MISCONFIGURED, OVERLOADED, SERVER, Row

DECOYS: tuple[Row, ...] = (
    Row(
        name="overload",
        kind=OVERLOADED,
        part="",
        spans="latency grows with load, then PoolTimeout for some; connections used up, CPU high",
        log="connections and queries as ever, more of them",
        separates="a ramp with traffic instead of a step; more connections end it",
    ),
    Row(
        name="pool-too-small",
        kind=MISCONFIGURED,
        part="pool_size",
        spans="waiting before queries from the deployment on, PoolTimeout for some; CPU as ever; queries go "
        "on",
        log="fewer connections than before",
        separates="as overload, but a step at a deployment that lowered POOL_MAX_SIZE; traffic is as ever",
    ),
    Row(
        name="slow-query",
        kind=SERVER,
        part="",
        spans="queries of one route grow slower over an hour, until the server cancels some (57014 after 5 "
        "s)",
        log="more and more 'duration' lines of one statement, then ERROR 57014",
        separates="a ramp on one route, without a deployment; other routes' queries are as fast as ever",
    ),
    Row(
        name="code-bug",
        kind=CODE,
        part="",
        spans="500 on one route with an exception of the language, not of the driver; its queries succeed",
        log="nothing unusual",
        separates="one route only, and its query spans are without error: the failure comes after the "
        "database",
    ),
)
