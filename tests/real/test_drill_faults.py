"""Every fault that a drill can make is made for real: the driver says what the catalogue says it says."""

from __future__ import annotations

import contextlib
import os
import re

import psycopg
import pytest

from labkit.bank.running import open_bank
from labkit.classroom.drill.faults import DRILLS, Stage
from labkit.classroom.drill.private import private_folder
from labkit.core.dsn import Dsn
from labkit.simulation.faults import ROWS, ConnectFault
from labkit.simulation.scenario import load_scenario
from labkit.simulation.story import truth

pytestmark = [pytest.mark.server, pytest.mark.slow]
CONNECTS = [
    name
    for name in sorted(DRILLS)
    if (fault := load_scenario(name).fault)
    and isinstance(ROWS[fault.name], ConnectFault)
    and load_scenario(name).releases[1].pools == "restarted"
]
LOGIN = "SELECT customer_id, password_hash FROM customers WHERE login = 'customer-30'"
STATEMENT = "SELECT entry_id FROM entries WHERE account_id = 107919 ORDER BY posted_at DESC LIMIT 100"
SESSION = "INSERT INTO sessions (session_id, customer_id) VALUES ('tried', 30)"
#: Faults that let a session begin: what is asked, and the error that it ends in.
QUERIES: dict[str, tuple[str, type[psycopg.Error]]] = {
    "empty-database": (LOGIN, psycopg.errors.UndefinedTable),
    "wrong-search-path": (LOGIN, psycopg.errors.UndefinedTable),
    "missing-privilege": (LOGIN, psycopg.errors.InsufficientPrivilege),
    "read-replica": (SESSION, psycopg.errors.ReadOnlySqlTransaction),
    "short-statement-timeout": (STATEMENT, psycopg.errors.QueryCanceled),
}


@pytest.fixture(scope="module")
def stage():
    """Run one bank for all faults of this module: each ground is prepared on it, and taken back."""
    with (
        private_folder("drill-faults-") as folder,
        open_bank(folder / "bank", hosts=1) as bank,
    ):
        assert bank.server is not None
        yield Stage(bank, bank.dsn, bank.server.dsn(dbname=bank.dsn.dbname), 70.0)


def attempt(dsn: str, *asked: str) -> None:
    """Connect as the bank does, and ask."""
    with psycopg.connect(dsn, application_name="bank-web", passfile=os.devnull) as connection:
        for query in asked:
            connection.execute(query)
        connection.rollback()


def shape(message: str) -> str:
    """Leave of a message what does not differ from place to place."""
    message = re.sub(r"'[^']*example'|'[^']*invalid'|'\*\*\*@[^']*'|'[\w-]+@[\d.]+'", "'HOST'", message)
    message = re.sub(r'"[^"\n]*(?:\n")?[^"\n]*"', '"X"', message)
    message = re.sub(r"Errno -\d+\] .*", "Errno N]", message)
    return re.sub(r"\d+(\.\d+)*", "N", message).strip()


def refusal(dsn):
    """Give what the driver says when it gets no connection."""
    with pytest.raises(psycopg.Error) as error:
        attempt(dsn)
    return str(error.value)


@pytest.mark.parametrize("name", CONNECTS)
def test_a_connection_fails_as_the_catalogue_says(stage, name, monkeypatch):
    """The driver's words are those of the scenario, but for addresses, ports and names."""
    for variable in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"):
        monkeypatch.delenv(variable, raising=False)
    says = truth(load_scenario(name), 1)["client_message"]
    with DRILLS[name].ground(stage) as change:
        change.begin()
        dsn = stage.url() if change.dsn is None else change.dsn
        try:
            said = refusal(dsn)
            # Those who take the slots ask all the time: for a moment they may hold the reserved ones, too.
            for _ in range(50 if name == "reserved-slots" else 0):
                if "too many clients" in said:
                    said = refusal(dsn)
        finally:
            change.end()
    if name in ("scheme-typo", "quoted-dsn"):
        assert said.startswith('missing "=" after')
    elif name == "empty-dsn":
        assert "No such file or directory" in said
    else:
        assert shape(said.splitlines()[0]) == shape(says.splitlines()[0])
    attempt(stage.url(), LOGIN)


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_session_begins_and_its_query_fails(stage, name):
    """The string leads to a server that lets the bank in, and not to what the bank needs."""
    query, error = QUERIES[name]
    attempt(stage.url(), query)
    with DRILLS[name].ground(stage) as change:
        assert change.dsn is not None
        attempt(change.dsn)
        with pytest.raises(error):
            attempt(change.dsn, query)


def test_staging_has_other_customers_and_says_no_word(stage):
    """Every query of the bank works there, and finds nobody."""
    with DRILLS["staging-database"].ground(stage) as change:
        assert change.dsn is not None
        attempt(change.dsn, LOGIN, STATEMENT)
        with psycopg.connect(change.dsn) as there, psycopg.connect(stage.url()) as here:
            assert not there.execute(LOGIN).fetchall()
            assert here.execute(LOGIN).fetchall()
            names = [one.execute("SELECT name FROM environment").fetchall() for one in (here, there)]
    assert names == [[("production",)], [("staging",)]]


@pytest.mark.parametrize("name", ["rotated-password", "outlived-rule"])
def test_what_changes_on_the_server_keeps_out_who_comes_anew(stage, name):
    """A session from before lives on; a new one is turned away, until it is put right."""
    with DRILLS[name].ground(stage) as change, psycopg.connect(stage.url()) as lives:
        change.begin()
        with pytest.raises(psycopg.OperationalError, match="FATAL"):
            attempt(stage.url())
        assert lives.execute("SELECT 1").fetchall() == [(1,)]
        change.end()
        attempt(change.renewed or stage.url(), LOGIN)
    if change.renewed is not None:
        _restore_password(stage)


def _restore_password(stage: Stage) -> None:
    from psycopg import sql

    password = stage.good.password
    assert password is not None
    with psycopg.connect(stage.admin.reveal(), autocommit=True) as connection:
        role, secret = sql.Identifier(stage.good.user or ""), sql.Literal(password.reveal())
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, secret))


def test_a_restart_is_a_stop_and_a_start(stage):
    """Between them nobody answers at the port."""
    with DRILLS["database-restart"].ground(stage) as change:
        change.begin()
        with pytest.raises(psycopg.OperationalError, match="refused"):
            attempt(stage.url())
        change.end()
    attempt(stage.url(), LOGIN)


def test_a_ground_that_needs_a_server_of_its_own_says_so(stage):
    """With somebody else's server, what would stop or copy it is refused."""
    from dataclasses import replace
    from types import SimpleNamespace

    from labkit.core.errors import LabError

    foreign = replace(stage, bank=SimpleNamespace(server=None))
    with pytest.raises(LabError, match="server that the drill has started"), contextlib.ExitStack() as stack:
        stack.enter_context(DRILLS["database-restart"].ground(foreign))


def test_a_good_string_is_read_as_it_was_written(stage):
    """The URL that the settings get has the same parts as the string that the bank opened with."""
    assert Dsn.parse(stage.url()) == stage.good
