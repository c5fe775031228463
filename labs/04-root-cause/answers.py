"""Right and known wrong answers of lab 04, computed from the evidence."""

from __future__ import annotations

import labkit
from labkit.classroom.checks.incident import PEOPLE, connection_strings, during, first_said, one, outage

INSIDE = "{0} >= $onset AND {0} < $recovery"
DIALLED = r"regexp_extract(body, 'port (\d+) failed', 1)"


def missing_spans(con):
    bare = "(trace_id NOT IN (SELECT trace_id FROM queries))::INT"
    inside = INSIDE.format("start_utc")
    return {
        "right": during(con, f"SELECT 100 * avg({bare}) FROM requests WHERE failed AND {inside}"),
        "whole-day": one(con, f"SELECT 100 * avg({bare}) FROM requests WHERE failed"),
        "failed": [
            during(con, f"SELECT 100 * avg(failed::INT) FROM requests WHERE {PEOPLE} AND {inside}"),
            during(con, f"SELECT 100 * avg(failed::INT) FROM requests WHERE {inside}"),
        ],
        "answered": [
            one(con, f"SELECT 100 * avg({bare}) FROM requests WHERE NOT failed AND {PEOPLE}"),
            one(con, f"SELECT 100 * avg({bare}) FROM requests WHERE NOT failed"),
        ],
        "count": during(con, f"SELECT sum({bare}) FROM requests WHERE failed AND {inside}"),
        "share": during(con, f"SELECT avg({bare}) FROM requests WHERE failed AND {inside}"),
        "with": during(con, f"SELECT 100 * (1 - avg({bare})) FROM requests WHERE failed AND {inside}"),
    }


def silence(con):
    def gap(number=0, **parameters):
        rows = (
            labkit.query(con, "log_silence", **parameters).project("until_utc - from_utc, usual_s").fetchall()
        )
        return rows[number]

    onset, recovery = outage(con)
    return {
        "right": gap()[0],
        "outage": recovery - onset,
        "every-line": gap(backend=None)[0],
        "usual": f"{gap()[1]} s",
        "second": gap(1)[0],
    }


def server_state(con):
    lines = "SELECT count(*) FROM postgres_log WHERE"
    stopped = one(con, f"{lines} message LIKE '%database system%'")
    turned_away = one(con, f"{lines} error_severity = 'FATAL'")
    quiet = "it ran, and no client came"
    return {
        "right": quiet if not (stopped or turned_away) else "it had crashed",
        "crashed": "it had crashed",
        "restarted": "it was restarted at 17:00",
        "turned-away": "it turned the bank away",
        "log-off": "its log was switched off",
    }


def which_logger(con):
    named = one(con, f"SELECT any_value(logger) FROM logs WHERE {DIALLED} <> ''")
    return {
        "right": named,
        "pages": ["bank.auth", "bank.accounts", "bank.statements", "bank.transfers"],
        "rates": "bank.rates",
        "settings": "bank.config",
    }


def how_far(con):
    refused = one(
        con, f"SELECT count(*) FROM logs WHERE {DIALLED} <> '' AND body LIKE '%Connection refused%'"
    )
    nobody = "the machine answered that nobody listens there"
    return {
        "right": nobody if refused else "the machine could not be reached",
        "name": "the name was not found",
        "machine": "the machine could not be reached",
        "login": "the server turned the log-in away",
        "query": "it connected, and the query failed",
    }


def dialled(con):
    callers = con.execute(
        "SELECT DISTINCT remote_port FROM postgres_log WHERE remote_port IS NOT NULL ORDER BY 1 LIMIT 40"
    ).fetchall()
    return {
        "right": int(one(con, f"SELECT mode({DIALLED}) FROM logs WHERE {DIALLED} <> ''")),
        "queries": one(con, "SELECT mode(server_port) FROM queries"),
        "edge": one(con, "SELECT mode(server_port) FROM spans WHERE kind = 'SERVER'"),
        "callers": [row[0] for row in callers],
    }


def unread(con):
    found = first_said(con, "text ILIKE 'found it%'")
    first = f"SELECT min(time_utc) FROM logs WHERE {DIALLED} <> ''"
    report = first_said(con, "channel = 'user-report'")
    reading = first_said(con, "text ILIKE '%logs are full%'")
    onset, recovery = outage(con)
    return {
        "right": found - one(con, f"{first} AND host_name = 'bank-web-1'"),
        "slow-clock": found - one(con, first),
        "report": found - report,
        "reading": found - reading,
        "outage": recovery - onset,
    }


def which_setting(con):
    onset, _ = outage(con)
    keys = con.execute(
        """SELECT s.key FROM (SELECT time_utc, unnest(config_diff) AS s FROM deployments)
           WHERE abs(epoch(time_utc) - epoch($onset::TIMESTAMP)) < 300""",
        {"onset": onset},
    ).fetchall()
    changed = {row[0] for row in keys}
    return {
        "right": next(key for key in changed if "DATABASE" in key),
        "cache": "CACHE_TTL_SECONDS",
        "statements": ["STATEMENT_PAGE_SIZE", "FEATURE_SPENDING_CHART"],
        "log": "LOG_FORMAT",
    }


def the_part(con):
    old, new = connection_strings(con)
    [change] = old.diff(new)
    return {
        "right": (change.part, change.before),
        "deployed": (change.part, change.after),
        "host": [("host", old.host), ("host", "10.20.0.21"), ("hostaddr", "10.20.0.21")],
        "database": [("dbname", old.dbname), ("user", old.user)],
        "part-alone": change.part,
        "whole": old,
    }


def cannot_tell(con):
    old, _ = connection_strings(con)
    return {
        "right": next(part for part, shown in old.shown.items() if shown == "***"),
        "who": "user",
        "where": ["host", "dbname"],
        "scheme": "scheme",
    }


def contributing(con):
    test = "no test connects to the database before a release goes live"
    health = "the health check needs no database"
    alarm = "no alarm watches the error ratio"
    hidden = "the pool's timeout hides its reason"
    people = "the on-call engineer added workers"
    certificate = "the edge's certificate had been renewed"
    cause = "the value that was wrong in the update"
    right = [test, health, alarm, hidden]
    return {
        "right": right,
        "people": [[*right, people], [*right, people, certificate], [*right, people, cause], [people]],
        "coincidence": [[*right, certificate], [certificate]],
        "cause-itself": [[*right, cause], [*right, certificate, cause], [cause]],
        "everything": [[*right, people, certificate, cause]],
        "prevention": [[test], [test, alarm], [test, alarm, health], [test, health]],
    }
