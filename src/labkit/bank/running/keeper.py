"""The keeper of a running bank: as many web processes as the release says, and what died begins anew."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from labkit.bank.postgres import Server
from labkit.bank.releases import Releases
from labkit.bank.running.state import State
from labkit.bank.running.web_process import WebProcess
from labkit.core.errors import LabError

_EVERY_S = 0.2
_MOST = 32
_REVIVALS = 20


@dataclass(slots=True)
class Keeper:
    """Keep the bank as its release wants it, from a thread of its own.

    Attributes
    ----------
    folder : Path
        The bank's folder.
    state : State
        What is written down of it.
    first_port : int
        Port of the first web process; 0 for any.
    server : Server or None
        The bank's own server, where it is to be started again after a crash.
    tell : callable
        Is told what a person would want to know.
    """

    folder: Path
    state: State
    first_port: int = 0
    server: Server | None = None
    tell: Callable[[str], None] = lambda _: None
    processes: list[WebProcess] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _revived: int = 0

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Start what is wanted, keep it so during the block, and stop all of it."""
        thread = threading.Thread(target=self._keep, name="bank-keeper", daemon=True)
        try:
            self._match()
            thread.start()
            yield
        finally:
            self._over.set()
            if thread.is_alive():
                thread.join()
            for process in self.processes:
                process.tell_to_end()
            for process in self.processes:
                process.end()

    def _keep(self) -> None:
        while not self._over.wait(_EVERY_S):
            try:
                self._match()
                self._revive()
            except (LabError, OSError) as error:
                self.tell(str(error))

    def _match(self) -> None:
        """Bring the number of web processes to what the release in force says."""
        wanted = self._wanted()
        before = [process.state for process in self.processes]
        for place, process in enumerate(self.processes):
            if not process.runs and place < wanted and self._revived < _REVIVALS:
                self._revived += 1
                self.tell(
                    f"{process.name} has ended (exit code {process.process.returncode}); it begins anew"
                )
                process.end()
                self.processes[place] = WebProcess.begin(self.folder, process.name, process.port).settle()
        new = [
            WebProcess.begin(self.folder, f"bank-web-{number}", self.first_port if number == 1 else 0)
            for number in range(len(self.processes) + 1, wanted + 1)
        ]
        self.processes += new
        for process in new:
            process.settle()
        surplus = self.processes[wanted:]
        del self.processes[wanted:]
        for process in surplus:
            process.end()
        if before != (now := [process.state for process in self.processes]):
            self.state = replace(self.state, hosts=tuple(now))
            self.state.write(self.folder)

    def _wanted(self) -> int:
        """Read how many there should be; while the settings cannot be read, as many as there are."""
        try:
            number = int(Releases(self.folder).current.settings.get("WEB_WORKERS", 1))
        except (LabError, ValueError):
            return len(self.processes)
        return max(1, min(number, _MOST))

    def _revive(self) -> None:
        """Start the server again where it has crashed; one that was stopped stays down."""
        if self.server is None or not self.server.has_crashed or self._revived >= _REVIVALS:
            return
        self._revived += 1
        self.tell("PostgreSQL has crashed; it begins anew")
        with contextlib.suppress(LabError):
            self.server.start()
