"""The whole bank opens, breaks with an update, heals with a rollback, and leaves evidence that loads."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from bank_command import MISLEADING
from real_postgres import open_folder

import labkit
from labkit.bank.books import DEMO_PASSWORD, account_number
from labkit.bank.books.connecting import connected
from labkit.bank.releases import routine_update
from labkit.bank.releases.routine_update import as_url
from labkit.bank.running import Bank, State, attach, default_folder, open_bank, stop_bank
from labkit.cli.main import main
from labkit.core.errors import LabError
from labkit.core.secret import Secret

pytestmark = pytest.mark.server
TEXT = {"accept": "application/json"}


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    """Open a bank of two hosts, among variables that would mislead its connections."""
    with pytest.MonkeyPatch.context() as patch, open_folder() as folder:
        for name, value in MISLEADING.items():
            patch.setenv(name, value)
        with open_bank(folder / "bank", hosts=2, accounts=40, metrics_every_s=0.5, durable=False) as opened:
            yield opened


@pytest.fixture(autouse=True)
def as_before(bank: Bank) -> Iterator[None]:
    """Leave the bank as it was: the first release, two hosts."""
    yield
    while bank.version != "1.7.4":
        bank.rollback()
    if len(bank.urls) != 2:
        bank.scale(workers=2, connections=4)


def ready(url: str) -> int:
    return httpx.get(f"{url}/readyz", timeout=10, trust_env=False).status_code


def until(happens: object, patience_s: float = 20) -> None:
    limit = time.monotonic() + patience_s
    while not happens():
        assert time.monotonic() < limit
        time.sleep(0.05)


def statement(url: str) -> int:
    account = account_number(1)
    with httpx.Client(base_url=url, headers=TEXT, timeout=10, trust_env=False) as client:
        client.post("/login", json={"login": "customer-1", "password": DEMO_PASSWORD})
        return client.get(f"/accounts/{account}/statement").status_code


def test_the_update_breaks_the_bank_and_a_rollback_heals_it(bank: Bank) -> None:
    """With the routine update no host has its database; after the rollback each has, without a restart."""
    pids = [host.pid for host in bank.hosts]
    assert [ready(url) for url in bank.urls] == [200, 200]
    bank.deploy("1.8.0", routine_update(bank.dsn))
    assert [ready(url) for url in bank.urls] == [503, 503]
    bank.rollback()
    assert [statement(url) for url in bank.urls] == [200, 200]
    assert [host.pid for host in bank.hosts] == pids


def test_more_workers_are_more_processes(bank: Bank) -> None:
    """Scaling adds hosts that answer, and takes them away again; the record says what it was."""
    bank.scale(workers=3, connections=8)
    assert len(bank.urls) == 3
    assert [ready(url) for url in bank.urls] == [200] * 3
    assert bank.settings["POOL_MAX_SIZE"] == 8
    bank.scale(workers=2, connections=4)
    assert len(bank.urls) == 2
    lines = bank.releases.record.read_text(encoding="utf-8").splitlines()
    started = json.loads(lines[-2])["attributes"]["config.diff"]
    assert {"key": "WEB_WORKERS", "before": "3", "after": "2"} in started


def test_its_role_owns_nothing(bank: Bank) -> None:
    """The running bank's role can neither make a table nor change a transfer; its owner cannot log in."""
    assert str(bank.dsn.user) == "bank_app"
    with connected(bank.dsn) as connection:
        owned = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
        assert connection.execute(owned).fetchone() == (0,)
        for text in ("CREATE TABLE more (id int)", "DELETE FROM transfers", "UPDATE entries SET amount = 1"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(text)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("5s",)
    assert bank.server is not None
    with connected(bank.server.superuser) as connection:
        owner = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'bank_owner'"
        assert connection.execute(owner).fetchone() == (False,)


def test_another_database_is_another_environment(bank: Bank) -> None:
    """A string to the staging database works, shows other customers' money, and says what it is."""
    there = bank.make_database("bank_staging")
    with connected(there) as connection:
        assert connection.execute("SELECT name FROM environment").fetchone() == ("staging",)
        assert connection.execute("SHOW app.environment").fetchone() == ("staging",)
    bank.deploy("1.8.0", {"DATABASE_URL": Secret(as_url(there))})
    assert [ready(url) for url in bank.urls] == [200, 200]


def test_the_evidence_of_all_hosts_loads(bank: Bank, tmp_path: Path) -> None:
    """What was gathered loads whole, has every host and every plane, and no password."""
    for url in bank.urls:
        assert statement(url) == 200
    bank.deploy("1.8.0", routine_update(bank.dsn))
    assert [ready(url) for url in bank.urls] == [503, 503]
    bank.rollback()
    files = bank.collect(tmp_path / "evidence")
    assert {file.name for file in files} == {
        "app.log.jsonl",
        "traces.otlp.jsonl",
        "access.log",
        "metrics.otlp.jsonl",
        "deployments.jsonl",
        "postgresql.json",
    }
    with labkit.load(tmp_path / "evidence") as con:
        assert con.execute("SELECT count(*) FROM rejects").fetchone() == (0,)
        hosts = con.execute("SELECT DISTINCT host_name FROM requests ORDER BY ALL").fetchall()
        assert hosts[:2] == [("bank-web-1",), ("bank-web-2",)]
        for table in ("logs", "queries", "access", "metrics", "deployments", "postgres_log"):
            assert con.execute(f"SELECT count(*) > 0 FROM {table}").fetchone() == (True,), table
        versions = con.execute("SELECT DISTINCT service_version FROM logs ORDER BY ALL").fetchall()
        assert ("1.8.0",) in versions
    password = bank.dsn.password
    assert password is not None
    for file in files:
        assert password.reveal() not in file.read_text(encoding="utf-8")


def test_a_web_process_that_dies_begins_anew(bank: Bank) -> None:
    """A killed web process is replaced at the same address."""
    (host, _) = bank.hosts
    os.kill(host.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    until(lambda: bank.hosts[0].pid != host.pid)
    assert bank.hosts[0].url == host.url
    assert ready(host.url) == 200


def test_another_process_can_steer_it(bank: Bank) -> None:
    """A handle from the folder alone shows the same bank, deploys and rolls back."""
    other = attach(bank.folder)
    assert (other.urls, other.dsn) == (bank.urls, bank.dsn)
    assert other.server is not None and bank.server is not None
    assert other.server.superuser == bank.server.superuser
    other.deploy("1.8.0", {"CACHE_TTL_SECONDS": 60})
    assert bank.version == "1.8.0"
    other.rollback()
    assert bank.settings["CACHE_TTL_SECONDS"] == 30


def test_its_settings_do_not_show_the_password(bank: Bank) -> None:
    """The handle shows the connection string neither in its settings nor in its own text."""
    assert isinstance(bank.settings["DATABASE_URL"], Secret)
    shown = f"{bank!r} {bank.settings} {bank.releases.current!r} {bank.dsn}"
    assert bank.dsn.password is not None
    assert bank.dsn.password.reveal() not in shown


def test_a_folder_has_one_bank(bank: Bank) -> None:
    """Opening a second bank in the same folder is refused, and the first goes on."""
    with pytest.raises(LabError, match="runs in this folder already"), open_bank(bank.folder):
        pass
    assert ready(bank.url) == 200


def test_a_bank_that_moved_finds_its_database() -> None:
    """After a stop, with its old port taken by another program, the bank's releases lead to the new one."""
    import socket

    with open_folder() as folder:
        with open_bank(folder / "bank", accounts=2, durable=False) as first:
            first.deploy("1.7.5", {"CACHE_TTL_SECONDS": 31})
            old = first.dsn
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", int(old.port or 0)))
            taken.listen()
            with open_bank(folder / "bank", accounts=2, durable=False) as again:
                assert again.dsn.port != old.port
                assert (again.version, ready(again.url)) == ("1.7.5", 200)
                again.rollback()
                assert ready(again.url) == 200


def test_a_bank_of_another_program_is_left_to_it(bank: Bank) -> None:
    """A bank that a program opened for itself is not stopped from outside; the error names the process."""
    with pytest.raises(LabError, match=f"part of another program, process {os.getpid()}"):
        stop_bank(bank.folder)
    assert ready(bank.url) == 200


def test_no_bank_no_handle(tmp_path: Path) -> None:
    """Where no bank runs, the error names the folder and how to start one."""
    with pytest.raises(LabError, match="labkit bank start"):
        attach(tmp_path)


def labkit_bank(bank: Bank, *words: str) -> int:
    return main(["bank", *words, "--folder", str(bank.folder)])


def test_commands_steer_it_from_the_same_machine(bank: Bank, capsys: pytest.CaptureFixture[str]) -> None:
    """Status, deployment and rollback say what is in force; the update can come without its mistake."""
    assert labkit_bank(bank, "status") == 0
    assert capsys.readouterr().out.count("ready") == 2
    assert labkit_bank(bank, "deploy", "1.8.0", "--sound", "--unset", "FEATURE_SPENDING_CHART") == 0
    assert [ready(url) for url in bank.urls] == [200, 200]
    assert "DATABASE_URL" not in capsys.readouterr().out
    assert labkit_bank(bank, "rollback") == 0
    assert "1.8.0 -> 1.7.4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--set", "POOL_MAX_SIZE"], "KEY=VALUE"),
        (["--set-env", "POOL_MAX_SIZE=NO_SUCH_VARIABLE"], "no variable of that name"),
        (["--set-file", "DATABASE_URL=no/such/file"], "cannot read the file"),
    ],
)
def test_a_deployment_that_is_not_understood_changes_nothing(
    bank: Bank, capsys: pytest.CaptureFixture[str], words: list[str], problem: str
) -> None:
    """A setting without a value, or from nowhere, is explained in one line."""
    assert labkit_bank(bank, "deploy", "3.0.0", *words) == 2
    assert problem in capsys.readouterr().err
    assert bank.version == "1.7.4"


def test_the_command_opens_a_bank_and_another_closes_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints the page's address, goes on until it is asked to stop, and ends well."""
    with open_folder() as folder:
        place = folder / "bank"

        def close() -> None:
            until(lambda: State.read(place) is not None, 60)
            assert stop_bank(place)

        closing = threading.Thread(target=close)
        closing.start()
        assert main(["bank", "start", "--folder", str(place)]) == 0
        closing.join()
        said = capsys.readouterr().out
        assert re.search(r"The bank is open: http://127\.0\.0\.1:\d+/", said)
        assert said.endswith("The bank is closed.\n")
        assert main(["bank", "stop", "--folder", str(place)]) == 1
        assert main(["bank", "status", "--folder", str(place)]) == 1
        one_too_many = ["--dsn", "postgresql:///bank", "--dsn-env", "DATABASE_URL"]
        assert main(["bank", "start", "--folder", str(place), *one_too_many]) == 2
        assert "one connection string is enough" in capsys.readouterr().err


def test_the_usual_folder_is_one_that_the_server_can_reach() -> None:
    """Without --folder the bank lives with the user's data; root's where its server's account can go."""
    folder = default_folder()
    assert folder.name == "bank"
    assert folder.parent.name == "outage-lab"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        assert all(parent.stat().st_mode & 0o001 for parent in folder.parents if parent.exists())


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the extra the error says how to install it."""
    from labkit.bank.running import place

    monkeypatch.setattr(place.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LabError, match=r"uvicorn.*make install-class"), open_bank(tmp_path):
        pass
