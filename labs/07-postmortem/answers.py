"""What is right in lab 07, and what is wrong in a way that is known: computed from the evidence."""

from __future__ import annotations

import labkit
from labkit.classroom.checks.incident import connection_strings, first_alarm, first_said, one, outage

ACKNOWLEDGED = "author = 'on-call engineer' AND time_utc > $onset"
OUTAGE = "start_utc BETWEEN TIMESTAMP '2023-12-01 14:30:00' AND TIMESTAMP '2023-12-01 17:00:00'"


def _rows(con, text):
    return con.sql(text).fetchall()


def _bank_updates(con):
    """Give id, start and end of the bank's deployments, earliest first."""
    return _rows(
        con,
        """SELECT deployment_id, min(time_utc), max(time_utc) FROM deployments
           WHERE service_name = 'bank-web' GROUP BY deployment_id ORDER BY 2""",
    )


def trigger(con):
    ids = [
        row[0]
        for row in _rows(con, "SELECT deployment_id FROM deployments GROUP BY 1 ORDER BY min(time_utc)")
    ]
    update, workers, back = (row[0] for row in _bank_updates(con))
    edge = [name for name in ids if name not in (update, workers, back)]
    return {"right": update, "earlier": edge[0], "nearby": edge[-1], "workers": workers, "way-back": back}


def cause(con):
    before, after = connection_strings(con)
    [part] = [key for key, value in after.parts if before.get(key) != value and key != "password"]
    return {
        "right": (part, str(after.get(part))),
        "before": (part, str(before.get(part))),
        "host": ("host", str(after.host)),
        "database": ("dbname", str(after.dbname)),
    }


def visits_hit(con):
    people = "session_id IS NOT NULL"
    return {
        "right": one(con, f"SELECT count(DISTINCT session_id) FROM requests WHERE failed AND {OUTAGE}"),
        "requests": one(con, f"SELECT count(*) FROM requests WHERE failed AND {OUTAGE}"),
        "all-visits": one(
            con, f"SELECT count(DISTINCT session_id) FROM requests WHERE {people} AND {OUTAGE}"
        ),
        "whole-afternoon": one(con, f"SELECT count(DISTINCT session_id) FROM requests WHERE {people}"),
    }


def time_to_detect(con):
    onset, _ = outage(con)
    return {
        "right": first_said(con, "channel = 'user-report'") - onset,
        "page": first_said(con, "channel = 'pager'") - onset,
        "acknowledged": first_said(con, ACKNOWLEDGED, onset=onset) - onset,
        "alarm": first_alarm(con) - onset,
    }


def time_to_mitigate(con):
    onset, recovery = outage(con)
    detected = first_said(con, "channel = 'user-report'")
    back_begins = _bank_updates(con)[-1][1]
    return {
        "right": recovery - detected,
        "whole-outage": recovery - onset,
        "until-roll-back-began": back_begins - detected,
        "from-acknowledgement": recovery - first_said(con, ACKNOWLEDGED, onset=onset),
    }


def way_back(con):
    (_, update_begins, update_ends), _, (_, begins, ends) = _bank_updates(con)
    found = first_said(con, f"author = 'senior engineer' AND time_utc < '{begins}' AND text LIKE 'Found%'")
    decided = first_said(con, f"author = 'incident commander' AND time_utc < '{begins}'")
    return {
        "right": ends - begins,
        "from-decision": ends - decided,
        "from-finding": ends - found,
        "way-there": update_ends - update_begins,
    }


def cpu_factor(con):
    def mean(what, where):
        return one(
            con, f"SELECT {what}(value) FROM metrics WHERE name = 'process.cpu.utilization' AND {where}"
        )

    during = OUTAGE.replace("start_utc", "time_utc")
    before = mean("avg", "time_utc < TIMESTAMP '2023-12-01 14:30:00'")
    return {
        "right": mean("avg", during) / before,
        "turned-over": before / mean("avg", during),
        "difference": mean("avg", during) - before,
        "whole-afternoon": mean("avg", "true") / before,
        "highest": mean("max", during) / before,
    }


def alarm_delay(con):
    onset, _ = outage(con)
    fired = [
        row[0] - onset for row in labkit.query(con, "burn_rate_alerts").project("first_fired_utc").fetchall()
    ]
    fired.sort()
    return {
        "right": fired[0],
        "second-alarm": fired[1],
        "ticket": fired[2],
        "first-report": first_said(con, "channel = 'user-report'") - onset,
    }
