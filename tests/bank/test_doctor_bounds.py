"""Every wait of the doctor ends: for a name service, a server or a process that never answers."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from odd_servers import answering, served, silent

from labkit.bank.doctor import Report, examine

#: ``SHORT_S`` is always used up; within ``LONG_S`` a process has started even on a very busy machine.
SHORT_S, LONG_S = 1.0, 30.0
#: Ending a process and reading what it said takes a moment, on a busy machine a long one.
MARGIN_S = 7.0


def bounded(text: str, limit_s: float = SHORT_S) -> Report:
    """Examine a string and see that it took no longer than it may."""
    began = time.monotonic()
    report = examine(text, timeout_s=limit_s)
    assert time.monotonic() - began < limit_s + MARGIN_S
    return report


@pytest.fixture
def at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a file that every Python started from here runs first."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return tmp_path / "sitecustomize.py"


@pytest.mark.parametrize("hangs", ["time.sleep(600)", "[0 for _ in iter(int, 1)]"])
def test_a_name_service_that_hangs_is_given_up(at_start: Path, hangs: str) -> None:
    """A name lookup that never returns ends with the process that waits for it, and is named."""
    code = "import socket, time\n"
    at_start.write_text(f"{code}socket.getaddrinfo = lambda *a, **k: {hangs}\n", encoding="utf-8")
    report = bounded("postgresql://bank_app:correct-horse@db.example:5432/bank")
    assert report.trouble is not None
    assert (report.trouble.step, report.trouble.fault) == ("resolve", "resolver-silent")
    assert report["reach"].said == "not tried: resolve failed"


def test_a_server_that_falls_silent_is_given_up() -> None:
    """A server that says it is one and then nothing more is named as what does not answer."""
    with falling_silent() as port:
        report = bounded(
            f"postgresql://bank_app:correct-horse@127.0.0.1:{port}/bank?connect_timeout=2", LONG_S
        )
    assert report.trouble is not None
    assert (report.trouble.step, report.trouble.fault) == ("authenticate", "no-answer")


def falling_silent() -> AbstractContextManager[int]:
    """Answer the first question, and leave all others without an answer."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"N")
        await writer.drain()
        await asyncio.sleep(600)

    return served(handler)


def test_many_silent_hosts_share_the_time() -> None:
    """A list of hosts that do not answer takes no longer than one."""
    with silent() as port:
        hosts = ",".join(["127.0.0.1"] * 20)
        report = bounded(f"host={hosts} port={port} user=bank_app password=correct-horse dbname=bank", 12.0)
    assert report.trouble is not None
    assert (report.trouble.step, report.trouble.fault) == ("reach", "no-answer")


@pytest.mark.parametrize("end", ["os._exit(1)", "raise SystemExit", "sys.stdin.read(3); os._exit(0)"])
def test_a_process_that_dies_is_told(at_start: Path, end: str) -> None:
    """Where the process ends before its work, the step is unknown and the string not fit."""
    at_start.write_text(f"import os, sys\n{end}\n", encoding="utf-8")
    report = bounded("postgresql://bank_app:correct-horse@127.0.0.1:1/bank", LONG_S)
    assert report.trouble is not None
    assert (report.trouble.step, report.trouble.status) == ("resolve", "unknown")


@pytest.mark.parametrize(("start", "status"), [("time.sleep(600)", "failed"), ("os._exit(1)", "unknown")])
def test_a_process_that_does_not_listen_is_given_up(at_start: Path, start: str, status: str) -> None:
    """A string longer than a pipe holds does not keep the doctor waiting for a process that is deaf."""
    at_start.write_text(f"import os, time\n{start}\n", encoding="utf-8")
    limit_s = LONG_S if status == "unknown" else SHORT_S
    text = f"host=127.0.0.1 port=1 user=u password=p dbname=d application_name={chr(0x1F600) * 7900}"
    report = bounded(text, limit_s)
    assert report.trouble is not None
    assert (report.trouble.step, report.trouble.status) == ("resolve", status)


def test_time_that_is_up_at_once_is_told() -> None:
    """A limit that is too short for anything ends the examination at its first step on the way."""
    began = time.monotonic()
    report = examine("postgresql://bank_app:correct-horse@127.0.0.1:1/bank", timeout_s=0.001)
    assert time.monotonic() - began < MARGIN_S
    assert report.trouble is not None
    assert report.trouble.step == "resolve"


def test_no_process_is_left(at_start: Path) -> None:
    """The process that waited is gone when the report is there."""
    note = at_start.with_name("pid")
    at_start.write_text(
        f"import os, socket, time\nopen({str(note)!r}, 'w').write(str(os.getpid()))\n"
        "socket.getaddrinfo = lambda *a, **k: time.sleep(600)\n",
        encoding="utf-8",
    )
    for limit_s in (2.0, 8.0, LONG_S):  # on a busy machine it may be ended before it could write its number
        bounded("postgresql://bank_app:correct-horse@db.example:5432/bank", limit_s)
        if note.exists() and note.read_text(encoding="utf-8"):
            break
    pid = int(note.read_text(encoding="utf-8"))
    if hasattr(os, "fork"):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_address_of_the_wrong_kind_of_server_is_not_waited_for() -> None:
    """Something that answers at once in another language ends the examination at once."""
    with answering(b"SSH-2.0-x\r\n") as port:
        report = bounded(
            f"postgresql://bank_app:correct-horse@127.0.0.1:{port}/bank?connect_timeout=2", LONG_S
        )
    assert report.trouble is not None
    assert (report.trouble.step, report.trouble.fault) == ("reach", "not-postgresql")
