"""One web process of the bank: started, watched, and stopped together with the process that started it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from labkit.bank.postgres.command import apart
from labkit.bank.running.state import HostState
from labkit.core.dsn_surroundings import variables
from labkit.core.errors import LabError

_LISTENS = re.compile(r"listening on (http://\S+)")
_BEGIN_S = 60
_END_S = 15


@dataclass(slots=True)
class WebProcess:
    """A process that serves as one host; it ends when its standard input closes, so never after us."""

    bank: Path
    name: str
    port: int
    process: subprocess.Popen[bytes]
    url: str = ""

    @classmethod
    def begin(cls, bank: Path, name: str, port: int) -> WebProcess:
        """Start a process; ``settle`` waits until it listens."""
        said = bank / "output" / f"{name}.txt"
        said.parent.mkdir(mode=0o700, exist_ok=True)
        command = [sys.executable, "-P", "-m", "labkit.bank.web", os.fspath(bank)]
        command += ["--host-name", name, "--port", str(port)]
        with said.open("wb") as out:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=_environment(),
                **apart(),
            )
        return cls(bank, name, port, process)

    @property
    def _said(self) -> str:
        file = self.bank / "output" / f"{self.name}.txt"
        return file.read_text(encoding="utf-8", errors="replace")

    def settle(self) -> WebProcess:
        """Wait until it listens, and note its address.

        Raises
        ------
        LabError
            With what it said, where it ends instead.
        """
        until = time.monotonic() + _BEGIN_S
        while not (found := _LISTENS.search(self._said)):
            if self.process.poll() is not None or time.monotonic() > until:
                said = self._said.strip()[-2000:]
                self.end()
                raise LabError(f"the bank's web process {self.name} did not start: {said}")
            time.sleep(0.02)
        self.url = found[1]
        self.port = int(self.url.rpartition(":")[2])
        return self

    @property
    def state(self) -> HostState:
        """What others need to know of it."""
        return HostState(self.name, self.process.pid, self.url)

    @property
    def runs(self) -> bool:
        """Whether it is still there."""
        return self.process.poll() is None

    def tell_to_end(self) -> None:
        """Close its standard input: it answers what it has begun, and ends."""
        with contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()

    def end(self) -> None:
        """Stop it, by force if it takes too long."""
        self.tell_to_end()
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _environment() -> dict[str, str]:
    """Give our variables, but none that steers a connection, and the place this package is in."""
    kept = {key: value for key, value in os.environ.items() if key.upper() not in variables()}
    roots = [str(Path(__file__).resolve().parents[3]), os.environ.get("PYTHONPATH", "")]
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, roots)), "PYTHONUTF8": "1"}
