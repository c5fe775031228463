"""The evidence of a running bank, gathered from its hosts into the files that are loaded together."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from labkit.core.errors import LabError

#: Hosts write the spans of the last second once a second; one that has much to do comes to it late.
_FLUSHED_S = 1.5
_PATIENCE_S = 6.0
_LOOK_EVERY_S = 0.1
_STAMP = re.compile(rb'"timestamp":"([^"]+)"')
_CLOCK = re.compile(rb"\[(\d\d)/(\w{3})/(\d{4}):(\d\d:\d\d:\d\d)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def collect(bank: Path, out: Path, server_log: Path | None, *, running: bool) -> tuple[Path, ...]:
    """Copy the evidence of a bank into a folder; lines of several hosts are put in order of time.

    Returns
    -------
    tuple of Path
        The files that were written: those for which there was evidence.

    Raises
    ------
    LabError
        Where the folder cannot be written.
    """
    if running:
        _wait_until_flushed(bank)
    hosts = sorted(folder for folder in (bank / "evidence").glob("*") if folder.is_dir())
    lines: dict[str, list[bytes]] = {
        "app.log.jsonl": sorted(_of_hosts(hosts, "app.log.jsonl"), key=_stamp),
        "traces.otlp.jsonl": list(_of_hosts(hosts, "traces.otlp.jsonl")),
        "access.log": sorted(_of_hosts(hosts, "access.log"), key=_clock),
        "metrics.otlp.jsonl": list(_of_hosts(hosts, "metrics.otlp.jsonl")),
        "deployments.jsonl": list(_lines(bank / "evidence" / "deployments.jsonl")),
        "postgresql.json": [] if server_log is None else list(_lines(server_log)),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, found in lines.items():
            if found:
                (out / name).write_bytes(b"".join(found))
    except OSError as error:
        raise LabError(f"the evidence cannot be written ({error.strerror})", found=str(out)) from error
    return tuple(out / name for name, found in lines.items() if found)


def _wait_until_flushed(bank: Path) -> None:
    """Wait until no host has written spans for longer than it keeps them; where users go on, not for ever."""
    begun = changed = time.monotonic()
    size = _size_of_traces(bank)
    while time.monotonic() < min(changed + _FLUSHED_S, begun + _PATIENCE_S):
        time.sleep(_LOOK_EVERY_S)
        if (grown := _size_of_traces(bank)) != size:
            size, changed = grown, time.monotonic()


def _size_of_traces(bank: Path) -> int:
    return sum(file.stat().st_size for file in (bank / "evidence").glob("*/traces.otlp.jsonl"))


def _of_hosts(hosts: list[Path], name: str) -> Iterator[bytes]:
    for host in hosts:
        yield from _lines(host / name)


def _lines(file: Path) -> Iterator[bytes]:
    """Read whole lines; the last one may be in the middle of being written."""
    if file.exists():
        with file.open("rb") as lines:
            yield from (line for line in lines if line.endswith(b"\n"))


def _stamp(line: bytes) -> bytes:
    found = _STAMP.search(line)
    return found[1] if found else b""


def _clock(line: bytes) -> tuple[bytes, int, bytes, bytes]:
    """Read the moment of a line of an access log; all hosts write in UTC."""
    found = _CLOCK.search(line)
    if not found:
        return b"", 0, b"", b""
    day, month, year, clock = found.groups()
    return year, _month(month.decode()), day, clock


def _month(name: str) -> int:
    return _MONTHS.index(name) if name in _MONTHS else 0
