"""What is right in lab 01, and what is wrong in a way that is known: computed from the evidence."""

from __future__ import annotations

import datetime as dt

from labkit.classroom.checks.incident import PEOPLE, first_alarm, first_said, one, outage

ACKNOWLEDGED = "author = 'on-call engineer' AND time_utc > $onset"
OUTAGE = "start_utc >= TIMESTAMP '2023-12-01 14:30:00' AND start_utc < TIMESTAMP '2023-12-01 17:00:00'"


def first_report(con):
    onset, _ = outage(con)
    return {
        "right": first_said(con, "channel = 'user-report'"),
        "any-message": first_said(con, "true"),
        "page": first_said(con, "channel = 'pager'"),
        "first-failure": onset,
        "last-report": one(con, "SELECT max(time_utc) FROM messages WHERE channel = 'user-report'"),
    }


def shape(con):
    onset, recovery = outage(con)
    first = _share(con, onset, onset + dt.timedelta(minutes=1))
    settled = _share(con, onset, recovery)
    before = _share(con, onset - dt.timedelta(minutes=20), onset)
    jumped = first > 0.5 * settled > 5 * before
    return {"right": "step" if jumped else "ramp", "ramp": "ramp", "spike": "spike", "wave": "wave"}


def _share(con, begin, end):
    where = f"{PEOPLE} AND start_utc >= TIMESTAMP '{begin}' AND start_utc < TIMESTAMP '{end}'"
    return one(con, f"SELECT count(*) FILTER (WHERE failed) / count(*) FROM requests WHERE {where}")


def kept_working(con):
    rows = con.sql(
        f"""SELECT route, count(*) FILTER (WHERE failed) / count(*) FROM requests
            WHERE {OUTAGE} GROUP BY route ORDER BY route"""
    ).fetchall()
    well = {route for route, share in rows if share < 0.01}
    return {
        "right": [well],
        "front-only": [{"/"}],
        "checks-only": [{"/livez"}],
        "broken": [{route for route, _ in rows} - well],
        "all": [{route for route, _ in rows}],
    }


def apdex(con):
    timed = "CASE {} WHEN duration_ms <= 600 THEN 1 WHEN duration_ms <= 2400 THEN 0.5 ELSE 0 END"
    honest, naive = timed.format("WHEN failed THEN 0"), timed.format("")

    def mean(what, where):
        return one(con, f"SELECT avg({what}) FROM requests WHERE {where}")

    return {
        "right": mean(honest, f"{PEOPLE} AND {OUTAGE}"),
        "by-time": mean(naive, f"{PEOPLE} AND {OUTAGE}"),
        "whole-afternoon": mean(honest, PEOPLE),
        "health-checks": mean(honest, OUTAGE),
    }


def budget(con):
    month_min = 30 * 24 * 60
    return {
        "right": month_min * 0.001,
        "nines": month_min * 0.0001,
        "per-cent": month_min * 0.01,
        "the-promise": month_min * 0.999,
    }


def burned(con):
    onset, recovery = outage(con)
    minutes = (recovery - onset) / dt.timedelta(minutes=1)
    return {
        "right": minutes / 43.2,
        "turned-over": 43.2 / minutes,
        "hours": minutes / 60 / 43.2,
        "of-the-month": minutes / (30 * 24 * 60),
        "per-cent": 100 * minutes / 43.2,
    }


def gap(con):
    onset, _ = outage(con)
    return {
        "right": first_said(con, "channel = 'user-report'") - onset,
        "page": first_said(con, "channel = 'pager'") - onset,
        "acknowledged": first_said(con, ACKNOWLEDGED, onset=onset) - onset,
        "alarm": first_alarm(con) - onset,
    }


def fifteen(con):
    rows = con.sql(
        "SELECT time_utc, completed_milestones, planned_milestones FROM progress ORDER BY time_utc"
    ).fetchall()
    onset, _ = outage(con)
    before = [done for time, done, _ in rows if time < onset][-1]
    _, after, planned = rows[-1]
    return {
        "right": 100 * (before - after) / before,
        "of-the-plan": 100 * (before - after) / planned,
        "of-what-is-left": 100 * (before - after) / after,
        "from-the-morning": 100 * (rows[0][1] - after) / rows[0][1],
        "milestones": before - after,
    }
