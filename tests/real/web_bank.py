"""A bank's web service for tests: a database with books, a release in force, and a host that serves it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from labkit.bank import books
from labkit.bank.postgres import Server, running_server
from labkit.core.dsn import Dsn

APP_PASSWORD = "ledger-test-41-of-the-app"
PAGE = {"Accept": "text/html,application/xhtml+xml;q=0.9"}


@contextmanager
def open_server(**how: Any) -> Iterator[Server]:
    """Run a server in a folder that root's stand-in can reach, too; both go when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="labkit-web-"))
    folder.chmod(0o755)
    try:
        with running_server(folder / "postgres", disposable=True, **how) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepare_database(server: Server, dbname: str = "bank", environment: str = "production") -> Dsn:
    """Make a database with books, and give the connection string of the bank's role."""
    with psycopg.connect(server.superuser.reveal(), autocommit=True) as connection:
        exists = connection.execute("SELECT FROM pg_roles WHERE rolname = 'bank_app'").fetchone()
        if exists is None:
            connection.execute(f"CREATE ROLE bank_app LOGIN PASSWORD '{APP_PASSWORD}'")
        connection.execute(f"CREATE DATABASE {dbname}")
    owner = server.dsn(dbname=dbname)
    books.migrate(owner)
    books.seed(owner, accounts=40)
    books.mark_environment(owner, environment)
    return server.dsn(dbname=dbname, user="bank_app", password=APP_PASSWORD)


def release(bank: Path, version: str, dsn: Dsn | str, **settings: object) -> None:
    """Put a release into force."""
    text = dsn.reveal() if isinstance(dsn, Dsn) else dsn
    folder = bank / "releases" / version
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {_toml(value)}" for key, value in ({"DATABASE_URL": text} | settings).items()]
    _replace(folder / "settings.toml", "\n".join(lines) + "\n")
    _replace(bank / "releases" / "current", version + "\n")


def _toml(value: object) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return str(value).lower()


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


@dataclass
class WebHost:
    """A running host: its address, its evidence, and its process, where it has one of its own."""

    url: str
    bank: Path
    name: str
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def evidence(self) -> Path:
        """Where it writes."""
        return self.bank / "evidence" / self.name

    def client(self, **how: Any) -> httpx.Client:
        """Give a program's client with cookies of its own."""
        return httpx.Client(base_url=self.url, timeout=20, trust_env=False, verify=False, **how)

    def read(self, name: str) -> str:
        """Read one file of its evidence."""
        return (self.evidence / name).read_text(encoding="utf-8")


@contextmanager
def logged_in(host: WebHost, customer: int = 1) -> Iterator[httpx.Client]:
    """Give the client of a customer who has logged in."""
    with host.client() as client:
        given = {"login": f"customer-{customer}", "password": books.DEMO_PASSWORD}
        answer = client.post("/login", json=given)
        assert answer.status_code == 200, answer.text
        yield client


@contextmanager
def web_host(
    bank: Path, name: str = "bank-web-1", environ: dict[str, str] | None = None, port: int = 0
) -> Iterator[WebHost]:
    """Run a host until the block ends; it must end by itself then, and well."""
    process = subprocess.Popen(
        [sys.executable, "-m", "labkit.bank.web", str(bank), "--host-name", name, "--port", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **(environ or {})},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("listening on "):
        _, said = process.communicate(timeout=20)
        raise AssertionError(f"the host did not begin: {line}{said}")
    try:
        yield WebHost(line.removeprefix("listening on ").strip(), bank, name, process)
    finally:
        if process.poll() is None:
            _, said = process.communicate(timeout=20)  # closes its input: so a supervisor that dies does
            assert (process.returncode, said) == (0, "")


def until(holds: Any, patience_s: float = 15.0) -> Any:
    """Wait until something holds; give what it was."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came to hold")
