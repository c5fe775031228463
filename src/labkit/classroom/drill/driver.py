"""The process that plays the users: each request goes out at its time, whatever became of those before it.

It reads one JSON object from standard input (what to send, where, and when to begin), then lines with new
addresses; it ends when standard input closes. Every second it writes a line of counts to standard output,
and at the end one with how late its requests went out: a late driver is no open loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from labkit.classroom.drill.calls import Visits, from_json
from labkit.classroom.drill.plan import PlannedRequest

if TYPE_CHECKING:
    import httpx

_PATIENCE_S = 30.0
_FAILED_FROM = 500


@dataclass(slots=True)
class Tally:
    """What has been sent, what has come back, and how late what went out was."""

    sent: int = 0
    answered: int = 0
    failed: int = 0
    late_ms: list[float] = field(default_factory=list)

    def line(self, **more: Any) -> str:
        """Write the counts."""
        return json.dumps({"sent": self.sent, "answered": self.answered, "failed": self.failed} | more)

    @property
    def lateness(self) -> dict[str, float]:
        """Median, 99th percentile and most of the delays, in milliseconds."""
        late = sorted(self.late_ms) or [0.0]
        at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
        return {
            name: round(late[min(len(late) - 1, int(share * len(late)))], 2) for name, share in at.items()
        }


@dataclass(slots=True)
class Driver:
    """The users of one drill."""

    visits: Visits
    urls: list[str]
    began: float
    record: TextIO
    tally: Tally = field(default_factory=Tally)

    async def play(self, requests: list[PlannedRequest]) -> None:
        """Send all requests at their times, and wait for the last answers."""
        import httpx

        forget = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))  # visits keep their own cookies
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=40)
        timeout = httpx.Timeout(_PATIENCE_S, pool=None)
        async with httpx.AsyncClient(
            cookies=forget, limits=limits, timeout=timeout, trust_env=False
        ) as client:
            reports = asyncio.create_task(self._report())
            waiting = set()
            for request in requests:
                await asyncio.sleep(max(0.0, self.began + request.at_s - time.time()))
                task = asyncio.create_task(self._send(client, request))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
            await asyncio.gather(*waiting)
            reports.cancel()

    async def _send(self, client: httpx.AsyncClient, request: PlannedRequest) -> None:
        import httpx

        call = self.visits.call(request)
        url = self.urls[request.host % len(self.urls)]
        sent = time.time()
        self.tally.sent += 1
        self.tally.late_ms.append(1000 * max(0.0, sent - self.began - request.at_s))
        status = 0
        try:
            answer = await client.request(
                call.method, url + call.path, json=call.fields, headers=dict(call.headers)
            )
            status = answer.status_code
            self.visits.answered(request, status, _cookie(answer))
        except httpx.HTTPError as error:
            self._note(request, sent, status, type(error).__name__)
        else:
            self._note(request, sent, status, "")
        self.tally.answered += 1
        self.tally.failed += status == 0 or status >= _FAILED_FROM

    def _note(self, request: PlannedRequest, sent: float, status: int, error: str) -> None:
        """Keep the driver's own account of each request: for the truth, never for the evidence."""
        took = round(time.time() - sent, 4)
        self.record.write(json.dumps([round(sent, 6), took, request.route, status, error]) + "\n")

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            print(self.tally.line(), flush=True)  # noqa: T201 - the process's one way to tell


def _cookie(answer: httpx.Response) -> str:
    """Give the cookies of an answer as the browser sends them back."""
    given = answer.headers.get_list("set-cookie")
    return "; ".join(line.partition(";")[0] for line in given)


def _lines() -> Iterator[bytes]:
    """Read standard input past its buffer, whose lock a thread would keep while the process ends."""
    rest = b""
    while piece := os.read(sys.stdin.fileno(), 1 << 16):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole


def _listen(
    lines: Iterator[bytes], driver: Driver, loop: asyncio.AbstractEventLoop, playing: asyncio.Task[None]
) -> None:
    """Follow what comes on standard input; when it ends, nobody wants the driver any more."""
    with contextlib.suppress(RuntimeError):  # the loop has closed: the work is done
        for line in lines:
            loop.call_soon_threadsafe(driver.urls.__setitem__, slice(None), json.loads(line)["urls"])
        loop.call_soon_threadsafe(playing.cancel)


async def _main() -> None:
    lines = _lines()
    told = json.loads(next(lines))
    requests = [from_json(values) for values in told["requests"]]
    accounts = {int(user): number for user, number in told["accounts"].items()}
    visits = Visits(accounts, told["password"], told["seed"], told["cookies"])
    with Path(told["record"]).open("w", encoding="utf-8", newline="\n") as record:
        driver = Driver(visits, list(told["urls"]), told["began"], record)
        playing = asyncio.create_task(driver.play(requests))
        listening = threading.Thread(
            target=_listen, args=(lines, driver, asyncio.get_running_loop(), playing), daemon=True
        )
        listening.start()
        try:
            await playing
        except asyncio.CancelledError:
            return
    print(driver.tally.line(late_ms=driver.tally.lateness), flush=True)  # noqa: T201


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked
    asyncio.run(_main())
