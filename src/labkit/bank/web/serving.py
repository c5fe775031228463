"""One release as it is served: its settings, its connections, its telemetry, and the requests under it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from opentelemetry.instrumentation.utils import suppress_instrumentation

from labkit.bank import books
from labkit.bank.web.access import AccessLog
from labkit.bank.web.connections import Connection, Connections
from labkit.bank.web.evidence_file import evidence_file
from labkit.bank.web.known import KnownAccounts
from labkit.bank.web.log_records import TENURE, Tenure
from labkit.bank.web.manual_ledger import ManualLedger
from labkit.bank.web.measures import meter_provider
from labkit.bank.web.pages import Pages
from labkit.bank.web.redaction import Redactor
from labkit.bank.web.release import Release
from labkit.bank.web.routes import application
from labkit.bank.web.sessions import Sessions
from labkit.bank.web.telemetry import tracer_provider, with_spans
from labkit.bank.web.trouble import Trouble
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from labkit.bank.books import Account
    from labkit.bank.web.settings import Settings

SERVICE = "bank-web"


class Evidence:
    """The files that one host writes; they stay open through all its releases."""

    def __init__(self, folder: Path, redactor: Redactor) -> None:
        self.log = evidence_file(folder / "app.log.jsonl", redactor)
        self.traces = evidence_file(folder / "traces.otlp.jsonl", redactor)
        self.access = evidence_file(folder / "access.log", redactor)
        self.metrics = evidence_file(folder / "metrics.otlp.jsonl", redactor)

    def close(self) -> None:
        """Close all files."""
        for file in (self.traces, self.access, self.metrics, self.log):
            file.close()


@dataclass(frozen=True, slots=True)
class House:
    """What a host keeps through all releases."""

    bank: Path
    host_name: str
    evidence: Evidence
    sessions: Sessions
    pages: Pages
    trouble: Trouble
    manual_ledger: ManualLedger


class Serving:
    """Serve requests under one release, until the last of them has its answer."""

    def __init__(self, house: House, release: Release) -> None:
        self.house, self.release = house, release
        self.sessions, self.pages, self.trouble = house.sessions, house.pages, house.trouble
        self.manual_ledger = house.manual_ledger
        resource = {"service.name": SERVICE, "service.version": release.version, "host.name": house.host_name}
        self._tracers = tracer_provider(resource, house.evidence.traces)
        self.connections = Connections(release.settings, self._tracers, house.trouble, SERVICE)
        self.known = KnownAccounts(release.settings.cache_ttl_seconds)
        self._app = AccessLog(with_spans(application(self), self._tracers), house.evidence.access)
        self._books_id: str | None = None
        self._tenure = Tenure(release.version)
        self._running, self._idle = 0, asyncio.Event()
        self._idle.set()

    @property
    def settings(self) -> Settings:
        """The release's settings."""
        return self.release.settings

    async def begin(self) -> None:
        """Let the pool connect, and begin to measure; what they log carries this release's version."""
        TENURE.set(self._tenure)
        await self.connections.begin()
        self._meters = meter_provider(
            {"service.name": SERVICE, "host.name": self.house.host_name},
            self.house.evidence.metrics,
            self.settings.metrics_every_seconds,
            workers=self.settings.web_workers,
            use=lambda: self.connections.use,
        )

    async def learn(self, connection: Connection, *accounts: Account) -> None:
        """Remember accounts that were just read, and of which books: asked once, aside from telemetry."""
        if self._books_id is None:
            try:
                with suppress_instrumentation():
                    async with connection.transaction():
                        self._books_id = await books.read_books_id(connection)
            except (psycopg.Error, LabError):
                self._books_id = ""
        for account in accounts:
            self.known.learn(account, self.trouble.now(), self._books_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        TENURE.set(self._tenure)
        self._running += 1
        self._idle.clear()
        try:
            await self._app(scope, receive, send)
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def end(self) -> None:
        """Stop measuring, wait for the last request, close the connections, and write out the spans."""
        TENURE.set(self._tenure)
        await asyncio.to_thread(self._meters.shutdown)
        await self._idle.wait()
        self._tenure.over = True
        await self.connections.end()
        await asyncio.to_thread(self._tracers.shutdown)
