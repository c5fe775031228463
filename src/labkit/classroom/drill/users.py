"""The users' process as the drill sees it: started, told of new hosts, listened to, and ended."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from labkit.classroom.drill.calls import as_json
from labkit.classroom.drill.plan import TrafficPlan
from labkit.core.errors import LabError
from labkit.core.secret import MASK

_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many requests went out, came back, and failed; and how late they went out, once known."""

    sent: int = 0
    answered: int = 0
    failed: int = 0
    late_ms: Mapping[str, float] = field(default_factory=dict)


class Users:
    """Play a plan of traffic in a process of its own until the end of the block."""

    def __init__(
        self,
        plan: TrafficPlan,
        *,
        urls: Sequence[str],
        accounts: Mapping[int, int],
        password: str,
        cookies: Mapping[str, str],
        seed: int,
        began: float,
        record: Path,
    ) -> None:
        self.counts = Counts()
        self.record = record
        self._told: dict[str, Any] = {
            "requests": [as_json(request) for request in plan.requests],
            "urls": list(urls),
            "accounts": dict(accounts),
            "password": password,
            "cookies": dict(cookies),
            "seed": seed,
            "began": began,
            "record": str(record),
        }
        self._said: IO[str] | None = None
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Users:
        # A file: a pipe that nobody reads until the end would hold the process up once it is full.
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "labkit.classroom.drill.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            encoding="utf-8",
        )
        self._reader = threading.Thread(target=self._read, name="drill-users", daemon=True)
        self._reader.start()
        self._tell(self._told)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if (process := self._process) is None:
            return
        if process.poll() is None and kind is not None:
            process.kill()
        if process.stdin is not None:
            _close(process.stdin)
        process.wait(timeout=_PATIENCE_S)
        if self._reader is not None:
            self._reader.join(timeout=_PATIENCE_S)
        if process.stdout is not None:
            process.stdout.close()
        if self._said is not None:
            self._said.close()

    def go_to(self, urls: Sequence[str]) -> None:
        """Tell which hosts there are from now on."""
        self._tell({"urls": list(urls)})

    def check(self) -> None:
        """Raise when the process has ended before its work was done."""
        if self._process is not None and self._process.poll() not in (None, 0):
            raise LabError(
                "the process that plays the users has ended",
                found=self._last_words() or self._process.returncode,
                next_step="Run the drill again.",
            )

    def finish(self) -> Counts:
        """Wait for the last answers; gives the counts with the delays."""
        if self._process is not None:
            try:
                self._process.wait(timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired as error:
                raise LabError("the last requests were never answered") from error
            self.check()
        if self._reader is not None:
            self._reader.join(timeout=_PATIENCE_S)
        return self.counts

    def _last_words(self) -> str:
        """Give the last line of what the process said, without what only it and its bank may know."""
        if self._said is None:
            return ""
        self._said.seek(0)
        last = next(iter(deque((line for line in self._said if line.strip()), maxlen=1)), "").strip()
        for secret in (self._told["password"], *self._told["cookies"].values()):
            last = last.replace(secret, MASK) if secret else last
        return last

    def _tell(self, value: Mapping[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(json.dumps(value) + "\n")
            self._process.stdin.flush()
        except OSError:
            self.check()

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            self.counts = Counts(told["sent"], told["answered"], told["failed"], told.get("late_ms", {}))


def _close(stream: Any) -> None:
    try:
        stream.close()
    except OSError:  # its reader has gone
        return
