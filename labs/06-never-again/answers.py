"""What is right in lab 06, and what is wrong in a way that is known: computed, never written down."""

from __future__ import annotations

from functools import cache

import labkit
from labkit.core import conninfo

PARTS = ("host", "port", "dbname", "user")
STATEMENTS = (
    "SELECT 1",
    "SELECT current_database()",
    "SELECT count(*) > 0 FROM accounts",
    "SELECT name FROM environment",
    "SELECT pg_is_in_recovery()",
)
OUTAGE = "BETWEEN TIMESTAMP '2023-12-01 14:30:00' AND TIMESTAMP '2023-12-01 16:59:59'"


@cache
def _ground():
    return labkit.proving_ground()


def unchanged(con):
    cases = _ground().cases
    same = [case for case in cases if not case.deployed]
    server = [case for case in same if any(d.state != "up" for d in case.after.databases)]
    return {
        "right": len(same),
        "changed": len(cases) - len(same),
        "all": len(cases),
        "server-only": len(server),
    }


def _refused_by_parser(dsn):
    return [] if conninfo.read(dsn) is not None else ["refused"]


def parser(con):
    caught = _ground().run_check(_refused_by_parser).caught
    reached = _ground().run_test(_select_one)
    return {
        "right": len(caught),
        "slipped": len(_ground().cases) - len(caught),
        "text-faults": len([case for case in _ground().cases if _fails_on_the_client(case)]),
        "connecting": len(reached.caught),
    }


def _fails_on_the_client(case):
    if conninfo.read(case.after.text) is None:
        return True
    parts = conninfo.read(case.after.text)
    return not parts or parts.get("sslmode", "prefer") not in _SSLMODES


_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def _differs(parts):
    def check(dsn):
        found = conninfo.read(dsn)
        if found is None:
            return ["not readable"]
        expected = {"host": "db-primary.bank.example", "port": "5432", "dbname": "bank", "user": "bank_app"}
        return [part for part in parts if {"port": "5432", **found}.get(part) != expected[part]]

    return check


def parts(con):
    full = _ground().run_check(_differs(PARTS))
    return {
        "right": len(full.slipped),
        "caught": len(full.caught),
        "host-only": len(_ground().run_check(_differs(("host",))).slipped),
        "without-port": len(_ground().run_check(_differs(("host", "dbname", "user"))).slipped),
        "parser-only": len(_ground().run_check(_refused_by_parser).slipped),
    }


def _select_one(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection:
        connection.execute("SELECT 1")


def select_one(con):
    report = _ground().run_test(_select_one)
    silent = _ground().run_test(_reads).slipped
    return {
        "right": len(report.slipped),
        "caught": len(report.caught),
        "without-errors": len(silent),
        "none": 0,
    }


def _reads(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection:
        connection.execute("SELECT * FROM entries")
        connection.execute("SELECT * FROM accounts")


def _tell_apart(number):
    """List the statements whose answer differs between a case and an ordinary day."""
    return [
        text for text in STATEMENTS if _answer(_ground().connect(number), text) != _answer_of_a_good_day(text)
    ]


def _answer_of_a_good_day(text):
    return _answer(_ground().connect_to_sound(), text)


def _answer(session, text):
    with session:
        return session.execute(text).fetchall()


@cache
def _replica_and_staging():
    """Find the replica and the other environment: there everything can be read."""
    reads = _ground().run_test(_reads).slipped
    in_recovery = {n: _answer(_ground().connect(n), "SELECT pg_is_in_recovery()") == [(True,)] for n in reads}
    replica = next(n for n in reads if in_recovery[n])
    other = next(
        n
        for n in reads
        if not in_recovery[n] and _answer(_ground().connect(n), STATEMENTS[3]) != [("production",)]
    )
    return replica, other


def replica(con):
    return _statements(_replica_and_staging()[0])


def staging(con):
    return _statements(_replica_and_staging()[1])


def _statements(number):
    told = _tell_apart(number)
    names = dict(zip(("one", "database", "rows", "marker", "recovery"), STATEMENTS, strict=True))
    [right] = told
    return {"right": right, **{key: text for key, text in names.items() if text != right}}


def time_limit(con):
    asked = "SELECT count(*) FILTER (WHERE duration_ms > 30) / count(*) * 100 FROM queries WHERE "
    entries = "query_text ILIKE '%FROM entries%'"
    morning = "start_utc < TIMESTAMP '2023-12-01 14:30:00'"

    def share(where):
        return con.sql(asked + where).fetchall()[0][0]

    return {
        "right": share(f"{entries} AND {morning}"),
        "all-queries": share(morning),
        "below": 100 - share(f"{entries} AND {morning}"),
        "as-fraction": share(f"{entries} AND {morning}") / 100,
    }


def _leaves_a_row(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection:
        connection.execute("INSERT INTO transfers VALUES ('probe', 'probe', 1)")


def left_behind(con):
    report = _ground().run_test(_leaves_a_row)
    return {
        "right": report.left_behind,
        "sound-only": len(_ground().sound) - report.false_alarms,
        "none": 0,
        "every-run": len(_ground().cases) + len(_ground().sound),
        "slipped-only": len(report.slipped),
    }


@cache
def _quiet():
    return _ground().silent_afternoon()


def correct_share(con):
    def share(what, where):
        return _quiet().sql(f"SELECT 100 * avg(({what})::INT) FROM requests WHERE {where}").fetchall()[0][0]

    accounts = "route = '/accounts/{account_id}'"
    during = f"start_utc {OUTAGE}"
    return {
        "right": share("status = 200", f"{accounts} AND {during}"),
        "availability": share("NOT failed", f"{accounts} AND {during}"),
        "whole-afternoon": share("status = 200", accounts),
        "all-routes": share("status = 200", during),
        "wrong-share": share("status <> 200", f"{accounts} AND {during}"),
    }


def _known_transfer(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection:
        found = connection.execute("SELECT amount FROM transfers WHERE transfer_id = 'known-0001'").fetchone()
        assert found is not None


def probe_share(con):
    runs = _ground().watch(_known_transfer, every_s=300)
    during = runs[(runs.time_utc >= "2023-12-01 14:30") & (runs.time_utc < "2023-12-01 17:00")]
    return {
        "right": 100 * float(runs.correct.mean()),
        "wrong-share": 100 - 100 * float(runs.correct.mean()),
        "during-only": 100 * float(during.correct.mean()),
        "count": float(runs.correct.sum()),
        "all-well": 100.0,
    }
