"""Right and known wrong answers of lab 02, computed from the evidence."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from labkit.classroom.checks.incident import first_alarm, one, outage

PUNE = dt.timezone(dt.timedelta(hours=5, minutes=30))
SEEN = dt.datetime(2023, 12, 1, 20, 4, tzinfo=PUNE)
#: Failures follow what brought them within this time, also where few requests come.
NEAR = dt.timedelta(minutes=5)


def deployed(con, event, after):
    """Give time and id of the first deployment event of bank-web from a moment on."""
    return con.execute(
        """SELECT time_utc, deployment_id FROM deployments
           WHERE service_name = 'bank-web' AND event_name = $event AND time_utc >= $after
           ORDER BY time_utc LIMIT 1""",
        {"event": event, "after": after},
    ).fetchall()[0]


def said(con, channel, pattern, author="%"):
    """Give the time of the first message after the onset of a channel, an author and a text."""
    return one(
        con,
        """SELECT min(time_utc) FROM messages
           WHERE channel = $channel AND text ILIKE $pattern AND author LIKE $author AND time_utc >= $onset""",
        channel=channel,
        pattern=pattern,
        author=author,
        onset=outage(con)[0],
    )


def moments(con):
    """Give the named moments of the incident in their order."""
    onset, recovery = outage(con)
    detection = said(con, "user-report", "%")
    added = deployed(con, "deployment.started", onset + NEAR)[0]
    rollback = deployed(con, "deployment.started", added + NEAR)[0]
    return {
        "trigger": deployed(con, "deployment.started", onset - NEAR)[0],
        "onset": onset,
        "detection": detection,
        "acknowledgement": said(con, "chat", "%", "on-call engineer"),
        "more resources": added,
        "developers called": said(con, "chat", "%escalating to the development%"),
        "administrator called": said(con, "chat", "%escalating to the senior%"),
        "diagnosis": said(con, "chat", "found it%"),
        "mitigation": rollback,
        "recovery": recovery,
    }


def gaps(con):
    """Give how many seconds the log of each host from before the onset is behind its spans, as median."""
    rows = con.execute(
        """SELECT l.host_name, median(epoch(r.end_utc) - epoch(l.time_utc))
           FROM logs AS l JOIN requests AS r USING (trace_id)
           WHERE l.host_name IN (SELECT host_name FROM requests WHERE start_utc < $onset) GROUP BY 1""",
        {"onset": outage(con)[0]},
    ).fetchall()
    return dict(rows)


def local_time(con):
    utc = SEEN.astimezone(dt.UTC)
    return {
        "right": utc,
        "as-utc": SEEN.replace(tzinfo=dt.UTC),
        "wrong-way": SEEN.replace(tzinfo=dt.UTC) + dt.timedelta(hours=5, minutes=30),
        "whole-hours": [utc + dt.timedelta(minutes=30), utc - dt.timedelta(minutes=30)],
    }


def which_clock(con):
    slow = max(gaps(con), key=lambda host: abs(gaps(con)[host]))
    others = [host for host in sorted(gaps(con)) if host != slow]
    return {
        "right": slow,
        "collector": "the collector of the traces",
        "all": "all three hosts",
        "other-host": others,
    }


def clock_offset(con):
    by_host = gaps(con)
    slow = max(by_host, key=lambda host: abs(by_host[host]))
    from_start = one(
        con,
        """SELECT median(epoch(r.start_utc) - epoch(l.time_utc)) FROM logs AS l JOIN requests AS r
           USING (trace_id) WHERE l.host_name = $host""",
        host=slow,
    )
    mean = one(
        con,
        """SELECT avg(epoch(r.end_utc) - epoch(l.time_utc))
           FROM logs AS l JOIN requests AS r USING (trace_id)""",
    )
    return {
        "right": by_host[slow],
        "sign": -by_host[slow],
        "from-start": [from_start, -from_start],
        "all-hosts": [mean, -mean],
        "milliseconds": 1000 * by_host[slow],
    }


def edge_witness(con):
    first = "SELECT min({}) FROM {}"
    return {
        "right": one(con, first.format("time_utc", "access WHERE status = 503")),
        "any-5xx": one(con, first.format("time_utc", "access WHERE status >= 500")),
        "arrival": one(con, first.format("start_utc", "requests WHERE status = 503")),
        "any-log": one(con, first.format("time_utc", "logs WHERE service_version = '1.8.0'")),
    }


def trigger(con):
    onset, _ = outage(con)
    right = deployed(con, "deployment.started", onset - NEAR)[1]
    response = deployed(con, "deployment.started", onset + NEAR)
    last = deployed(con, "deployment.started", response[0] + NEAR)
    edge = con.execute(
        "SELECT deployment_id FROM deployments WHERE service_name <> 'bank-web' ORDER BY time_utc"
    ).fetchall()
    ids = list(dict.fromkeys(row[0] for row in edge))
    return {
        "right": right,
        "earliest": ids[0],
        "certificate": ids[-1],
        "response": response[1],
        "rollback": last[1],
    }


def detection(con):
    known = moments(con)
    return {
        "right": known["detection"],
        "onset": known["onset"],
        "page": said(con, "pager", "%"),
        "acknowledged": known["acknowledgement"],
        "screenshot": SEEN,
    }


def mitigation(con):
    known = moments(con)
    return {
        "right": known["mitigation"],
        "workers": [
            known["more resources"],
            deployed(con, "deployment.finished", known["more resources"])[0],
        ],
        "diagnosis": known["diagnosis"],
        "decision": said(con, "chat", "decision%"),
        "finished": deployed(con, "deployment.finished", known["mitigation"])[0],
    }


def recovery(con):
    known = moments(con)
    return {
        "right": known["recovery"],
        "last-failure": one(con, "SELECT max(start_utc) FROM requests WHERE failed"),
        "rollback-began": known["mitigation"],
        "chat": said(con, "chat", "accounts open again%"),
        "user": said(con, "user-report", "%works again%"),
    }


def timeline(con):
    known = moments(con)
    page, begun = said(con, "pager", "%"), known["mitigation"]
    first = one(con, "SELECT min(start_utc) FROM requests WHERE failed")

    def with_(name, time):
        return list({**known, name: time}.items())

    return {
        "right": list(known.items()),
        "first-failure": with_("onset", first),
        "page": with_("detection", page),
        "workers": with_("mitigation", known["more resources"]),
        "rollback-began": with_("recovery", begun),
        "decision": with_("mitigation", said(con, "chat", "decision%")),
    }


def longest_stretch(con):
    lengths = {f"{a} to {b}": end - begin for (a, begin), (b, end) in pairwise(moments(con).items())}
    right = max(lengths, key=lengths.get)
    return {
        "right": right,
        "undetected": "onset to detection",
        "resources": "more resources to developers called",
        "administrator": "administrator called to diagnosis",
        "repair": ["diagnosis to mitigation", "mitigation to recovery"],
    }


def time_to_detect(con):
    known = moments(con)
    first = one(con, "SELECT min(start_utc) FROM requests WHERE failed")
    return {
        "right": known["detection"] - known["onset"],
        "first-failure": known["detection"] - first,
        "page": said(con, "pager", "%") - known["onset"],
        "acknowledged": known["acknowledgement"] - known["onset"],
        "alarm": first_alarm(con) - known["onset"],
    }


def time_to_restore(con):
    known = moments(con)
    return {
        "right": known["recovery"] - known["detection"],
        "from-onset": known["recovery"] - known["onset"],
        "from-acknowledgement": known["recovery"] - known["acknowledgement"],
        "until-mitigation": known["mitigation"] - known["detection"],
        "from-page": known["recovery"] - said(con, "pager", "%"),
    }


def luck(con):
    import numpy as np

    rng = np.random.default_rng(seed=20231201)
    minutes = rng.lognormal(mean=np.log(40), sigma=1.25, size=(10_000, 2, 8))
    first, second = minutes.mean(axis=2).T
    return {
        "right": 100 * float((second <= 0.75 * first).mean()),
        "share": float((second <= 0.75 * first).mean()),
        "any-fall": 100 * float((second < first).mean()),
        "both-ways": 100 * float((abs(second - first) >= 0.25 * first).mean()),
        "count": float((second <= 0.75 * first).sum()),
    }
