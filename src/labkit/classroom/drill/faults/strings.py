"""Faults that are made by the text of the connection string alone."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from labkit.classroom.drill.faults.stage import Change, DrillFault, Stage
from labkit.core.errors import LabError

#: A second address of this machine, where its system has one (Linux and Windows; macOS must be given it).
SECOND_ADDRESS = "127.0.0.2"
THIRD_ADDRESS = "127.0.0.3"


def closed_port(beside: int) -> int:
    """Find the next port above one on which nothing listens."""
    for port in range(beside + 1, min(beside + 200, 65_536)):
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise LabError("no free port was found", found=beside + 1, next_step="Close what listens, and try again.")


def need_address(address: str) -> None:
    """Make sure that this system has a further loopback address.

    Raises
    ------
    LabError
        Where it has not, as on macOS.
    """
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError as error:
            raise LabError(
                "this system has one loopback address only",
                found=address,
                next_step="Drill another fault, such as wrong-port.",
            ) from error


def plain(make: Callable[[Stage], str]) -> Callable[[Stage], AbstractContextManager[Change]]:
    """Make the ground of a fault that needs nothing but its string."""

    @contextmanager
    def ground(stage: Stage) -> Iterator[Change]:
        yield Change(make(stage))

    return ground


def _place(stage: Stage) -> str:
    return f"{stage.good.host}:{stage.good.port}/{stage.good.dbname}"


def _other_host(stage: Stage) -> str:
    need_address(SECOND_ADDRESS)
    return stage.url(host=SECOND_ADDRESS)


def _scheme(stage: Stage) -> str:
    return stage.url().replace("postgresql://", "postgress://", 1)


def _torn(secret: str) -> Callable[[Stage], str]:
    return lambda stage: f"postgresql://{stage.good.user}:{secret}@{_place(stage)}"


def _unfilled_host(stage: Stage) -> str:
    return stage.url().replace(f"@{stage.good.host}:", "@${DB_HOST}:", 1)


def _plain(name: str, how: str, make: Callable[[Stage], str]) -> DrillFault:
    return DrillFault(name, how, plain(make))


STRINGS: tuple[DrillFault, ...] = (
    _plain(
        "debacle",
        "the next port above the database's, on which nothing listens",
        lambda stage: stage.url(port=closed_port(int(stage.good.port or 5432))),
    ),
    _plain("refused-host", f"{SECOND_ADDRESS}, where no database listens", _other_host),
    _plain(
        "unresolvable-host",
        "a name under .invalid, which never resolves",
        lambda stage: stage.url(host="db-primray.bank.invalid"),
    ),
    _plain("wrong-database", "a database that was never made", lambda stage: stage.url(dbname="bank_v2")),
    _plain("wrong-user", "a role that the server does not know", lambda stage: stage.url(user="bank_web")),
    _plain("wrong-password", "an old password", lambda stage: stage.url(password="ledger-demo-22")),
    _plain("missing-password", "no password", lambda stage: stage.url(password=None)),
    _plain(
        "wrong-search-path",
        "a search path past the tables",
        lambda stage: stage.url(options="-c search_path=reporting"),
    ),
    _plain(
        "bad-options",
        "a setting with a slip in its name",
        lambda stage: stage.url(options="-c statment_timeout=5000"),
    ),
    _plain("scheme-typo", "postgress://", _scheme),
    _plain("quoted-dsn", "the string in quotes", lambda stage: f'"{stage.url()}"'),
    _plain("empty-dsn", "an empty string", lambda _: ""),
    _plain("trailing-newline", "a line break at the end", lambda stage: f"{stage.url()}\n"),
    _plain("unescaped-at", "a password with @", _torn("ledger@demo-52")),
    _plain("unescaped-percent", "a password with %", _torn("ledger%key-52")),
    _plain("unescaped-slash", "a password with /", _torn("ledger/demo-52")),
    _plain("unfilled-host", "${DB_HOST} in the host's place", _unfilled_host),
    _plain(
        "unfilled-password",
        "${DB_PASSWORD} in the password's place",
        lambda stage: stage.url(password="${DB_PASSWORD}"),
    ),
    _plain("sslmode-typo", "sslmode=requird", lambda stage: stage.url(sslmode="requird")),
    _plain(
        "tls-required-of-plain-server",
        "sslmode=require of a server without TLS",
        lambda stage: stage.url(sslmode="require"),
    ),
)
