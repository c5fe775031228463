"""A running server: how to reach it, and how it is kept from outliving its owner."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from labkit.bank.postgres import cluster, configuration
from labkit.bank.postgres.account import Account
from labkit.bank.postgres.cluster import SUPERUSER, Place
from labkit.bank.postgres.command import CannotStartError, apart, run, surroundings
from labkit.bank.postgres.port import free_port
from labkit.bank.postgres.programs import Programs, find_programs
from labkit.core.dsn import Dsn, Value
from labkit.core.secret import Secret

HOST = "127.0.0.1"
_PATIENCE_S = 60
_TRIES = 3
_QUOTED = 2000


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL in a folder of its own.

    Attributes
    ----------
    place : Place
        Its folder, and the account it runs as.
    programs : Programs
        What it is run with.
    port : int
        Where it listens on 127.0.0.1; the same for as long as this value lives.
    password : Secret
        The superuser's.
    more : str
        Further lines of its configuration.
    """

    place: Place
    programs: Programs
    port: int
    password: Secret = field(repr=False)
    more: str = field(default="", repr=False)

    @classmethod
    def of(cls, folder: Path, port: int, programs: Path, version: str) -> Server:
        """Give a handle on a server that another process runs in a folder.

        Raises
        ------
        LabError
            Where its password cannot be read.
        """
        place = Place(folder, Account.for_server())
        return cls(place, Programs(programs, version), port, cluster.read_password(place))

    @property
    def folder(self) -> Path:
        """Where everything of it lies."""
        return self.place.folder

    @property
    def log_file(self) -> Path:
        """Its log as jsonlog; complete once the server is down."""
        return self.place.log / "postgresql.json"

    @property
    def pid(self) -> int | None:
        """The number of its first process; ``None`` while it is down."""
        return cluster.pid_in(self.place.trace)

    def dsn(self, **parts: Value) -> Dsn:
        """Give a connection string: the superuser's, unless parts say otherwise.

        Examples
        --------
        >>> place = Place(Path("bank"), Account())
        >>> server = Server(place, Programs(Path("bin"), "18.1"), 5432, Secret("pw"))
        >>> server.dsn(user="bank_app", dbname="bank")
        Dsn('postgresql://bank_app:***@127.0.0.1:5432/bank')
        """
        usual: dict[str, Value] = {"host": HOST, "port": self.port, "user": SUPERUSER}
        usual |= {"password": self.password, "dbname": "postgres"}
        return Dsn().replace(**(usual | parts))

    @property
    def has_crashed(self) -> bool:
        """Whether it went down without being stopped."""
        return self.place.trace.exists() and not cluster.is_running(self.place)

    @property
    def superuser(self) -> Dsn:
        """Connection string of the superuser at the database ``postgres``."""
        return self.dsn()

    def start(self) -> None:
        """Start it, on the same port, and wait until it takes connections.

        Raises
        ------
        CannotStartError
            With what the server said.
        """
        cluster.clear(self.place)
        self._configure()
        said = self.place.log / "start.log"
        command = [str(self.programs.path("pg_ctl")), "start", f"--pgdata={self.place.data}", f"--log={said}"]
        # Relative to the folder it runs in: what -o says goes through a shell.
        command += ["-o", "-c config_file=postgresql.conf", "--wait", f"--timeout={_PATIENCE_S}"]
        until = time.monotonic() + _PATIENCE_S
        while True:
            before = self._logged()
            try:
                run(command, self.place.account, self.folder)
            except CannotStartError as error:
                pairs = zip(before, self._logged(), strict=True)
                text = " ".join(now[len(then) :] for then, now in pairs).strip()
                # The processes of a server that was killed take a moment to notice.
                if "still in use" not in text or time.monotonic() > until:
                    raise CannotStartError(f"{error.problem} {text[-_QUOTED:]}".strip()) from error
                time.sleep(0.2)
            else:
                return

    def _logged(self) -> list[str]:
        """Read what it said before it had a log, and then in its log."""
        files = [self.place.log / name for name in ("start.log", "postgresql.log")]
        return [file.read_text(encoding="utf-8", errors="replace") if file.exists() else "" for file in files]

    def stop(self, mode: str = "fast") -> None:
        """Stop it and wait: ``fast`` ends all sessions, ``smart`` lets them end, ``immediate`` is a crash."""
        if cluster.is_running(self.place):
            cluster.stop(self.place, self.programs, mode)

    def _configure(self) -> None:
        text = configuration.written(self.programs, self.port, self.place.log, self.more)
        path = self.folder / "postgresql.conf"
        path.write_text(text, encoding="utf-8", newline="\n")
        path.chmod(0o644 if self.place.account.dropped else 0o600)


@contextmanager
def running_server(
    folder: Path,
    *,
    programs: Path | None = None,
    settings: str = "",
    files: Mapping[str, bytes] | None = None,
    follows: Server | None = None,
    port: int | None = None,
    durable: bool = True,
    disposable: bool = False,
) -> Iterator[Server]:
    """Run a server in a folder until the block ends, or this process does.

    Parameters
    ----------
    folder : Path
        Its own folder; made where it is missing, used again where it holds a cluster.
    programs : Path, optional
        A folder of programs (``/usr/lib/postgresql/15/bin``) in place of the embedded ones.
    settings : str
        Further lines of ``postgresql.conf``.
    files : mapping of str to bytes, optional
        Files for the data folder, such as ``pg_hba.conf`` or a certificate.
    follows : Server, optional
        A running server to follow as a standby.
    port : int, optional
        Port to take where it is free; without it that of the last time; otherwise any free one.
    durable : bool
        Whether what is committed outlasts a failure of the machine; without that it is faster.
    disposable : bool
        Remove the folder at the end; nothing of it is durable.

    Raises
    ------
    CannotStartError
        With what initdb or the server said, or because a server runs in that folder already.
    """
    account = Account.for_server()
    durable = durable and not disposable
    place = Place(folder.resolve(), account)
    place.prepare()
    found = find_programs(programs, account, place.folder)
    try:
        with _held(place, found, disposable=disposable):
            password = _cluster(place, found, follows, durable=durable)
            _add(files or {}, place)
            more = ("" if durable else configuration.NOT_DURABLE) + settings
            wished = port or configuration.port_in(place.folder / "postgresql.conf") or free_port()
            yield _started(Server(place, found, wished, password, more))
    finally:
        if disposable:
            shutil.rmtree(place.folder, ignore_errors=True)


def _cluster(place: Place, programs: Programs, follows: Server | None, *, durable: bool) -> Secret:
    if (place.data / "PG_VERSION").exists():
        return cluster.reopen(place, programs)
    if follows is not None:
        return cluster.follow(place, programs, follows.superuser)
    return cluster.make(place, programs, durable=durable)


def _add(files: Mapping[str, bytes], place: Place) -> None:
    for name, content in files.items():
        path = place.data / name
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
        place.account.own(path)


def _started(server: Server) -> Server:
    """Start it; a port that was free a moment ago may be taken."""
    for _ in range(_TRIES):
        try:
            server.start()
        except CannotStartError as error:
            problem = error
            server = replace(server, port=free_port())
        else:
            return server
    raise problem


@contextmanager
def _held(place: Place, programs: Programs, *, disposable: bool) -> Iterator[None]:
    """Have another process hold the folder, and stop the server: at the end of the block, or of this process.

    Raises
    ------
    CannotStartError
        When a server of another process runs there.
    """
    until = time.monotonic() + _PATIENCE_S
    while (watcher := _watcher(place, programs, disposable=disposable)) is None:
        if time.monotonic() > until:
            raise CannotStartError(f"the server in {place.folder} does not stop", next_step="Try again.")
        time.sleep(0.2)
    try:
        yield
    finally:
        with contextlib.suppress(BrokenPipeError):
            watcher.communicate("keep", timeout=_PATIENCE_S)
        if cluster.is_running(place):  # somebody ended the watcher first
            cluster.stop(place, programs, "fast")


def _watcher(place: Place, programs: Programs, *, disposable: bool) -> subprocess.Popen[str] | None:
    """Start the other process; ``None`` while one is still ending what a dead owner left."""
    import psutil

    script = Path(__file__).with_name("stop_with_parent.py")
    command = [sys.executable, "-I", os.fspath(script), os.fspath(programs.path("pg_ctl"))]
    command += [os.fspath(place.folder), str(os.getpid())]
    if place.account.dropped:
        command += ["--account", str(place.account.user), str(place.account.group)]
    command += ["--disposable"] * disposable
    watcher = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=surroundings(),
        **apart(),
    )
    assert watcher.stdout is not None
    answer, _, owner = watcher.stdout.readline().strip().partition(" ")
    if answer == "holding":
        return watcher
    watcher.communicate()
    if answer == "taken" and psutil.pid_exists(int(owner or 0)) and int(owner or 0):
        raise CannotStartError(
            f"a server runs in {place.folder} already, started by process {owner}",
            next_step="Stop it first, or name another folder with --folder.",
        )
    return None
