"""What other processes need to know of a running bank: ``bank.json``, written by the one that runs it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from labkit.core.writing import write_private

FILE = "bank.json"
_STOP = "stop"


@dataclass(frozen=True, slots=True)
class HostState:
    """One web process."""

    name: str
    pid: int
    url: str


@dataclass(frozen=True, slots=True)
class State:
    """A running bank: who runs it, its web processes, its server.

    Attributes
    ----------
    pid, created
        Number and beginning of the process that runs it; both together are of no other process.
    hosts : tuple of HostState
        The web processes.
    port : int or None
        Where the bank's own server listens; ``None`` where the bank uses another.
    programs, version
        What that server is run with.
    service
        Whether that process closes the bank when it is asked to.
    """

    pid: int
    created: float
    hosts: tuple[HostState, ...] = ()
    port: int | None = None
    programs: str = ""
    version: str = ""
    service: bool = False

    @classmethod
    def of_this_process(cls) -> State:
        """Begin the state of a bank that this process runs."""
        import psutil

        return cls(os.getpid(), psutil.Process().create_time())

    @classmethod
    def read(cls, folder: Path) -> State | None:
        """Read the state of the bank in a folder; ``None`` where none runs."""
        try:
            found = json.loads((folder / FILE).read_text(encoding="utf-8"))
            state = cls(**found | {"hosts": tuple(HostState(**host) for host in found["hosts"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return state if state.is_alive else None

    @property
    def is_alive(self) -> bool:
        """Whether the process that runs the bank is still there."""
        import psutil

        try:
            process = psutil.Process(self.pid)
            same = abs(float(process.create_time()) - self.created) < 1
            return same and bool(process.status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False

    def write(self, folder: Path) -> None:
        """Put it into the folder."""
        write_private(folder / FILE, json.dumps(asdict(self), indent=2) + "\n")


def forget(folder: Path) -> None:
    """Take the state out of the folder, and what was asked of the bank."""
    (folder / FILE).unlink(missing_ok=True)
    (folder / _STOP).unlink(missing_ok=True)


def ask_to_stop(folder: Path) -> None:
    """Ask the process that runs the bank to stop it; a file works on every system."""
    (folder / _STOP).touch()


def is_asked_to_stop(folder: Path) -> bool:
    """Tell whether somebody asked."""
    return (folder / _STOP).exists()
