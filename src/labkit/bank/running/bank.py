"""A handle on a running bank: where it is, what is in force, and how that is changed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.bank.postgres import Server
from labkit.bank.releases import Releases
from labkit.bank.releases.directory import Changes
from labkit.bank.releases.release import DATABASE_URL, Setting
from labkit.bank.running.database import kept_dsn, make_database
from labkit.bank.running.evidence import collect
from labkit.bank.running.recent import Second, recent
from labkit.bank.running.state import HostState, State
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError
from labkit.core.secret import Secret

#: Hosts look ten times a second whether another release is in force.
_TAKEN_S = 0.4
_SCALED_S = 60


@dataclass(frozen=True, slots=True)
class Bank:
    """The bank in a folder, as long as it runs.

    Attributes
    ----------
    folder : Path
        Where all of it lies.
    server : Server or None
        Its own PostgreSQL; ``None`` where it uses another.
    environment : str
        What its database and the record of deployments say.
    """

    folder: Path
    server: Server | None = None
    environment: str = "production"

    @property
    def releases(self) -> Releases:
        """Its releases."""
        return Releases(self.folder, self.environment)

    @property
    def hosts(self) -> tuple[HostState, ...]:
        """Its web processes.

        Raises
        ------
        LabError
            Where it runs no more.
        """
        state = State.read(self.folder)
        if state is None:
            raise _closed(self.folder)
        return state.hosts

    @property
    def urls(self) -> tuple[str, ...]:
        """The address of each web process."""
        return tuple(host.url for host in self.hosts)

    @property
    def url(self) -> str:
        """The address of the page."""
        return self.urls[0]

    @property
    def dsn(self) -> Dsn:
        """The connection string that is right, whatever is in force."""
        found = kept_dsn(self.folder)
        if found is None:
            raise _closed(self.folder)
        return found

    @property
    def version(self) -> str:
        """The version in force."""
        return self.releases.current.version

    @property
    def settings(self) -> Mapping[str, Setting | Secret]:
        """The settings in force; the connection string is a secret, and shows itself only when asked to."""
        found = self.releases.current.settings
        return {key: Secret(str(value)) if key == DATABASE_URL else value for key, value in found.items()}

    def deploy(
        self,
        version: str,
        settings_changes: Changes | None = None,
        *,
        name: str = "Routine update of the bank",
        actor: str = "release pipeline",
    ) -> None:
        """Put a version in force, and wait until the web processes have it.

        A version that is there already comes with its own settings, a new one with those in force; changes
        come on top, and ``None`` takes a setting out.

        Raises
        ------
        LabError
            For settings that the bank does not know or cannot take.
        """
        with self.releases.deployed(version, settings_changes or {}, name=name, actor=actor):
            time.sleep(_TAKEN_S)

    def configure(self, changes: Changes, *, name: str = "Other settings", actor: str = "operator") -> None:
        """Change settings of the version in force."""
        self.deploy(self.version, changes, name=name, actor=actor)

    def rollback(
        self, *, name: str = "Back to the version before", actor: str = "incident commander"
    ) -> None:
        """Go back to the version before, with its settings.

        Raises
        ------
        LabError
            Where there was none.
        """
        with self.releases.rolled_back(name=name, actor=actor):
            time.sleep(_TAKEN_S)

    def scale(
        self,
        *,
        workers: int,
        connections: int | None = None,
        name: str = "More workers, CPU and memory for the bank",
        actor: str = "on-call engineer",
    ) -> None:
        """Have so many web processes, each with a pool of so many connections; wait until they listen.

        Raises
        ------
        LabError
            Where they do not come.
        """
        changes: dict[str, Setting | Secret | None] = {"WEB_WORKERS": workers}
        if connections is not None:
            changes["POOL_MAX_SIZE"] = connections
        if workers > len(self.hosts):
            changes |= {"CPU_LIMIT": "500m", "MEMORY_LIMIT": "1Gi"}
        with self.releases.deployed(self.version, changes, name=name, actor=actor):
            until = time.monotonic() + _SCALED_S
            while len(self.hosts) != workers:
                if time.monotonic() > until:
                    raise LabError("the bank does not come to so many web processes", found=workers)
                time.sleep(0.05)
            time.sleep(_TAKEN_S)

    def make_database(
        self, name: str, environment: str = "staging", accounts: int = 40, seed: int = 2
    ) -> Dsn:
        """Make another database with books of its own on the bank's server: where a wrong string may lead.

        Returns
        -------
        Dsn
            The bank's own role, with its password, at that database.

        Raises
        ------
        LabError
            Where the bank has no server of its own.
        """
        if self.server is None:
            raise LabError("the bank has no server of its own", next_step="Start it without --dsn.")
        make_database(self.server, name, environment, accounts, seed)
        return self.dsn.replace(dbname=name)

    def recent(self, seconds: float) -> tuple[Second, ...]:
        """Count what the hosts answered in the last seconds, by the second in which a request began.

        A request is known about a second after its answer, when its host has written it down.
        """
        return recent(self.folder, seconds)

    def collect(self, out: Path) -> tuple[Path, ...]:
        """Copy the evidence into a folder: the hosts' files in one, the deployments, the server's log.

        Returns
        -------
        tuple of Path
            The files. Where the bank uses a server of somebody else, its log is not among them.
        """
        log = None if self.server is None else self.server.log_file
        return collect(self.folder, out, log, running=State.read(self.folder) is not None)


def _closed(folder: Path) -> LabError:
    return LabError(
        "no bank runs in this folder",
        found=str(folder),
        next_step="Start it with `labkit bank start`; --folder names another folder.",
    )
