"""What is right in lab 07, and what is wrong in a way that is known: computed from the evidence."""

from __future__ import annotations

import labkit
from labkit.core.dsn import Dsn

OUTAGE = "start_utc BETWEEN TIMESTAMP '2023-12-01 14:30:00' AND TIMESTAMP '2023-12-01 17:00:00'"


def _rows(con, text):
    return con.sql(text).fetchall()


def _one(con, text):
    return _rows(con, text)[0][0]


def _outage(con):
    return labkit.query(con, "onset_and_recovery").project("onset_utc, recovery_utc").fetchall()[0]


def _said(con, where):
    return _one(con, f"SELECT min(time_utc) FROM messages WHERE {where}")


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
    before, after = _strings(con)
    [part] = [key for key, value in after.parts if before.get(key) != value and key != "password"]
    return {
        "right": (part, str(after.get(part))),
        "before": (part, str(before.get(part))),
        "host": ("host", str(after.host)),
        "database": ("dbname", str(after.dbname)),
    }


def _strings(con):
    [(before, after)] = _rows(
        con,
        """SELECT s.before, s.after FROM (SELECT time_utc, unnest(config_diff) AS s FROM deployments)
           WHERE s.key = 'DATABASE_URL' ORDER BY time_utc LIMIT 1""",
    )
    return Dsn.parse(before), Dsn.parse(after)


def visits_hit(con):
    people = "session_id IS NOT NULL"
    return {
        "right": _one(con, f"SELECT count(DISTINCT session_id) FROM requests WHERE failed AND {OUTAGE}"),
        "requests": _one(con, f"SELECT count(*) FROM requests WHERE failed AND {OUTAGE}"),
        "all-visits": _one(
            con, f"SELECT count(DISTINCT session_id) FROM requests WHERE {people} AND {OUTAGE}"
        ),
        "whole-afternoon": _one(con, f"SELECT count(DISTINCT session_id) FROM requests WHERE {people}"),
    }


def time_to_detect(con):
    onset, _ = _outage(con)
    fired = labkit.query(con, "burn_rate_alerts").aggregate("min(first_fired_utc)").fetchall()[0][0]
    return {
        "right": _said(con, "channel = 'user-report'") - onset,
        "page": _said(con, "channel = 'pager'") - onset,
        "acknowledged": _said(con, f"author = 'on-call engineer' AND time_utc > '{onset}'") - onset,
        "alarm": fired - onset,
    }


def time_to_mitigate(con):
    onset, recovery = _outage(con)
    detected = _said(con, "channel = 'user-report'")
    back_begins = _bank_updates(con)[-1][1]
    return {
        "right": recovery - detected,
        "whole-outage": recovery - onset,
        "until-roll-back-began": back_begins - detected,
        "from-acknowledgement": recovery
        - _said(con, f"author = 'on-call engineer' AND time_utc > '{onset}'"),
    }


def way_back(con):
    (_, update_begins, update_ends), _, (_, begins, ends) = _bank_updates(con)
    found = _said(con, f"author = 'senior engineer' AND time_utc < '{begins}' AND text LIKE 'Found%'")
    decided = _said(con, f"author = 'incident commander' AND time_utc < '{begins}'")
    return {
        "right": ends - begins,
        "from-decision": ends - decided,
        "from-finding": ends - found,
        "way-there": update_ends - update_begins,
    }


def cpu_factor(con):
    def mean(what, where):
        return _one(
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
    onset, _ = _outage(con)
    fired = [
        row[0] - onset for row in labkit.query(con, "burn_rate_alerts").project("first_fired_utc").fetchall()
    ]
    fired.sort()
    return {
        "right": fired[0],
        "second-alarm": fired[1],
        "ticket": fired[2],
        "first-report": _said(con, "channel = 'user-report'") - onset,
    }
