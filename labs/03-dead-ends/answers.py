"""Right and known wrong answers of lab 03, computed from the evidence."""

from __future__ import annotations

import datetime as dt
import re

from labkit.classroom.checks.incident import PEOPLE, during, one, outage

HALF_HOUR = dt.timedelta(minutes=30)

OFFERED = ("starlette/routing.py", "bank/accounts.py", "bank/store.py")


def demand(con):
    onset, recovery = outage(con)
    visits = f"(SELECT session_id, min(start_utc) AS begun FROM requests WHERE {PEOPLE} GROUP BY session_id)"

    def factor(source, until=onset + HALF_HOUR, counted="count(*)"):
        inside = f"{counted} FILTER (WHERE begun >= $onset AND begun < $until)"
        return one(
            con,
            f"SELECT {inside} / {counted} FILTER (WHERE begun < $onset) FROM {source}",
            onset=onset,
            until=until,
        )

    every = f"(SELECT start_utc AS begun, session_id FROM requests WHERE {PEOPLE})"
    right = factor(visits)
    return {
        "right": right,
        "requests": [factor(every), factor("(SELECT start_utc AS begun FROM requests)")],
        "active": factor(every, counted="count(DISTINCT session_id)"),
        "whole-outage": factor(visits, until=recovery),
        "inverse": 1 / right,
    }


def cpu(con):
    mean = "SELECT avg(value) {} / avg(value) {} FROM metrics WHERE name = $name"
    inside = "FILTER (WHERE time_utc >= $onset AND time_utc < $recovery)"
    before = "FILTER (WHERE time_utc < $onset)"

    def factor(name="process.cpu.utilization", top=inside, below=before, how="avg"):
        return during(con, mean.format(top, below).replace("avg", how), name=name)

    return {
        "right": factor(),
        "memory": factor("process.memory.usage"),
        "inverse": 1 / factor(),
        "peak": factor(how="max"),
        "whole-day": one(
            con,
            f"SELECT avg(value) {inside} / avg(value) FROM metrics WHERE name = 'process.cpu.utilization'",
            onset=outage(con)[0],
            recovery=outage(con)[1],
        ),
        "per-cent": 100 * factor(),
    }


def used(con):
    state = "attributes ->> '$.\"db.client.connection.state\"'"
    inside = "time_utc >= $onset AND time_utc < $recovery"
    most = f"SELECT max(value) FROM metrics WHERE name = $name AND {inside}"
    count = "db.client.connection.count"
    return {
        "right": during(con, f"{most} AND {state} = 'used'", name=count),
        "pool-size": during(con, most, name="db.client.connection.max"),
        "waiting": during(con, most, name="db.client.connection.pending_requests"),
        "whole-day": one(con, f"SELECT max(value) FROM metrics WHERE name = '{count}' AND {state} = 'used'"),
        "idle-before": during(
            con,
            f"SELECT max(value) FROM metrics WHERE name = $name AND {state} = 'idle' AND time_utc < $onset "
            "AND time_utc < $recovery",
            name=count,
        ),
    }


def workers(con):
    onset, _ = outage(con)
    begin, end = (
        one(
            con,
            "SELECT min(time_utc) FROM deployments WHERE event_name = $event AND time_utc > $after",
            event=event,
            after=onset + dt.timedelta(minutes=1),
        )
        for event in ("deployment.started", "deployment.finished")
    )

    def ratio(since, until, where):
        inside = "start_utc >= $since AND start_utc < $until"
        return one(
            con,
            f"SELECT 100 * avg(failed::INT) FROM requests WHERE {where} AND {inside}",
            since=since,
            until=until,
        )

    def change(before=begin - HALF_HOUR, after=end + HALF_HOUR, where=PEOPLE):
        return ratio(end, after, where) - ratio(before, begin, where)

    start, last = con.execute("SELECT min(start_utc), max(start_utc) FROM requests").fetchall()[0]
    right = change()
    return {
        "right": right,
        "quiet-minutes": change(before=start),
        "after-recovery": change(after=last),
        "sign": -right,
        "probes": change(where="true"),
        "share": right / 100,
    }


def routes(con):
    def several(where):
        rows = con.execute(f"SELECT DISTINCT route FROM requests WHERE {where} ORDER BY route").fetchall()
        return [row[0] for row in rows]

    onset, recovery = outage(con)
    inside = f"start_utc >= TIMESTAMP '{onset}' AND start_utc < TIMESTAMP '{recovery}'"
    right = several(f"failed AND {inside}")
    return {
        "right": right,
        "touched": ["/accounts/{account_id}/statement"],
        "all": [several("true"), [*right, "/"]],
        "after-login": [route for route in right if route != "/login"],
        "four-hundreds": several(f"status BETWEEN 400 AND 499 AND {inside}"),
        "other-days": several("failed AND error_type <> 'psycopg_pool.PoolTimeout'"),
    }


def own_errors(con):
    inside = "start_utc >= $onset AND start_utc < $recovery"
    pool = "error_type = 'psycopg_pool.PoolTimeout'"
    count = "SELECT count(*) FROM requests WHERE "
    return {
        "right": during(con, f"{count} failed AND {inside} AND NOT ({pool})"),
        "whole-day": one(con, f"{count} failed AND NOT ({pool})"),
        "four-hundreds": [
            during(con, f"{count} status BETWEEN 400 AND 499 AND {inside}"),
            one(con, f"{count} status BETWEEN 400 AND 499"),
        ],
        "everything": [during(con, f"{count} failed AND {inside}"), one(con, f"{count} failed")],
        "good": during(con, f"{count} {inside} AND error_type IS NULL"),
    }


def files_of_trace(con):
    """Give the files of the pool's stack trace from outside in, each with its folder; then the bank's own."""
    trace = one(
        con,
        """SELECT exception_stacktrace FROM logs
           WHERE exception_type = 'psycopg_pool.PoolTimeout' AND logger = 'bank.accounts'
           ORDER BY time_utc, trace_id LIMIT 1""",
    )
    paths = re.findall(r'File "([^"]+)"', trace)
    files = ["/".join(path.split("/")[-2:]) for path in paths]
    return files, [
        file
        for file, path in zip(files, paths, strict=True)
        if "/bank/" in path and "/site-packages/" not in path
    ]


def raised_in(con):
    files, own = files_of_trace(con)

    def offered(path):
        """Give a path that the question offers; another bank has other files of its own."""
        return path if path in OFFERED else None

    return {
        "right": files[-1],
        "first": offered(files[0]),
        "page": offered(own[0]),
        "own": offered(own[-1]),
        "between": "contextlib.py" if files[-1] != "contextlib.py" else None,
    }


def two_seconds(con):
    kind = one(con, "SELECT mode(error_type) FROM requests WHERE failed")
    return {
        "right": "the pool" if kind.startswith("psycopg_pool") else "the database",
        "network": "the network",
        "database": "the database",
        "edge": ["the edge", "the browser"],
    }


def ping_proves(con):
    machine, way = "the other machine is running", "packets find their way there and back"
    server, call, login = (
        "the database server is running",
        "a program there takes the bank's calls",
        "the bank's login is right",
    )
    return {
        "right": [machine, way],
        "everything": [[machine, way, server, call, login]],
        "server": [[machine, way, server], [machine, server], [way, server], [server]],
        "calls": [[machine, way, server, call], [machine, way, call], [call]],
        "half": [[machine], [way]],
    }


def scatter(con):
    inside = "start_utc >= $onset AND start_utc < $recovery"

    def width(where, low=0.05, high=0.95):
        return during(
            con,
            f"SELECT quantile_cont(duration_ms, {high}) - quantile_cont(duration_ms, {low}) FROM requests "
            f"WHERE {inside} AND {where}",
        )

    return {
        "right": width("failed"),
        "all-requests": [width(PEOPLE), width("true")],
        "extremes": width("failed", 0, 1),
        "quartiles": width("failed", 0.25, 0.75),
        "percentile": during(
            con, f"SELECT quantile_cont(duration_ms, 0.95) FROM requests WHERE {inside} AND failed"
        ),
        "seconds": width("failed") / 1000,
    }


def cost(con):
    def said(pattern, which="min"):
        return one(con, f"SELECT {which}(time_utc) FROM messages WHERE text ILIKE $pattern", pattern=pattern)

    idea, called = said("%overload%"), said("%escalating%", "max")
    developers, found = said("%escalating%"), said("found it%")
    added = one(con, "SELECT min(time_utc) FROM deployments WHERE time_utc > $idea", idea=idea)
    onset, recovery = outage(con)
    return {
        "right": called - idea,
        "until-found": found - idea,
        "developers": [called - developers, developers - idea],
        "from-action": called - added,
        "outage": [recovery - onset, called - onset],
    }
