"""Real pings while the drill lasts: round trips and losses, beside the metrics of the bank itself."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from labkit.core.errors import LabError

_TIMEOUT_S = 0.5
_ECHO_REQUEST, _ECHO_REPLY = 8, 0
_TIMES = 3


def open_icmp() -> socket.socket:
    """Open a socket for echo requests: unprivileged where the system allows it, else a raw one.

    Raises
    ------
    LabError
        Where the system allows neither; drills then go on without pings.
    """
    refused: OSError | None = None
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            return socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP)
        except OSError as error:
            refused = error
    raise LabError(
        "this system lets a program without privileges send no pings",
        found=None if refused is None else refused.strerror,
        next_step="The drill goes on, and its evidence has no ping.rtt and ping.loss.",
    ) from refused


def checksum(packet: bytes) -> int:
    """Compute the Internet checksum (RFC 1071).

    Examples
    --------
    >>> hex(checksum(bytes([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7])))
    '0x220d'
    """
    even = packet + b"\0" * (len(packet) % 2)
    total: int = sum(struct.unpack(f"!{len(even) // 2}H", even))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ping(sock: socket.socket, address: str, number: int) -> float | None:
    """Send one echo request and wait for its answer; round trip in milliseconds, None when none came."""
    payload = os.urandom(24)
    head = struct.pack("!BBHHH", _ECHO_REQUEST, 0, 0, os.getpid() & 0xFFFF, number & 0xFFFF)
    packet = head[:2] + struct.pack("!H", checksum(head + payload)) + head[4:] + payload
    began = time.perf_counter()
    try:
        sock.sendto(packet, (address, 0))
        while (left := _TIMEOUT_S - (time.perf_counter() - began)) > 0:
            sock.settimeout(left)
            answer = sock.recv(2048)
            if answer.endswith(payload) and _is_reply(answer):
                return 1000 * (time.perf_counter() - began)
    except OSError:
        return None
    return None


def _is_reply(answer: bytes) -> bool:
    """Tell an answer from one's own request, which a raw socket on the loopback hears as well."""
    body = answer[4 * (answer[0] & 0x0F) :] if answer[0] >> 4 == 4 else answer
    return bool(body) and body[0] == _ECHO_REPLY


class Pings:
    """Ping an address from now until the end of the block, once an interval for every host.

    Attributes
    ----------
    lines : list of str
        One line of ``metrics.otlp.jsonl`` for each host and interval.
    """

    def __init__(self, address: str, hosts: Sequence[str], *, service: str, every_s: float) -> None:
        self.lines: list[str] = []
        self._address, self._hosts, self._service, self._every_s = address, tuple(hosts), service, every_s
        self._over = threading.Event()
        self._socket = open_icmp()
        self._thread = threading.Thread(target=self._run, name="drill-pings", daemon=True)

    def __enter__(self) -> Pings:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(timeout=10)
        self._socket.close()

    def write(self, file: Path) -> None:
        """Append the lines to a file."""
        with file.open("a", encoding="utf-8", newline="\n") as out:
            out.writelines(line + "\n" for line in self.lines)

    def _run(self) -> None:
        number = 0
        while not self._over.is_set():
            began = time.monotonic()
            for host in self._hosts:
                trips = [ping(self._socket, self._address, number + turn) for turn in range(_TIMES)]
                number += _TIMES
                self.lines.append(self._line(host, time.time_ns(), trips))
            self._over.wait(max(0.05, self._every_s - (time.monotonic() - began)))

    def _line(self, host: str, at_ns: int, trips: Sequence[float | None]) -> str:
        came = [trip for trip in trips if trip is not None]
        gauges = [("ping.loss", "1", 1 - len(came) / len(trips))]
        if came:
            gauges.insert(0, ("ping.rtt", "ms", round(sum(came) / len(came), 4)))
        labels = [_attribute("server.address", self._address)]
        metrics = [
            {
                "name": name,
                "unit": unit,
                "gauge": {
                    "dataPoints": [{"timeUnixNano": str(at_ns), "asDouble": value, "attributes": labels}]
                },
            }
            for name, unit, value in gauges
        ]
        resource = [_attribute("service.name", self._service), _attribute("host.name", host)]
        scope = {"scope": {"name": "bank.metrics"}, "metrics": metrics}
        batch = {"resourceMetrics": [{"resource": {"attributes": resource}, "scopeMetrics": [scope]}]}
        return json.dumps(batch, separators=(",", ":"))


def _attribute(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}
