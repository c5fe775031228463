"""What looks like a wrong connection string and is not one."""

from __future__ import annotations

from labkit.simulation.faults.row import CODE, MISCONFIGURED, NETWORK, OVERLOADED, SERVER, Row

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
        part="pool",
        spans="waiting before queries from the deployment on, PoolTimeout for some; CPU as ever; queries go "
        "on",
        log="fewer connections than before",
        separates="as overload, but a step at a deployment that lowered POOL_MAX_SIZE; traffic is as ever",
    ),
    Row(
        name="network-loss",
        kind=NETWORK,
        part="",
        spans="on one host queries take seconds and requests time out in its pool; the other hosts are fine",
        log="nothing unusual: no 'duration' line for queries that took seconds at the client",
        separates="one host only, pings from it are lost, and the server measured none of the time",
    ),
    Row(
        name="database-restart",
        kind=SERVER,
        part="",
        spans="some queries fail with 57P01, then PoolTimeout everywhere; back without a change of the "
        "service",
        log="'received fast shutdown request', FATAL 57P01 for every session, nothing, FATAL 57P03, 'ready'",
        separates="as wrong-port while it lasts, but at the old port, with the log's own lines of stop and "
        "start",
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
