"""The command ``labkit bank start`` in surroundings of its own: a test sees whatever it leaves there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

#: What would lead a connection elsewhere, if the bank listened to it.
MISLEADING = {
    "PGHOST": "db.bank.invalid",
    "PGPORT": "1",
    "PGUSER": "somebody",
    "PGDATABASE": "elsewhere",
    "PGSSLMODE": "verify-full",
    "PGOPTIONS": "-c search_path=nowhere -c default_transaction_read_only=on",
    "PGTZ": "Asia/Kolkata",
}
_OPEN = re.compile(r"The bank is open: (http://127\.0\.0\.1:\d+)/")
_PATIENCE_S = 90


@dataclass
class Surroundings:
    """A home, a working folder and a temporary folder that nothing else uses, and the bank's own folder."""

    root: Path
    environ: dict[str, str] = field(repr=False)

    @property
    def bank(self) -> Path:
        """The bank's folder."""
        return self.root / "bank"

    def left_outside(self) -> list[str]:
        """List every file and folder beside the bank's."""
        rest = (self.root / name for name in ("home", "work", "tmp"))
        return sorted(path.relative_to(self.root).as_posix() for place in rest for path in place.rglob("*"))

    def labkit(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of labkit here."""
        return subprocess.run(
            [sys.executable, "-m", "labkit.cli.main", *words],
            cwd=self.root / "work",
            env=self.environ,
            capture_output=True,
            encoding="utf-8",
            timeout=_PATIENCE_S,
            check=False,
        )

    def on_bank(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``labkit bank`` on this bank."""
        return self.labkit("bank", *words, "--folder", str(self.bank))

    def processes(self) -> list[psutil.Process]:
        """List the processes that have anything to do with this bank."""
        return [process for process in psutil.process_iter() if self._is_own(process)]

    def _is_own(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            words = " ".join([*process.cmdline(), process.cwd()])
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False
        return str(self.root) in words


@contextmanager
def surroundings(**variables: str) -> Iterator[Surroundings]:
    """Make them; they are gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="labkit-bank-")).resolve()
    root.chmod(0o711)  # PostgreSQL, which gives up root, comes through here
    for name in ("home", "work", "tmp"):
        (root / name).mkdir()
    own = {"HOME": str(root / "home"), "TMPDIR": str(root / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "BANK_", "PG"))}
    try:
        yield Surroundings(root, kept | own | MISLEADING | variables)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@dataclass
class RunningCommand:
    """The command while it runs."""

    around: Surroundings
    process: subprocess.Popen[str]
    url: str

    def ended(self) -> str:
        """Wait for its end and give what it said last."""
        said, _ = self.process.communicate(timeout=_PATIENCE_S)
        return said


@contextmanager
def hearing_interrupts() -> Iterator[None]:
    """Let a process that is started in the block hear a Ctrl-C, also where tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def bank_started(around: Surroundings, *words: str, **variables: str) -> Iterator[RunningCommand]:
    """Start the bank and wait until its page is there; it is stopped when the block ends."""
    command = [sys.executable, "-m", "labkit.cli.main", "bank", "start", "--folder", str(around.bank), *words]
    with hearing_interrupts():
        process = subprocess.Popen(
            command,
            cwd=around.root / "work",
            env=around.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
    try:
        yield RunningCommand(around, process, _address(process))
    finally:
        process.terminate()
        process.communicate(timeout=_PATIENCE_S)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := _OPEN.search(line):
            return found[1]
    raise AssertionError(f"the bank ended without opening: {said}")


def all_gone(around: Surroundings, patience_s: float = 30) -> bool:
    """Wait until no process has anything to do with the bank any more."""
    until = time.monotonic() + patience_s
    while around.processes():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
