"""The bank goes through faults for real: one fault after the other on a lane, several lanes at a time.

A lane is a host with a PostgreSQL of its own, so that what stands in a server's log belongs to the fault of
that time; what the host writes carries the release's version, a new one for each fault.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
from web_bank import APP_PASSWORD, WebHost, release, until, web_host

from labkit.bank import books
from labkit.bank.postgres import Server, running_server
from labkit.bank.web.sessions import COOKIE, Sessions, new_visit
from labkit.core.dsn import Dsn

CUSTOMERS = 20
#: Name of the trial without a fault, and of its scenario.
HEALTH = "quiet-day"
#: What the server must know besides the bank: other roles, other databases.
ROLES = {
    "bank_app": f"LOGIN PASSWORD '{APP_PASSWORD}'",
    "bank_report": f"LOGIN PASSWORD '{APP_PASSWORD}'",
    "bank_batch": f"LOGIN PASSWORD '{APP_PASSWORD}'",
    "bank_web": f"LOGIN PASSWORD '{APP_PASSWORD}' VALID UNTIL '2020-01-01'",
    "bank_owner": f"NOLOGIN PASSWORD '{APP_PASSWORD}'",
    "bank_elsewhere": f"LOGIN PASSWORD '{APP_PASSWORD}'",
}
HBA = b"""
host all         bank_batch    all reject
host all         bank_elsewhere 10.0.0.0/8 scram-sha-256
host replication postgres      all scram-sha-256
host all postgres,bank_app,bank_report,bank_web,bank_owner all scram-sha-256
host all bank_nobody all scram-sha-256
"""
SETTINGS = "max_connections = 40\nsuperuser_reserved_connections = 6\nmax_wal_senders = 3\nhot_standby = on\n"


@dataclass(frozen=True)
class Trial:
    """A fault as it was made on the bank: its release, and when the server's log is about it."""

    version: str
    began: dt.datetime
    ended: dt.datetime


@dataclass
class Lane:
    """One host and its server."""

    server: Server
    good: Dsn
    host: WebHost
    stack: ExitStack = field(repr=False)
    standby: Server | None = None
    trials: dict[str, Trial] = field(default_factory=dict)

    @property
    def bank(self) -> Path:
        """The bank's folder."""
        return self.host.bank

    def admin(self, dbname: str = "postgres") -> psycopg.Connection:
        """Log in as the superuser."""
        return psycopg.connect(self.server.dsn(dbname=dbname).reveal(), autocommit=True)

    def enter(self, context: AbstractContextManager[int]) -> int:
        """Keep something running until the lane ends."""
        return self.stack.enter_context(context)


@dataclass(frozen=True)
class Fault:
    """How to make one fault on a lane.

    ``string`` gives the connection string of the faulty release; ``around`` holds while it is in force,
    ``during`` from when it is.
    ``within`` says that the bank gets connections, and so connects at the beginning only; ``silent``, that
    nothing tells for seconds that it does not.
    """

    name: str
    string: Callable[[Lane], Dsn | str]
    around: Callable[[Lane], AbstractContextManager[object]] | None = None
    during: Callable[[Lane], AbstractContextManager[object]] | None = None
    settings: dict[str, object] = field(default_factory=dict)
    users: int = 3
    seconds: float = 2.4
    within: bool = False
    silent: bool = False


@contextmanager
def lane(name: str) -> Iterator[Lane]:
    """Run a lane; its server's log is complete when the block has ended."""
    folder = Path(tempfile.mkdtemp(prefix="labkit-contract-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(
            running_server(folder / "server", settings=SETTINGS, files={"pg_hba.conf": HBA}, disposable=True)
        )
        good = _prepare(server)
        bank = folder / "bank"
        release(bank, "1.7.4", good, METRICS_EVERY_SECONDS=1)
        host = stack.enter_context(web_host(bank, name))
        yield Lane(server, good, host, stack)


def _prepare(server: Server) -> Dsn:
    """Make roles, the books of production and staging, and an empty database."""
    with psycopg.connect(server.superuser.reveal(), autocommit=True) as admin:
        for role, what in ROLES.items():
            admin.execute(f"CREATE ROLE {role} {what}")
        for database in ("bank", "bank_archive", "bank_staging"):
            admin.execute(f"CREATE DATABASE {database}")
    for database, environment, accounts, seed in (
        ("bank", "production", 2 * CUSTOMERS, 1),
        ("bank_staging", "staging", 2, 2),
    ):
        owner = server.dsn(dbname=database)
        books.migrate(owner)
        books.seed(owner, accounts=accounts, seed=seed)
        books.mark_environment(owner, environment)
    return server.dsn(dbname="bank", user="bank_app", password=APP_PASSWORD)


def go_through(lane: Lane, faults: tuple[Fault, ...]) -> None:
    """Bring one fault after the other about, with users in each."""
    time.sleep(0.5)
    for number, fault in enumerate(faults, 1):
        version = f"2.{number}.0"
        string = fault.string(lane)
        with ExitStack() as stack:
            if fault.around is not None:
                # What other programs do to the server, they do while the bank has let go of it.
                release(lane.bank, f"1.{number}.0", lane.good.replace(port=1), POOL_MIN_SIZE=0)
                time.sleep(0.35)
                stack.enter_context(fault.around(lane))
            began = dt.datetime.now(dt.UTC)
            release(lane.bank, version, string, **{"METRICS_EVERY_SECONDS": 1} | fault.settings)
            _wait_for(lane, version, fault)
            if not fault.within:  # the pool before may have knocked a last time; the new one knocks again
                time.sleep(0.2)
                began = dt.datetime.now(dt.UTC)
            if fault.during is not None:
                stack.enter_context(fault.during(lane))
            asyncio.run(use(lane.host, fault.users, fault.seconds, ordinary=fault.name == HEALTH))
        ended = dt.datetime.now(dt.UTC)
        lane.trials[fault.name] = Trial(version, began, ended)
    release(lane.bank, "3.0.0", lane.good)
    time.sleep(0.4)


def _wait_for(lane: Lane, version: str, fault: Fault) -> None:
    """Wait until a release is in force: it says so where it has a database, else its pool complains."""
    if fault.silent:
        time.sleep(1.0)
    elif fault.within:
        with lane.host.client() as client:
            until(lambda: client.get("/readyz").json().get("version") == version, 30)
    else:
        until(lambda: f'"{version}"' in lane.host.read("app.log.jsonl"), 30)


async def use(host: WebHost, users: int, seconds: float, *, ordinary: bool) -> None:
    """Let people use the bank: they log in, read, and transfer; a balancer looks, too.

    With ``ordinary``, also what goes wrong on every day.
    """
    began = time.monotonic()
    sessions = Sessions.of_bank(host.bank)
    async with asyncio.TaskGroup() as people:
        people.create_task(_balancer(host))
        for number in range(1, users + 1):
            people.create_task(_log_in(host, number))
            people.create_task(_read_and_transfer(host, sessions, number + users))
        if ordinary:
            people.create_task(_err(host, sessions, 2 * users + 1))
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))


def _client(host: WebHost, number: int) -> httpx.AsyncClient:
    """Come through the bank's edge, as a browser of somebody's."""
    headers = {
        "Host": "bank.example",
        "X-Forwarded-For": f"100.64.100.{100 + number}",
        "X-Forwarded-Proto": "https",
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0",
    }
    return httpx.AsyncClient(base_url=host.url, headers=headers, timeout=30, trust_env=False, verify=False)


async def _balancer(host: WebHost) -> None:
    async with _client(host, 0) as client:
        await client.get("/livez", headers={"User-Agent": "balancer-check/1.4"})


async def _log_in(host: WebHost, number: int) -> None:
    async with _client(host, number) as client:
        await client.get("/")
        given = {"login": f"customer-{number}", "password": books.DEMO_PASSWORD}
        await client.post("/login", json=given)


async def _err(host: WebHost, sessions: Sessions, number: int) -> None:
    """Do what people do by mistake."""
    account = books.account_number(number)
    order = _order(number)
    async with _client(host, number) as client:
        client.cookies.set(
            COOKIE, sessions.cookie(new_visit().logged_in(f"customer-{number}", "from-before"))
        )
        await client.post("/login", json={"login": f"customer-{number}", "password": ""})
        await client.post("/login", json={"login": f"customer-{number}", "password": "mistyped"})
        await client.get(f"/accounts/{account}")
        await client.get("/accounts/100001")
        await client.post("/transfers", json=order)
        await client.post("/transfers", json=order)
        await client.post("/transfers", json=order | {"amount": "much"})


def _order(number: int) -> dict[str, object]:
    return {
        "from_account": books.account_number(number),
        "to_account": books.account_number(number % CUSTOMERS + 1),
        "amount": "0.10",
        "memo": "tea",
        "idempotency_key": f"key-{number}-{time.monotonic_ns()}",
    }


async def _read_and_transfer(host: WebHost, sessions: Sessions, number: int) -> None:
    """Do all at once what somebody does who had logged in before."""
    account = books.account_number(number)
    visit = new_visit().logged_in(f"customer-{number}", "from-before")
    async with _client(host, number) as client:
        client.cookies.set(COOKIE, sessions.cookie(visit))
        reading = asyncio.create_task(client.get(f"/accounts/{account}"))
        await asyncio.sleep(0.05)
        await asyncio.gather(
            reading,
            client.get(f"/accounts/{account}/statement"),
            client.post("/transfers", json=_order(number)),
        )
