"""One host: it serves the release in force, and goes over to the next one while requests go on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.bank.web.log_records import TENURE, LogRecords, Tenure
from labkit.bank.web.manual_ledger import ManualLedger
from labkit.bank.web.pages import Pages
from labkit.bank.web.redaction import Redactor
from labkit.bank.web.release import Release, read_release, seen
from labkit.bank.web.serving import SERVICE, Evidence, House, Serving
from labkit.bank.web.sessions import Sessions
from labkit.bank.web.trouble import Trouble
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_LOOK_EVERY_S = 0.1
_log = logging.getLogger("bank.config")


class Host:
    """An ASGI application whose release is changed in place."""

    def __init__(self, bank: Path, host_name: str, environ: Mapping[str, str]) -> None:
        self._bank, self._environ = bank, environ
        self._redactor = Redactor()
        self.release = self._read()
        evidence = Evidence(bank / "evidence" / host_name, self._redactor)
        paper = ManualLedger(bank, host_name)
        self._house = House(bank, host_name, evidence, Sessions.of_bank(bank), Pages(), Trouble(), paper)
        self._ending: set[asyncio.Task[None]] = set()
        self._serving: Serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request under the release that is in force when it comes."""
        await self._serving(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve the release in force and follow its changes; at the end everything is written out."""
        handler = LogRecords(
            self._house.evidence.log, {"service.name": SERVICE, "host.name": self._house.host_name}
        )
        with _logged(handler):
            await self._take(self.release)
            self._house.manual_ledger.recall(self._serving.known)
            tasks = [
                asyncio.create_task(self._watch()),
                asyncio.create_task(self._house.manual_ledger.keep(lambda: self._serving)),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
                await asyncio.gather(*self._ending, self._serving.end())
        self._house.evidence.close()

    def _read(self) -> Release:
        """Read the release in force; from then on its secrets are masked."""
        release = read_release(self._bank, self._environ)
        self._redactor.learn(release.settings.database_url.reveal())
        return release

    async def _watch(self) -> None:
        """Look every moment whether another release, or another text of its settings, is in force."""
        last = self.release.seen
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                now = seen(self._bank)
            except OSError:  # it is being replaced
                continue
            if now != last:
                last = now
                await self._change()

    async def _change(self) -> None:
        before = self._serving
        try:
            release = self._read()
            await self._take(release)
        except (LabError, OSError, ValueError) as error:
            _log.error("the release is not taken, %s goes on: %s", before.release.version, error)
            return
        self._serving.known.inherit(before.known)
        ending = asyncio.create_task(before.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _take(self, release: Release) -> None:
        """Serve a release from now on."""
        TENURE.set(Tenure(release.version))
        for key in release.settings.unknown:
            _log.warning("setting %s is not known and does nothing", key)
        serving = Serving(self._house, release)
        await serving.begin()
        self.release, self._serving = release, serving


@contextlib.contextmanager
def _logged(handler: logging.Handler) -> Iterator[None]:
    """Send what is logged to a handler: the bank's own lines from INFO on, of libraries from WARNING on."""
    root, own = logging.getLogger(), logging.getLogger("bank")
    levels = root.level, own.level
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    own.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(levels[0])
        own.setLevel(levels[1])
