"""The proving ground does what psycopg and the server do, and no function that is tried can break it."""

from __future__ import annotations

import json
import re
import sys
import time
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

import labkit
from labkit.core.errors import LabError
from labkit.replay.proving import trial as trial_module
from labkit.replay.proving.dialect import statements
from labkit.replay.proving.refusals import UnknownHereError
from labkit.replay.proving.trial import NOT_TRIED
from labkit.simulation.faults import CATALOGUE, QUERY_FAULTS

FACTS = Path(__file__).resolve().parents[1] / "facts" / "catalogue_faults.jsonl"
DATABASE, SEARCH_PATH, PRIVILEGE, REPLICA, LIMIT, STAGING = 33, 34, 35, 36, 37, 38


@pytest.fixture(scope="module")
def ground():
    """Open the proving ground once."""
    return labkit.proving_ground()


@pytest.fixture
def ordinary(ground):
    """Open a session on an ordinary day."""
    with ground.connect_to_sound() as session:
        yield session


def rows(session, text, *params):
    return session.execute(text, *params).fetchall()


# --- cases -------------------------------------------------------------------------------------------


def test_every_connection_fault_of_the_catalogue_is_a_case(ground):
    """There are as many cases as the catalogue has faults of connecting and of queries, numbered from 1."""
    assert [case.number for case in ground.cases] == list(range(1, len(CATALOGUE) + len(QUERY_FAULTS) + 1))


def test_each_case_fails_as_the_catalogue_says(ground):
    """Connecting raises the catalogue's exception for faults of connecting, and succeeds for the others."""
    for case, row in zip(ground.cases, (*CATALOGUE, *QUERY_FAULTS), strict=True):
        if row in QUERY_FAULTS:
            ground.connect(case.number).close()
            continue
        with pytest.raises(psycopg.Error) as raised:
            ground.connect(case.number)
        assert f"{type(raised.value).__module__}.{type(raised.value).__qualname__}" == row.exception


def test_messages_have_the_shape_that_was_measured(ground):
    """With names, ports and addresses taken out, every message is one that a real server or driver gave."""
    measured = [json.loads(line) for line in FACTS.read_text(encoding="utf-8").splitlines()]
    said = {shape(fact["message"]) for fact in measured if fact.get("message")}
    for number in range(1, len(CATALOGUE) + 1):
        with pytest.raises(psycopg.Error) as raised:
            ground.connect(number)
        assert shape(str(raised.value)) in said


def shape(message):
    text = re.sub(r"\S+://\S+", "URL", message.strip())
    text = re.sub(r'"[^"]*"+|\'[^\']*\'', "NAME", text)
    return re.sub(r"\b\d[\d.]*\b", "N", text)


def test_what_was_in_force_before_connects(ground):
    """Before each fault all was well."""
    for case in ground.cases:
        assert case.before.topology.server(case.before.dsn.host, case.before.dsn.port) is not None
    report = ground.run_test(lambda connect, dsn: connect(dsn).close())
    assert report.false_alarms == 0


def test_a_case_has_no_name_and_shows_no_password(ground):
    """What a case prints holds neither the fault's name, nor what was wrong, nor a secret."""
    names = {row.name for row in (*CATALOGUE, *QUERY_FAULTS)}
    for case in ground.cases:
        assert not any(name in repr(case) for name in names)
        assert case.truth not in repr(case)
        assert "ledger" not in repr(case)
    assert "ledger-" not in ground.reveal().text() + ground.reveal().html()


def test_an_unknown_case_is_named(ground):
    """A number that no case has raises an error with the numbers there are."""
    with pytest.raises(LabError, match=r"no case of that name: 99.*Possible: 1, "):
        ground.connect(99)


def test_cases_can_be_looked_at(ground):
    """Without numbers all are shown, in text and in HTML, with what was in force before and after."""
    shown = ground.reveal(12)
    assert "5433" in repr(shown) and "<caption" in shown._repr_html_()
    assert repr(ground).startswith("Proving ground: 38")
    assert ground.run_check(lambda dsn: "no").false_alarms == len(ground.sound)


def test_an_address_is_as_good_as_its_name(ground):
    """The address of a server leads to it; of another address nothing is known, and that is said."""
    usual = "postgresql://bank_app:ledger-demo-41@10.20.0.21:5432/bank"
    report = ground.run_test(lambda connect, dsn: connect(usual).close())
    assert report.sound[0][1].outcome == "quiet"
    report = ground.run_test(lambda connect, dsn: connect(usual.replace("0.21", "9.9"), connect_timeout=3))
    assert "does not know what is at this address" in report.trials[0].said


# --- sessions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "statement", "error", "says"),
    [
        (
            DATABASE,
            "SELECT 1 FROM accounts",
            "UndefinedTable",
            'relation "accounts" does not exist\nLINE 1: ',
        ),
        (SEARCH_PATH, "SELECT 1 FROM accounts", "UndefinedTable", 'relation "accounts" does not exist'),
        (PRIVILEGE, "SELECT 1 FROM entries", "InsufficientPrivilege", "permission denied for table entries"),
        (
            REPLICA,
            "INSERT INTO transfers VALUES ('a', 'a', 1)",
            "ReadOnlySqlTransaction",
            "cannot execute INSERT in a read-only transaction",
        ),
        (
            REPLICA,
            "SELECT balance FROM accounts FOR UPDATE",
            "ReadOnlySqlTransaction",
            "cannot execute SELECT FOR UPDATE in a read-only transaction",
        ),
        (LIMIT, "SELECT pg_sleep(0.1)", "QueryCanceled", "canceling statement due to statement timeout"),
    ],
)
def test_a_session_refuses_as_the_server_does(ground, number, statement, error, says):
    """Each fault of queries raises psycopg's exception for its SQLSTATE, in the server's words."""
    session = ground.connect(number)
    with pytest.raises(getattr(psycopg.errors, error), match=re.escape(says)):
        session.execute(statement)


def test_a_session_says_where_it_is(ground, ordinary):
    """Replica and staging differ from an ordinary day in one answer each."""
    replica, staging = ground.connect(REPLICA), ground.connect(STAGING)
    for text, usual, there, other in [
        ("SELECT current_database()", "bank", "bank", "bank"),
        ("SELECT pg_is_in_recovery()", False, True, False),
        ("SELECT name FROM environment", "production", "production", "staging"),
        ("SHOW transaction_read_only", "off", "on", "off"),
        ("SELECT current_setting('in_hot_standby')", "off", "on", "off"),
    ]:
        assert [rows(s, text) for s in (ordinary, replica, staging)] == [[(usual,)], [(there,)], [(other,)]]


def test_settings_rights_and_names_can_be_asked_for(ground, ordinary):
    """What PostgreSQL's own functions tell of a session holds for each fault."""
    limited, unprivileged, lost = (
        ground.connect(LIMIT),
        ground.connect(PRIVILEGE),
        ground.connect(SEARCH_PATH),
    )
    assert rows(limited, "SHOW statement_timeout") == [("30ms",)]
    assert rows(ordinary, "show statement_timeout") == [("5s",)]
    asked = "SELECT has_table_privilege('accounts', 'SELECT')"
    assert (rows(ordinary, asked), rows(unprivileged, asked)) == ([(True,)], [(False,)])
    assert rows(unprivileged, "SELECT current_user") == [("bank_report",)]
    assert rows(ordinary, "SELECT to_regclass('accounts')") == [("accounts",)]
    assert rows(lost, "SELECT to_regclass('accounts')") == [(None,)]
    assert rows(lost, "SELECT to_regclass('public.accounts')") == [("public.accounts",)]
    assert rows(lost, "SELECT count(*) > 0 FROM public.accounts") == [(True,)]
    seen = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert (rows(ordinary, seen), rows(unprivileged, seen)) == ([(6,)], [(0,)])
    assert (ordinary.info.host, ordinary.info.port, ordinary.info.dbname, ordinary.info.user) == (
        "db-primary.bank.example",
        5432,
        "bank",
        "bank_app",
    )
    assert ordinary.info.server_version == 180006
    assert "PostgreSQL 18" in rows(ordinary, "SELECT version()")[0][0]


def test_placeholders_are_psycopgs(ordinary):
    """Values are bound by position and by name, and a quoted placeholder is text."""
    assert rows(ordinary, "SELECT amount FROM transfers WHERE transfer_id = %s", ("known-0001",)) == [
        (Decimal("12.50"),)
    ]
    assert rows(ordinary, "SELECT %(a)s::INT + 1, '%%s'", {"a": 2}) == [(3, "%s")]


def test_the_statement_timeout_can_be_set(ordinary):
    """A longer statement than the limit is cancelled, one without a limit is not."""
    ordinary.execute("SET statement_timeout = '2s'")
    assert rows(ordinary, "SHOW statement_timeout") == [("2s",)]
    with pytest.raises(psycopg.errors.QueryCanceled):
        ordinary.execute("SELECT pg_sleep(3)")
    ordinary.rollback()
    ordinary.execute("SET LOCAL statement_timeout TO 0")
    assert rows(ordinary, "SELECT pg_sleep(30)") == [("",)]
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        ordinary.execute("SET statement_timeout = 'soon'")


def test_after_an_error_the_transaction_is_over(ordinary):
    """Until it is rolled back, each statement fails; what was written is gone."""
    ordinary.execute("INSERT INTO transfers VALUES ('x', 'x', 1)")
    with pytest.raises(psycopg.errors.UndefinedColumn, match='column "colour" does not exist'):
        ordinary.execute("SELECT colour FROM accounts")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        ordinary.execute("SELECT 1")
    ordinary.rollback()
    assert rows(ordinary, "SELECT count(*) FROM transfers WHERE transfer_id = 'x'") == [(0,)]


def test_mistakes_have_the_servers_errors(ordinary):
    """A slip in the grammar and a key used twice raise what psycopg raises for them."""
    with pytest.raises(psycopg.errors.SyntaxError, match='syntax error at or near "SELEKT"'):
        ordinary.execute("WITH x AS (SELECT 1) SELEKT 1")
    ordinary.rollback()
    with pytest.raises(psycopg.errors.UniqueViolation):
        ordinary.execute("INSERT INTO transfers VALUES ('known-0001', 'x', 1)")
    ordinary.rollback()
    with pytest.raises(psycopg.errors.UndefinedObject, match="unrecognized configuration parameter"):
        ordinary.execute("SHOW everything")
    ordinary.rollback()
    with pytest.raises(psycopg.ProgrammingError, match="didn't produce"):
        ordinary.cursor().fetchone()


def test_what_the_ground_does_not_know_is_said(ordinary):
    """Where it cannot answer truly it says so, with what it knows."""
    for text in ("CREATE TABLE x (a INT)", "SET TIME ZONE 'UTC'", "SELECT nothing_like_it(1)"):
        with pytest.raises(UnknownHereError, match="the proving ground"):
            ordinary.execute(text)
        ordinary.rollback()
    with pytest.raises(UnknownHereError, match="a statement is a text"):
        ordinary.execute(b"SELECT 1")
    ordinary.execute("SELECT 1")
    with pytest.raises(UnknownHereError, match="transaction within"), ordinary.transaction():
        pass


def test_a_cursor_reads_like_psycopgs(ordinary):
    """Rows come one by one, in parts, all, or by iteration; a closed connection takes nothing."""
    with ordinary.cursor() as cursor:
        cursor.execute("SELECT account_id FROM accounts ORDER BY account_id LIMIT 4")
        assert (cursor.rowcount, cursor.fetchone(), cursor.fetchmany(2)) == (4, (1001,), [(1002,), (1003,)])
        assert (list(cursor), cursor.fetchone(), cursor.fetchall()) == ([(1004,)], None, [])
        cursor.close()
    ordinary.close()
    ordinary.close()
    with pytest.raises(psycopg.OperationalError, match="the connection is closed"):
        ordinary.execute("SELECT 1")


def test_several_statements_run_one_after_the_other(ordinary):
    """A text may hold a whole transaction; the first result counts."""
    text = "INSERT INTO sessions VALUES ('s', 1) RETURNING session_id; -- then\nROLLBACK; BEGIN; SELECT 7"
    assert rows(ordinary, text) == [("s",)]
    assert rows(ordinary, "SELECT count(*) FROM sessions") == [(0,)]


def test_a_block_may_be_taken_back(ground):
    """``force_rollback`` and ``psycopg.Rollback`` undo a block, another exception does and is passed on."""
    session = ground.connect_to_sound()
    with session.transaction(force_rollback=True):
        session.execute("INSERT INTO sessions VALUES ('a', 1)")
    with session.transaction():
        session.execute("INSERT INTO sessions VALUES ('b', 1)")
        raise psycopg.Rollback
    with pytest.raises(ZeroDivisionError), session.transaction():
        session.execute("INSERT INTO sessions VALUES ('c', 1)")
        raise ZeroDivisionError
    with session.transaction():
        session.execute("INSERT INTO sessions VALUES ('d', 1)")
    assert rows(session, "SELECT session_id FROM sessions") == [("d",)]


# --- running functions over the cases ----------------------------------------------------------------


def test_a_test_that_leaves_the_block_leaves_its_rows(ground):
    """psycopg commits at the end of ``with``: the report counts what was left in the books."""

    def leaves(connect, dsn):
        with connect(dsn) as connection:
            connection.execute("INSERT INTO sessions VALUES ('probe', 1)")

    def at_once(connect, dsn):
        connect(dsn, autocommit=True).execute("INSERT INTO sessions VALUES ('probe', 1)")

    def takes_back(connect, dsn):
        with connect(dsn) as connection:
            connection.execute("INSERT INTO sessions VALUES ('probe', 1)")
            connection.rollback()

    assert ground.run_test(leaves).left_behind == len(ground.sound) + 2
    assert ground.run_test(at_once).left_behind == len(ground.sound) + 2
    assert ground.run_test(takes_back).left_behind == 0
    assert "left behind" in ground.run_test(leaves).sentence


def test_a_report_says_what_was_caught_where(ground):
    """Caught and slipped are all cases, steps are counted, and the silent ones are in the table."""

    def answers(connect, dsn):
        with connect(dsn, connect_timeout=3) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

    report = ground.run_test(answers)
    assert report.slipped == (DATABASE, SEARCH_PATH, PRIVILEGE, REPLICA, LIMIT, STAGING)
    assert sorted(report.caught + report.slipped) == [case.number for case in ground.cases]
    assert report.by_step == {"connect": len(report.caught)}
    assert report.table["seconds"].max() == 3
    assert "slipped through" in repr(report) and "<caption" in report._repr_html_()


def test_the_wait_for_a_silent_host_is_told_and_not_waited_for(ground):
    """Two minutes of the ground's time pass at once, and a pipeline would not have waited for them."""
    number = next(c.number for c in ground.cases if "never answers" in c.truth)
    dsn = ground.cases[number - 1].after.text.replace("?connect_timeout=5", "")

    def patient(connect, _):
        try:
            connect(dsn)
        except Exception as error:
            raise AssertionError("an answer came") from error

    began = time.monotonic()
    report = ground.run_test(patient)
    assert report.trials[number - 1].outcome == "hung"
    assert time.monotonic() - began < 60
    assert "without a result" in report.sentence


def test_a_pipeline_of_both_catches_what_one_of_them_catches(ground):
    """The union of two reports keeps the first objection and every false alarm."""
    check = ground.run_check(lambda dsn: ["no"] if "5433" in dsn else [])
    test = ground.run_test(lambda connect, dsn: connect(dsn).close())
    both = check | test
    assert set(both.caught) == set(check.caught) | set(test.caught)
    assert both.trials[11].step == "read the string"
    broken = ground.run_check(lambda dsn: undefined_name)  # noqa: F821
    assert (broken | test).caught == test.caught
    assert (broken | test).false_alarms == len(ground.sound)
    with pytest.raises(TypeError):
        check | 1


@pytest.mark.parametrize(
    ("check", "outcome", "said"),
    [
        (lambda dsn: None, "quiet", ""),
        (lambda dsn: "", "quiet", ""),
        (lambda dsn: ["", "bad port"], "alarm", "bad port"),
        (lambda dsn: "bad", "alarm", "bad"),
        (lambda dsn: True, "broke", "TypeError: a check returns its problems"),
        (lambda dsn: 7, "broke", "TypeError: 'int' object is not iterable"),
        (lambda dsn: 1 / 0, "alarm", "ZeroDivisionError: division by zero"),
        (lambda dsn: undefined, "broke", "NameError: name 'undefined' is not defined"),  # noqa: F821
        (lambda: None, "broke", "TypeError"),
        (lambda dsn: dsn, "alarm", "***"),
        (lambda dsn: sys.exit(1), "broke", "SystemExit"),
    ],
)
def test_no_check_breaks_the_runner(ground, check, outcome, said):
    """Whatever a check does, each case has an outcome and a reason, and no password in it."""
    trial = ground.run_check(check).trials[11]
    assert (trial.outcome, said in trial.said) == (outcome, True)
    assert "ledger-demo" not in trial.said


def test_a_function_that_never_ends_is_left(ground, monkeypatch):
    """Two that do not come back end the run; the others are told as not tried."""
    monkeypatch.setattr(trial_module, "REAL_PATIENCE_S", 0.2)

    def forever(dsn):
        while True:
            pass

    report = ground.run_check(forever)
    assert [t.outcome for t in report.trials[:2]] == ["hung", "hung"]
    assert set(report.trials[2:]) == {NOT_TRIED}
    assert report.unfinished == tuple(case.number for case in ground.cases)


def test_a_test_that_swallows_everything_still_ends(ground, monkeypatch):
    """Running out of time cannot be caught by ``except Exception``."""
    monkeypatch.setattr(trial_module, "REAL_PATIENCE_S", 0.5)

    def stubborn(connect, dsn):
        while True:
            try:
                connect(dsn).execute("SELECT pg_sleep(1)")
            except Exception:  # noqa: BLE001 - as a student might write
                continue

    report = ground.run_test(stubborn)
    assert {t.outcome for t in report.trials} <= {"hung", "not tried"}


def test_what_cannot_be_called_is_an_error(ground):
    """The result of a function in place of its name is told."""
    with pytest.raises(LabError, match="that is no function: 'int'"):
        ground.run_check(7)
    with pytest.raises(LabError, match="Hand in its name"):
        ground.run_test(None)


def test_several_hosts_are_beyond_the_ground(ground):
    """It says so in place of an answer that might be wrong."""
    report = ground.run_test(lambda connect, dsn: connect("host=a,b dbname=bank"))
    assert {t.outcome for t in report.trials} == {"broke"}
    assert "one host at a time" in report.trials[0].said


@given(st.text(max_size=80))
def test_any_statement_is_read(text):
    """No text, however strange, breaks the reading of statements."""
    for one in statements(text):
        assert one.text.strip()
        assert one.takes_ms >= 0


# --- the silent afternoon ----------------------------------------------------------------------------


def test_the_silent_afternoon_has_no_errors_and_wrong_answers(ground):
    """No change is found in the failures, while most account pages are not found; the same each time."""
    con = ground.silent_afternoon(scale=0.05)
    assert labkit.query(con, "onset_and_recovery").fetchall()[0][0] == "no change"
    asked = """SELECT count(*) FILTER (WHERE status = 404) / count(*) FROM requests
               WHERE route LIKE '%account_id}' AND start_utc BETWEEN '2023-12-01 14:30' AND '2023-12-01 17:00'
               AND route NOT LIKE '%statement'"""
    assert con.sql(asked).fetchall()[0][0] > 0.8
    again = ground.silent_afternoon(scale=0.05)
    assert con.sql("SELECT * FROM requests").fetchall() == again.sql("SELECT * FROM requests").fetchall()


def test_a_probe_follows_the_string_of_each_moment(ground):
    """A known transfer is read back until the update and after the roll-back, not between."""

    def known(connect, dsn):
        with connect(dsn) as connection:
            assert rows(connection, "SELECT 1 FROM transfers WHERE transfer_id = 'known-0001'")

    runs = ground.watch(known, every_s=300)
    bad = runs[~runs["correct"]]["time_utc"]
    assert (str(bad.min()), str(bad.max()), len(runs)) == ("2023-12-01 14:30:00", "2023-12-01 16:55:00", 42)
    for wrong in (1, 7200, "often"):
        with pytest.raises(LabError, match="a probe cannot run so often"):
            ground.watch(known, every_s=wrong)
