"""What is right in lab 00, and what is wrong in a way that is known: computed from the evidence."""

from __future__ import annotations

from labkit.classroom.checks.incident import PEOPLE, one


def _count(con, where, table="requests"):
    return one(con, f"SELECT count(*) FROM {table} WHERE {where}")


def people(con):
    return {
        "right": _count(con, PEOPLE),
        "health-checks": _count(con, "true"),
        "only-checks": _count(con, f"NOT {PEOPLE}"),
        "queries": _count(con, "true", "queries"),
        "spans": _count(con, "true", "spans"),
    }


def slowest(con):
    first = "SELECT route FROM requests WHERE {} ORDER BY duration_ms {}, span_id LIMIT 1"
    by_route = "SELECT route FROM requests WHERE {} GROUP BY route ORDER BY {} DESC, route LIMIT 1"
    return {
        "right": one(con, first.format("true", "DESC")),
        "usual": one(con, by_route.format(PEOPLE, "median(duration_ms)")),
        "most-asked": one(con, by_route.format("true", "count(*)")),
        "fastest": one(con, first.format("true", "ASC")),
    }


def failed(con):
    return {
        "right": _count(con, "failed"),
        "four-hundreds": _count(con, "status >= 400"),
        "not-found": _count(con, "status = 404"),
        "went-well": _count(con, "NOT failed"),
    }


def one_host(con):
    return {
        "right": _count(con, f"host_name = 'bank-web-2' AND {PEOPLE}"),
        "health-checks": _count(con, "host_name = 'bank-web-2'"),
        "all-hosts": _count(con, PEOPLE),
        "average": _count(con, PEOPLE) / 3,
    }


def median_page(con):
    def measure(what, where):
        return one(con, f"SELECT {what}(duration_ms) FROM requests WHERE {where}")

    page = "route = '/accounts/{account_id}'"
    return {
        "right": measure("median", f"{page} AND NOT failed"),
        "with-failures": measure("median", page),
        "average": measure("avg", f"{page} AND NOT failed"),
        "all-routes": measure("median", "NOT failed"),
    }


def worst_quarter(con):
    def bucket(minutes, order):
        return one(
            con,
            f"""SELECT time_bucket(INTERVAL {minutes} MINUTE, start_utc) AS t FROM requests WHERE {PEOPLE}
                GROUP BY t HAVING count(*) FILTER (WHERE failed) > 50 ORDER BY {order} LIMIT 1""",
        )

    failures = "count(*) FILTER (WHERE failed) DESC, t"
    return {
        "right": bucket(15, failures),
        "first": bucket(15, "t"),
        "most-requests": one(
            con,
            f"""SELECT time_bucket(INTERVAL 15 MINUTE, start_utc) AS t FROM requests WHERE {PEOPLE}
                GROUP BY t ORDER BY count(*) DESC, t LIMIT 1""",
        ),
        "half-hour": bucket(30, failures),
        "last": bucket(15, "t DESC"),
    }


def joined(con):
    pairs = "requests AS r JOIN queries AS q USING (trace_id)"
    return {
        "right": one(con, f"SELECT count(DISTINCT r.trace_id) FROM {pairs}"),
        "result-rows": one(con, f"SELECT count(*) FROM {pairs}"),
        "all-requests": _count(con, "true"),
        "without-query": _count(con, "trace_id NOT IN (SELECT trace_id FROM queries)"),
    }
