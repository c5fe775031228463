"""``labkit bank`` opens a bank for a person, says what is in the way, and leaves nothing behind."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from bank_command import Surroundings, all_gone, bank_started, surroundings
from real_postgres import RealPostgres, open_folder

from labkit.bank.postgres import free_port, running_server
from labkit.bank.releases import routine_update
from labkit.bank.running import open_bank
from labkit.cli.main import main
from labkit.core.errors import LabError

pytestmark = pytest.mark.server
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")


@pytest.fixture
def around() -> Iterator[Surroundings]:
    """Make a home, a working folder and a temporary folder."""
    with surroundings() as made:
        yield made


def ready(url: str) -> int:
    return httpx.get(f"{url}/readyz", timeout=10, trust_env=False).status_code


@pytest.mark.slow
def test_a_day_at_the_bank(around: Surroundings) -> None:
    """Opened, broken, healed, closed by commands: no password shown, no process and no file left outside."""
    with bank_started(around, "--hosts", "2") as bank:
        assert ready(bank.url) == 200
        assert around.on_bank("status").returncode == 0
        again = around.on_bank("start")
        assert (again.returncode, again.stdout) == (2, "")
        assert "runs in this folder already" in again.stderr
        deployed = around.on_bank("deploy", "1.8.0")
        assert deployed.returncode == 0, deployed.stderr
        assert "1.7.4 -> 1.8.0" in deployed.stdout
        assert ready(bank.url) == 503
        status = around.on_bank("status")
        assert (status.returncode, status.stdout.count("has no database")) == (1, 2)
        assert around.on_bank("rollback").returncode == 0
        assert ready(bank.url) == 200
        settings = around.bank / "releases" / "1.7.4" / "settings.toml"
        secret = settings.read_text(encoding="utf-8").partition("bank_app:")[2].partition("@")[0]
        words = [" ".join(process.cmdline()) for process in around.processes()]
        assert len(secret) > 20
        assert not [text for text in (*words, deployed.stdout, status.stdout) if secret in text]
        change_settings(around)
        stopped = around.on_bank("stop")
        assert (stopped.returncode, stopped.stdout) == (0, "The bank is closed.\n")
        assert "The bank is closed." in bank.ended()
        assert bank.process.returncode == 0
    assert all_gone(around)
    assert around.left_outside() == []
    assert around.on_bank("stop").returncode == around.on_bank("status").returncode == 1


def change_settings(around: Surroundings) -> None:
    """Take settings from the command line, from a variable and from a file, and a wrong one."""
    file = around.root / "url"
    file.write_text(f"postgresql://bank_app:of-the-file@127.0.0.1:{free_port()}/bank\n", encoding="utf-8")
    around.environ["NEW_SIZE"] = "6"
    words = ["--set", "CACHE_TTL_SECONDS=45", "--set-env", "POOL_MAX_SIZE=NEW_SIZE"]
    done = around.on_bank("deploy", "2.0.0", *words, "--set-file", f"DATABASE_URL={file}")
    assert done.returncode == 0, done.stderr
    assert "CACHE_TTL_SECONDS: 30 -> 45" in done.stdout
    assert "POOL_MAX_SIZE: 4 -> 6" in done.stdout
    assert "of-the-file" not in done.stdout
    wrong = around.on_bank("deploy", "2.0.1", "--set", "POOL_MAX_SIEZ=6", "--set", "host=a password=pw")
    assert (wrong.returncode, "pw" in wrong.stderr) == (2, False)


@POSIX
@pytest.mark.slow
def test_nothing_outlives_the_command(around: Surroundings) -> None:
    """A killed server is started again; after kill -9 of the command, and Ctrl-C, no process is left."""
    with bank_started(around) as bank:
        first = server_of(around)
        psutil.Process(first).kill()
        limit = time.monotonic() + 30
        while ready(bank.url) != 200:
            assert time.monotonic() < limit
            time.sleep(0.2)
        assert server_of(around) != first
        bank.process.kill()
        assert "The bank is closed." not in bank.ended()
        assert all_gone(around), [process.cmdline() for process in around.processes()]
    with bank_started(around) as again:
        assert ready(again.url) == 200
        again.process.send_signal(signal.SIGINT)
        assert "The bank is closed." in again.ended()
        assert again.process.returncode == 0
        assert all_gone(around), [process.cmdline() for process in around.processes()]
    assert around.left_outside() == []


def server_of(around: Surroundings) -> int:
    trace = around.bank / "postgres" / "data" / "postmaster.pid"
    return int(trace.read_text(encoding="utf-8").split()[0])


@pytest.fixture(scope="module")
def other() -> Iterator[RealPostgres]:
    """Run a server that somebody else owns, with roles that may do more or less."""
    with open_folder() as folder, running_server(folder, disposable=True) as server:
        with psycopg.connect(server.superuser.reveal(), autocommit=True) as connection:
            for text in (
                "CREATE ROLE guest LOGIN PASSWORD 'guest-password'",
                "CREATE ROLE keeper LOGIN PASSWORD 'keeper-password'",
                "CREATE DATABASE empty OWNER keeper",
                "CREATE DATABASE taken OWNER keeper",
            ):
                connection.execute(text)
        with psycopg.connect(
            server.dsn(dbname="taken", user="keeper", password="keeper-password").reveal()
        ) as db:
            db.execute("CREATE TABLE accounts (id int)")
        yield RealPostgres(server)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"port": 1}, "at the step 'reach'"),
        ({"user": "keeper", "password": "wrong"}, "at the step 'authenticate'"),
        ({"user": "guest", "password": "guest-password"}, "GRANT USAGE, CREATE ON SCHEMA public TO guest;"),
        (
            {"user": "keeper", "password": "keeper-password", "dbname": "taken"},
            "database taken has a table 'accounts' that is not the bank's",
        ),
    ],
)
def test_what_is_missing_at_another_server_is_said(
    tmp_path: Path,
    other: RealPostgres,
    *,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    parts: dict[str, str | int],
    words: str,
) -> None:
    """With --dsn to a server that does not answer, refuses, or gives too little, the error says so."""
    monkeypatch.setenv("ANOTHER_DATABASE", other.dsn(**({"dbname": "empty"} | parts)))
    place = ["--folder", str(tmp_path / "bank"), "--dsn-env", "ANOTHER_DATABASE"]
    assert main(["bank", "start", *place]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "-password" not in said


def test_a_database_of_another_server_will_do(tmp_path: Path, other: RealPostgres) -> None:
    """With --dsn the bank uses the database that it leads to, and the server goes on when the bank closes."""
    dsn = other.dsn(dbname="empty", user="keeper", password="keeper-password")
    with open_bank(tmp_path / "bank", dsn=dsn, accounts=2) as bank:
        assert ready(bank.url) == 200
        assert bank.server is None
        assert not (bank.folder / "postgres").exists()
        bank.deploy("1.8.0", routine_update(bank.dsn))
        assert ready(bank.url) == 503
        bank.rollback()
        assert ready(bank.url) == 200
        with pytest.raises(LabError, match="no server of its own"):
            bank.make_database("bank_staging")
        assert "postgresql.json" not in {file.name for file in bank.collect(tmp_path / "evidence")}
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT name FROM environment").fetchone() == ("production",)
