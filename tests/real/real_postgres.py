"""A real PostgreSQL of one's own for a test: made, started, and stopped and removed whatever happens."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labkit.bank.postgres import CannotStartError, Server, free_port, running_server

__all__ = ["CannotStartError", "RealPostgres", "free_port", "open_folder", "running_postgres"]

#: On a busy machine every statement is slow; a test's log is to tell what the test did.
QUIET = "log_min_duration_statement = -1\nlog_autovacuum_min_duration = -1\n"


@dataclass(frozen=True)
class RealPostgres:
    """A running server and how to log in as its superuser."""

    server: Server = field(repr=False)

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self.server.port

    @property
    def password(self) -> str:
        """The superuser's."""
        return self.server.password.reveal()

    def dsn(self, **parts: str | int) -> str:
        """Give a connection string, the superuser's unless parts say otherwise."""
        return self.server.dsn(**parts).reveal()


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
    how = {"programs": programs, "settings": QUIET + settings, "files": files, "disposable": True}
    with (
        open_folder() as folder,
        running_server(folder, **how, follows=follows and follows.server) as server,
    ):
        yield RealPostgres(server)
        server.stop()
        shutil.copyfile(server.log_file, logs_to / "postgresql.json")


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that a server's account can reach also where this is root; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="labkit-postgres-")).resolve()
    try:
        folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
