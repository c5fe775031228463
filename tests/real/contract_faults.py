"""The faults of the catalogue that one machine can make, and how the bank comes to have them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from contract_bank import HEALTH, Fault, Lane
from odd_servers import answering, silent
from web_bank import APP_PASSWORD

from labkit.bank.postgres import running_server

#: The scenario of the simulation, where it is not called as the fault is.
SCENARIOS = {"wrong-port": "debacle"}
#: The fault without a deployment: in the simulation, too, its version is the one before.
RESTART = "database-restart"
_HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


def _url(lane: Lane, password: str = APP_PASSWORD, scheme: str = "postgresql") -> str:
    return f"{scheme}://bank_app:{password}@127.0.0.1:{lane.server.port}/bank"


#: Faults that no server hears of: the text, or the place.
UNHEARD = (
    Fault("wrong-port", lambda lane: lane.good.replace(port=1)),
    Fault("refused-host", lambda lane: lane.good.replace(host="127.0.0.2")),
    Fault("unresolvable-host", lambda lane: lane.good.replace(host="db-primray.bank.example")),
    Fault("unfilled-host", lambda lane: lane.good.replace(host="${DB_HOST}")),
    Fault("unescaped-percent", lambda lane: _url(lane, "ledger%key-41")),
    Fault("unescaped-slash", lambda lane: _url(lane, "ledger/demo-41")),
    Fault("unescaped-at", lambda lane: _url(lane, "ledger@demo-41")),
    Fault("quoted-dsn", lambda lane: f'"{_url(lane)}"'),
    Fault("scheme-typo", lambda lane: _url(lane, scheme="postgress")),
    Fault("sslmode-typo", lambda lane: f"{_url(lane)}?sslmode=requird"),
    Fault("empty-dsn", lambda lane: ""),
    Fault(
        "blackholed-host",
        lambda lane: lane.good.replace(port=lane.enter(silent()), connect_timeout=2),
        seconds=2.6,
        silent=True,
    ),
    Fault("http-port", lambda lane: lane.good.replace(port=lane.enter(answering(_HTTP)))),
)


@contextmanager
def _slots_taken(lane: Lane, left: int) -> Iterator[None]:
    """Hold all connections that the server has, but some."""
    held: list[psycopg.Connection] = []
    try:
        with lane.admin() as admin:
            most = int(admin.execute("SHOW max_connections").fetchone()[0])  # type: ignore[index]
        try:
            while len(held) < most - left:
                held.append(lane.admin())
        except psycopg.OperationalError:
            pass
        yield
    finally:
        for connection in held:
            connection.close()


#: Faults of the login: the server hears of them and lets nobody in.
AT_THE_DOOR = (
    Fault("wrong-user", lambda lane: lane.good.replace(user="bank_nobody")),
    Fault("wrong-password", lambda lane: lane.good.replace(password="another-one")),
    Fault("unfilled-password", lambda lane: lane.good.replace(password="${DB_PASSWORD}")),
    Fault("missing-password", lambda lane: lane.good.replace(password=None)),
    Fault("expired-password", lambda lane: lane.good.replace(user="bank_web")),
    Fault("role-without-login", lambda lane: lane.good.replace(user="bank_owner")),
    Fault("hba-rejection", lambda lane: lane.good.replace(user="bank_batch")),
    Fault("plain-to-tls-only", lambda lane: lane.good.replace(user="bank_elsewhere")),
    Fault("tls-required-of-plain-server", lambda lane: lane.good.replace(sslmode="require")),
    Fault("trailing-newline", lambda lane: f"{_url(lane)}\n"),
    Fault("wrong-database", lambda lane: lane.good.replace(dbname="bank_v2")),
    Fault("bad-options", lambda lane: lane.good.replace(options="-c statment_timeout=5000")),
    Fault("too-many-clients", lambda lane: lane.good, lambda lane: _slots_taken(lane, 0)),
    Fault("reserved-slots", lambda lane: lane.good, lambda lane: _slots_taken(lane, 6)),
)


@contextmanager
def _locked(lane: Lane, seconds: float) -> Iterator[None]:
    """Keep queries of the entries waiting for a while: they take as long as in a database under load."""
    with lane.admin("bank") as admin:
        admin.execute("BEGIN")
        admin.execute("LOCK TABLE entries IN ACCESS EXCLUSIVE MODE")
        ending = threading.Timer(seconds, admin.execute, ["ROLLBACK"])
        ending.start()
        try:
            yield
        finally:
            ending.join()


@contextmanager
def _stopped(lane: Lane) -> Iterator[None]:
    """Stop the lane's server, and start it again."""
    lane.server.stop()
    try:
        yield
    finally:
        lane.server.start()


def _standby(lane: Lane) -> int:
    """Run a standby of the lane's server, if none runs yet; give its port."""
    if lane.standby is None:
        folder = lane.server.folder.parent / "standby"
        lane.standby = lane.stack.enter_context(running_server(folder, follows=lane.server, disposable=True))
    return lane.standby.port


#: Faults that let the bank in.
WITHIN = (
    Fault(HEALTH, lambda lane: lane.good, seconds=1.2, users=5, within=True),
    Fault("empty-database", lambda lane: lane.good.replace(dbname="bank_archive"), seconds=0.8, within=True),
    Fault(
        "wrong-search-path",
        lambda lane: lane.good.replace(options="-c search_path=ledger"),
        seconds=0.8,
        within=True,
    ),
    Fault("missing-privilege", lambda lane: lane.good.replace(user="bank_report"), seconds=0.8, within=True),
    Fault(
        "staging-database", lambda lane: lane.good.replace(dbname="bank_staging"), seconds=0.8, within=True
    ),
    Fault(
        "code-bug",
        lambda lane: lane.good,
        settings={"FEATURE_SPENDING_CHART": "preview"},
        seconds=0.8,
        within=True,
    ),
    Fault(
        "short-statement-timeout",
        lambda lane: lane.good.replace(options="-c statement_timeout=30"),
        during=lambda lane: _locked(lane, 1.0),
        seconds=0.8,
        within=True,
    ),
    Fault(
        "pool-too-small",
        lambda lane: lane.good,
        during=lambda lane: _locked(lane, 2.8),
        settings={"POOL_MAX_SIZE": 1},
        within=True,
    ),
    Fault("read-replica", lambda lane: lane.good.replace(port=_standby(lane)), seconds=0.8, within=True),
    Fault(
        "read-write-from-standby",
        lambda lane: lane.good.replace(port=_standby(lane), target_session_attrs="read-write"),
    ),
    Fault(RESTART, lambda lane: lane.good, during=_stopped, within=True),
)
LANES = (UNHEARD[:6], UNHEARD[6:], AT_THE_DOOR[:7], AT_THE_DOOR[7:], WITHIN)
