"""The proving ground and a real PostgreSQL give the same answers to the same statements."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import replace
from importlib import resources

import psycopg
import pytest
from psycopg import sql
from real_postgres import CannotStartError, running_postgres

from labkit.replay.proving.cases import Place
from labkit.replay.proving.clock import Watch
from labkit.replay.proving.driver import Driver
from labkit.simulation.model import Database
from labkit.simulation.reading import as_written
from labkit.simulation.scenario import load_scenario

pytestmark = pytest.mark.server

PASSWORD = "ledger-demo-41"
HEALTHY, LIMITED = "", "-c statement_timeout=30"
LOST, READ_ONLY = "-c search_path=reporting", "-c default_transaction_read_only=on"
QUESTIONS = [
    "SELECT 1",
    "SELECT current_database()",
    "SELECT current_user",
    "SELECT pg_is_in_recovery()",
    "SELECT name FROM environment",
    "SELECT name FROM public.environment",
    "SELECT amount FROM transfers WHERE transfer_id = 'known-0001'",
    "SELECT balance FROM accounts WHERE account_id = 9001 FOR UPDATE",
    "SELECT to_regclass('accounts')",
    "SELECT to_regclass('public.accounts')",
    "SELECT to_regclass('nothing')",
    "SELECT has_table_privilege('public.accounts', 'SELECT')",
    "SELECT count(*) FROM information_schema.tables WHERE table_name = 'accounts'",
    "SELECT current_setting('transaction_read_only')",
    "SHOW transaction_read_only",
    "SHOW default_transaction_read_only",
    "SHOW in_hot_standby",
    "SHOW search_path",
    "SHOW nothing",
    "SELECT pg_sleep(0.2)",
    "INSERT INTO transfers VALUES ('probe', 'probe', 1)",
    "INSERT INTO transfers VALUES ('known-0001', 'x', 1)",
    "INSERT INTO sessions VALUES ('s', 1) RETURNING session_id",
    "UPDATE accounts SET balance = balance WHERE account_id = 9001",
    "DELETE FROM sessions",
    "SELECT colour FROM accounts",
    "SELECT * FROM nothing",
    "SELEKT 1",
    "SELECT 1; ROLLBACK; SELECT 2",
]


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Run a PostgreSQL with the bank's tables, the bank's role and one that may read nothing."""
    usual = sys.platform == "linux" and platform.machine() == "x86_64"
    try:
        with running_postgres(logs_to=tmp_path_factory.mktemp("log")) as server:
            _furnish(server)
            yield server.port
    except CannotStartError as reason:
        if usual or os.environ.get("CI"):
            pytest.fail(f"a real PostgreSQL must start here, and did not: {reason}")
        pytest.skip(f"no PostgreSQL here: {reason}")


def _furnish(server):
    tables = (resources.files("labkit.replay.proving") / "sql" / "books.sql").read_text(encoding="utf-8")
    with psycopg.connect(server.dsn(), autocommit=True) as con:
        for role in ("bank_app", "bank_report"):
            con.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), PASSWORD))
        con.execute("CREATE DATABASE bank")
        con.execute("CREATE DATABASE bank_archive")
    with psycopg.connect(server.dsn(dbname="bank")) as con:
        con.execute("CREATE SCHEMA reporting")
        con.execute(tables)
        con.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO bank_app")
        con.execute("INSERT INTO environment VALUES ('production')")
        con.execute("INSERT INTO accounts VALUES (9001, 'test account', 'EUR', 12.50)")
        con.execute("INSERT INTO transfers VALUES ('known-0001', 'known-0001', 12.50)")


def parts(user, dbname, options):
    return {"user": user, "password": PASSWORD, "dbname": dbname, "options": options}


def of_the_ground(**given):
    """Connect to the proving ground with the same parts."""
    topology = load_scenario("debacle").topology
    server = Database(
        host="127.0.0.1",
        address="127.0.0.1",
        port=5432,
        databases=("bank", "bank_archive"),
        roles={"bank_app": PASSWORD, "bank_report": PASSWORD},
        unprivileged=("bank_report",),
        empty=("bank_archive",),
    )
    place = Place(as_written(""), replace(topology, databases=(server,)))
    return Driver(place, Watch(1e9)).connect("host=127.0.0.1 port=5432", **given)


def answer(connection, question):
    """Give the rows, or the class of the error with its first lines."""
    try:
        cursor = connection.execute(question)
        return cursor.fetchall() if cursor.description else "done"
    except psycopg.Error as error:
        return type(error).__name__, re.sub(r"\nHINT:.*", "", str(error), flags=re.DOTALL).strip()
    finally:
        connection.rollback()


def of_the_server(port, given):
    with psycopg.connect(host="127.0.0.1", port=port, **given) as connection:
        return {question: answer(connection, question) for question in QUESTIONS}


@pytest.mark.parametrize(
    ("user", "dbname", "options"),
    [
        ("bank_app", "bank", HEALTHY),
        ("bank_app", "bank_archive", HEALTHY),
        ("bank_app", "bank", LOST),
        ("bank_app", "bank", READ_ONLY),
        ("bank_app", "bank", LIMITED),
        ("bank_report", "bank", HEALTHY),
    ],
    ids=["healthy", "empty", "search_path", "read_only", "limited", "unprivileged"],
)
def test_answers_are_the_servers(port, user, dbname, options):
    """Rows, classes of errors and their words are the same, for each way in which a session can be wrong."""
    given = parts(user, dbname, options)
    real = of_the_server(port, given)
    with of_the_ground(**given) as session:
        ground = {question: answer(session, question) for question in QUESTIONS}
    differing = {q: (ground[q], real[q]) for q in QUESTIONS if ground[q] != real[q]}
    assert differing == {}
