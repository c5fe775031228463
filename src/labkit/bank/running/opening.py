"""Opening a bank and closing it again: database, books, releases, web processes, in this order and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from labkit.bank.books.journal import pin_books
from labkit.bank.postgres import Server, running_server
from labkit.bank.releases import FIRST, Release, Releases, first_settings
from labkit.bank.releases.release import DATABASE_URL, Setting
from labkit.bank.releases.routine_update import as_url
from labkit.bank.running.bank import Bank
from labkit.bank.running.database import (
    DATABASE,
    keep_dsn,
    kept_dsn,
    make_database,
    make_roles,
    use_database,
)
from labkit.bank.running.keeper import Keeper
from labkit.bank.running.place import make_folder, need_packages
from labkit.bank.running.state import State, forget
from labkit.core import conninfo
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError

ACCOUNTS, SEED = 2000, 1


@contextmanager
def open_bank(
    folder: Path,
    *,
    hosts: int = 1,
    dsn: Dsn | str | None = None,
    settings: Mapping[str, Setting] | None = None,
    metrics_every_s: float | None = None,
    accounts: int = ACCOUNTS,
    environment: str = "production",
    port: int = 0,
    service: bool = False,
    durable: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Bank]:
    """Run the bank in a folder until the block ends.

    What the folder holds from before is used again: books, releases, passwords.

    Parameters
    ----------
    folder : Path
        The bank's own folder; nothing is written outside of it.
    hosts : int
        Web processes.
    dsn : Dsn or str, optional
        A database of some other server, whose role may make tables in it; without it the bank has a server
        of its own.
    settings : mapping, optional
        Settings of the release in force, in place of the usual ones.
    metrics_every_s : float, optional
        Seconds from one measurement to the next.
    accounts : int
        How many demo accounts are made where there are none.
    environment : str
        ``production`` or ``staging``.
    port : int
        Port of the first web process; 0 takes any that is free.
    service : bool
        Start the bank's own server again when it crashes, and let ``stop_bank`` close the bank: the block has
        to end when ``is_asked_to_stop`` says so.
    durable : bool
        Whether what is committed outlasts a failure of the machine; without that its own server is faster.
    tell : callable
        Is told what happens, a line at a time.

    Raises
    ------
    CannotStartError
        Where PostgreSQL cannot be started.
    LabError
        Where a bank runs in that folder already, or the database cannot be used.
    """
    need_packages()
    if hosts < 1:
        raise LabError("a bank has at least one web process", found=hosts)
    folder = make_folder(folder)
    _is_free(folder)
    known = kept_dsn(folder)
    with ExitStack() as stack:
        stack.callback(forget, folder)
        if dsn is None:
            tell("starting PostgreSQL")
            server = stack.enter_context(running_server(folder / "postgres", durable=durable))
            right = make_roles(server, known)
            tell("making the bank's books")
            make_database(server, DATABASE, environment, accounts, SEED)
        else:
            server, right = None, dsn if isinstance(dsn, Dsn) else Dsn.parse(dsn)
            tell(f"making the bank's books in {right}")
            use_database(right, environment, accounts, SEED)
        if not pin_books(folder, right):
            tell("orders on paper wait for the books they were taken for: see `labkit bank ledger`")
        given = dict(settings or {}) | {"WEB_WORKERS": hosts}
        if metrics_every_s is not None:
            given["METRICS_EVERY_SECONDS"] = metrics_every_s
        _releases(Releases(folder, environment), known, right, given)
        keep_dsn(folder, right)
        state = replace(_state(server), service=service)
        keeper = Keeper(folder, state, port, server if service else None, tell)
        tell("starting the bank's web processes")
        stack.enter_context(keeper.keeping())
        yield Bank(folder, server, environment)


def _is_free(folder: Path) -> None:
    state = State.read(folder)
    if state is not None:
        raise LabError(
            f"a bank runs in this folder already, started by process {state.pid}",
            found=str(folder),
            next_step="Stop it with `labkit bank stop`, or name another folder with --folder.",
        )
    forget(folder)


def _releases(releases: Releases, known: Dsn | None, right: Dsn, given: Mapping[str, Setting]) -> None:
    """Have a release in force; where the database has moved since, the strings that led to it follow."""
    if not releases.versions:
        releases.install(Release(FIRST, first_settings(right)).changed(given))
        return
    for version in releases.versions:
        release = releases.release(version)
        if known is not None and _leads_to(release, known):
            releases.keep(release.changed({DATABASE_URL: as_url(right)}))
    releases.keep(releases.current.changed(given))


def _leads_to(release: Release, dsn: Dsn) -> bool:
    text = release.settings.get(DATABASE_URL)
    return isinstance(text, str) and conninfo.read(text) is not None and Dsn.parse(text) == dsn


def _state(server: Server | None) -> State:
    state = State.of_this_process()
    if server is None:
        return state
    programs = server.programs
    return replace(state, port=server.port, programs=str(programs.folder), version=programs.version)


def attach(folder: Path | str) -> Bank:
    """Give a handle on a bank that another process runs: to deploy, roll back, scale, and collect.

    Raises
    ------
    LabError
        Where none runs there.
    """
    need_packages()
    folder = Path(folder).expanduser().resolve()
    bank = Bank(folder)
    state = State.read(folder)
    if state is None or not bank.hosts:
        raise LabError(
            "no bank runs in this folder",
            found=str(folder),
            next_step="Start it with `labkit bank start`; --folder names another folder.",
        )
    if state.port is None:
        return bank
    return replace(
        bank, server=Server.of(folder / "postgres", state.port, Path(state.programs), state.version)
    )
