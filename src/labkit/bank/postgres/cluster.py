"""The data folder of a server: made new, copied from a server to follow, or found as a crash left it."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.bank.postgres.account import Account
from labkit.bank.postgres.command import CannotStartError, run
from labkit.bank.postgres.programs import Programs
from labkit.core.secret import Secret

if TYPE_CHECKING:
    from labkit.core.dsn import Dsn

SUPERUSER = "postgres"
_WAIT_S = 30
_DYING_S = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A server's folder: ``data`` and ``log`` belong to its account, all else to us."""

    folder: Path
    account: Account

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The folder of the logs."""
        return self.folder / "log"

    @property
    def password_file(self) -> Path:
        """Where the superuser's password is kept."""
        return self.folder / "password"

    @property
    def trace(self) -> Path:
        """The file in which a running server notes its process."""
        return self.data / "postmaster.pid"

    def prepare(self) -> None:
        """Make the folder, as closed as it can be.

        Raises
        ------
        CannotStartError
            Where the account cannot reach it: the way there is not ours to open.
        """
        closed = 0o711 if self.account.dropped else 0o700
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(closed)
        self.log.mkdir(mode=0o700, exist_ok=True)
        self.account.own(self.log)
        if self.account.dropped and not self._is_reached():
            raise CannotStartError(
                f"PostgreSQL does not run as root, and the account it runs as instead cannot reach "
                f"{self.folder}: a folder on the way there is closed to others",
                next_step="Name a folder below one that everybody may pass through (--folder "
                "/var/lib/outage-lab/bank), or run this as an ordinary user.",
            )

    def _is_reached(self) -> bool:
        try:
            run(["/bin/sh", "-c", 'cd "$1"', "sh", self.log], self.account, Path("/"))
        except CannotStartError:
            return False
        return True


def make(place: Place, programs: Programs, *, durable: bool) -> Secret:
    """Make a new cluster and keep its password; one that was interrupted while being made is made anew.

    Raises
    ------
    CannotStartError
        With what initdb said.
    """
    password = Secret(secrets.token_urlsafe(18))
    begun = _begin(place)
    given = begun.with_name("password.begun")
    _write_private(given, password)
    place.account.own(given)
    command = [str(programs.path("initdb")), f"--pgdata={begun}", f"--username={SUPERUSER}"]
    command += [f"--pwfile={given}"]
    command += ["--auth=scram-sha-256", "--locale=C", "--encoding=UTF8", *([] if durable else ["--no-sync"])]
    try:
        run(command, place.account, place.folder)
    finally:
        given.unlink()
    _write_private(place.password_file, password)
    begun.rename(place.data)
    return password


def follow(place: Place, programs: Programs, primary: Dsn) -> Secret:
    """Copy a running server, set up to follow it as a standby.

    Raises
    ------
    CannotStartError
        With what pg_basebackup said.
    """
    password = primary.password or Secret("")
    begun = _begin(place)
    command = [str(programs.path("pg_basebackup")), f"--pgdata={begun}", "--write-recovery-conf", "--no-sync"]
    command += ["--checkpoint=fast", "--no-password", f"--username={primary.user}"]
    command += [f"--host={primary.host}", f"--port={primary.port}"]
    run(command, place.account, place.folder, {"PGPASSWORD": password.reveal()})
    _write_private(place.password_file, password)
    begun.rename(place.data)
    return password


def _begin(place: Place) -> Path:
    begun = place.folder / "data.begun"
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(mode=0o700)
    place.account.own(begun)
    return begun


def _write_private(path: Path, secret: Secret) -> None:
    """Write a secret into a file that is nobody else's from the first moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret.reveal())


def reopen(place: Place, programs: Programs) -> Secret:
    """Make a cluster of an earlier run fit to start, and give its password.

    Raises
    ------
    CannotStartError
        Where another PostgreSQL made it, or its password is gone.
    """
    made_by = (place.data / "PG_VERSION").read_text(encoding="utf-8").strip()
    if made_by != programs.major:
        raise CannotStartError(
            f"{place.data} was made by PostgreSQL {made_by}, and this is {programs.version}",
            next_step="Move the folder away to begin with an empty one.",
        )
    password = read_password(place)
    if is_running(place):  # it outlived its owner
        stop(place, programs, "fast")
    clear(place)
    return password


def read_password(place: Place) -> Secret:
    """Read the superuser's password.

    Raises
    ------
    CannotStartError
        When it is gone.
    """
    try:
        return Secret(place.password_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotStartError(
            f"the password of the server in {place.folder} cannot be read ({error.strerror})",
            next_step="Move the folder away to begin with an empty one.",
        ) from error


def is_running(place: Place) -> bool:
    """Tell whether the server of a folder runs.

    The number of a dead server's process may be another process by now, so one counts only where it works in
    this data folder, however that is spelled: through a link, or in other letters on a disk without case.
    """
    import psutil

    found = pid_in(place.trace)
    if found is None:
        return False
    try:
        works_in = psutil.Process(found).cwd()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    try:
        return Path(works_in).samefile(place.data)
    except OSError:  # one of them is gone, or not ours to look at
        return Path(works_in) == place.data


def clear(place: Place) -> None:
    """Take away the trace of a server that is dead; wait a moment for one that is dying.

    Raises
    ------
    CannotStartError
        When it goes on running.
    """
    until = time.monotonic() + _DYING_S
    while is_running(place):
        if time.monotonic() > until:
            raise CannotStartError(f"the server in {place.folder} runs already", next_step="Stop it first.")
        time.sleep(0.05)
    place.trace.unlink(missing_ok=True)


def pid_in(trace: Path) -> int | None:
    """Read the number of the server's process from its ``postmaster.pid``."""
    try:
        return int(trace.read_text(encoding="utf-8").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def stop(place: Place, programs: Programs, mode: str) -> None:
    """Stop the server of a folder and wait until it is down.

    Raises
    ------
    CannotStartError
        With what pg_ctl said; where none runs, too.
    """
    command = [str(programs.path("pg_ctl")), "stop", f"--pgdata={place.data}", f"--mode={mode}"]
    run([*command, "--wait", f"--timeout={_WAIT_S}"], place.account, place.folder)
