"""What is right in lab 05, and what is wrong in a way that is known: replayed from the evidence."""

from __future__ import annotations

import weakref

import labkit

CONFIGURATIONS = {
    "burn-rate page": {"detection": "burn rate"},
    "more workers": {"workers": 2, "workers_at": "15:12"},
    "canary": {"canary": 0.05},
    "connectivity test": {"connectivity_test": True},
    "retries": {"retries": 3},
}
_RECORDINGS = weakref.WeakKeyDictionary()


def _replay(con, **changed):
    if con not in _RECORDINGS:
        _RECORDINGS[con] = labkit.record(con)
    return labkit.replay(_RECORDINGS[con], labkit.Configuration(**changed))


def still_fail(con):
    corrected, recorded = _replay(con, dsn_after="as corrected"), _replay(con)
    return {
        "right": corrected.failed,
        "none": 0,
        "as-recorded": recorded.failed,
        "saved": corrected.saved,
    }


def outage_1445(con):
    early, recorded = _replay(con, rollback="14:45"), _replay(con)
    return {
        "right": early.outage_minutes,
        "after-the-report": 0,
        "as-recorded": recorded.outage_minutes,
        "saved-minutes": recorded.outage_minutes - early.outage_minutes,
    }


def workers(con):
    more = _replay(con, **CONFIGURATIONS["more workers"])
    [(later,)] = con.sql(
        """SELECT count(*) FROM requests WHERE failed AND route <> '/livez'
           AND start_utc >= TIMESTAMP '2023-12-01 15:12:00'"""
    ).fetchall()
    return {"right": more.saved, "half": [later // 2, later / 2], "all-later": later, "failed": more.failed}


def alarm(con):
    paged, recorded = _replay(con, detection="burn rate"), _replay(con)
    return {
        "right": recorded.outage_minutes - paged.outage_minutes,
        "left": paged.outage_minutes,
        "noticed-is-mended": recorded.outage_minutes - round(paged.minutes_to_detect),
        "delay": [round(paged.minutes_to_detect, 1), round(paged.minutes_to_detect)],
    }


def canary(con):
    canary, recorded = _replay(con, canary=0.05), _replay(con)
    return {
        "right": canary.visits_harmed,
        "requests": canary.failed,
        "as-recorded": recorded.visits_harmed,
        "share-of-all": [round(0.05 * recorded.visits_harmed), 0.05 * recorded.visits_harmed],
    }


def slips_through(con):
    good = "postgresql://bank_app:***@db-primary.bank.example:5432/bank"
    strings = {
        "port": good.replace("5432", "5433"),
        "host": good.replace("primary", "primray"),
        "dbname": good.replace("/bank", "/bnak"),
        "options": good + "?options=-csearch_path%3Dreporting",
    }
    stopped = {
        part: _replay(con, dsn_after=text, connectivity_test=True).stopped for part, text in strings.items()
    }
    [right] = [part for part, was_stopped in stopped.items() if not was_stopped]
    return {"right": right} | {part: part for part in strings if part != right}


def ledger(con):
    by_pen = _replay(con, manual_ledger=True)
    served, harmed = by_pen.visits_by_hand, by_pen.visits_harmed
    return {
        "right": 100 * served / harmed,
        "count": served,
        "not-served": 100 * (1 - served / harmed),
        "of-requests": 100 * served / by_pen.failed,
        "as-a-share": served / harmed,
    }


def retries(con):
    again, recorded = _replay(con, retries=3), _replay(con)
    return {"right": again.saved, "attempts": again.retries, "left": again.failed, "all": recorded.failed}


def best(con):
    failed = {name: _replay(con, **changed).failed for name, changed in CONFIGURATIONS.items()}
    right = min(failed, key=failed.get)
    names = {name: name.replace(" ", "-") for name in failed}
    return {"right": right} | {names[name]: name for name in failed if name != right}
