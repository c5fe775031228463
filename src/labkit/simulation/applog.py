"""The application's log: what requests write, what the pool's logger writes, and what belongs to nobody."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.simulation.clock import SECOND, to_us
from labkit.simulation.columns import log_time
from labkit.simulation.kinds import Kind
from labkit.simulation.reconnects import Attempt
from labkit.simulation.requests import Requests
from labkit.simulation.rows import Template, Text, iso, template
from labkit.simulation.stacks import message_of, stack_of
from labkit.simulation.traces import dumps
from labkit.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labkit.simulation.rows import Bytes, Objects
    from labkit.simulation.streams import Ints

SEVERITY = {"DEBUG": 5, "INFO": 9, "WARNING": 13, "ERROR": 17, "FATAL": 21}


@dataclass(frozen=True)
class AppLogWriter:
    """Write the application's log of one block; templates are made once."""

    world: World
    attempts: tuple[Attempt, ...]

    @cached_property
    def _templates(self) -> dict[tuple[int, int, int], Template]:
        hosts, releases = (
            range(len(self.world.scenario.topology.hosts)),
            range(len(self.world.scenario.releases)),
        )
        return {
            (k, h, r): template(dumps(record) + "\n")
            for k, h, r in itertools.product(range(len(self.world.kinds.all)), hosts, releases)
            if (record := self._record(self.world.kinds.all[k], h, r))
        }

    def _record(self, kind: Kind, host: int, release: int) -> dict[str, Any] | None:
        """Build the record that a request of a kind writes, if it writes one."""
        timeout_s = self.world.scenario.topology.pool.timeout_s
        severity, body = kind.outcome_line
        if not body:
            return None
        body = body.replace("{user}", "customer-«user»")
        attributes = {}
        if kind.status >= 500:
            attributes = {
                "exception.type": kind.exception,
                "exception.message": message_of(kind, timeout_s),
                "exception.stacktrace": stack_of(kind, timeout_s),
            }
        ids = {"trace_id": "«trace»", "span_id": "«span»"}
        return self._line(
            "«iso»Z",
            host,
            release,
            logger=kind.route.logger,
            severity=severity,
            body=body,
            ids=ids,
            attributes=attributes,
        )

    def _line(
        self,
        when: str,
        host: int,
        release: int,
        *,
        logger: str,
        severity: str,
        body: str,
        ids: dict[str, str],
        attributes: dict[str, Any],
    ) -> dict[str, Any]:
        scenario = self.world.scenario
        resource = {
            "service.name": scenario.topology.service,
            "service.version": scenario.releases[release].version,
            "host.name": scenario.topology.hosts[host].name,
        }
        head = {
            "timestamp": when,
            "severity_text": severity,
            "severity_number": SEVERITY[severity],
            "body": body,
        }
        return head | ids | {"resource": resource, "scope": {"name": logger}, "attributes": attributes}

    @cached_property
    def _background(self) -> tuple[Ints, Objects]:
        """Write the lines that belong to no request, for the whole window, sorted by time."""
        names = [host.name for host in self.world.scenario.topology.hosts]
        found: list[tuple[int, str, int, str, str]] = []
        for line in self.world.scenario.log_lines:
            stop = min(to_us(line.until or line.at), self.world.grid.end_us)
            for at in range(to_us(line.at), stop + 1, max(1, int(line.every_s * SECOND))):
                found.append((at, line.severity, names.index(line.host), line.logger, line.body))
        for attempt in self.attempts:
            found += [(attempt.at, "WARNING", attempt.host, "psycopg.pool", text) for text in attempt.texts]
        found.sort(key=lambda item: item[:3])
        when = np.array([item[0] for item in found], dtype=np.int64)
        release = self.world.release_at(when)
        host_of = np.array([item[2] for item in found], dtype=np.int64)
        stamps = [bytes(row).decode() + "Z" for row in iso(self._stamped(when, host_of))]
        lines = np.empty(len(found), dtype=object)
        for k, (_, severity, host, logger, body) in enumerate(found):
            record = self._line(
                stamps[k],
                host,
                int(release[k]),
                logger=logger,
                severity=severity,
                body=body,
                ids={},
                attributes={},
            )
            lines[k] = (dumps(record) + "\n").encode()
        return when, lines

    def _stamped(self, when: Ints, host: Ints) -> Ints:
        """Return what each host's clock shows; lines keep the order in which they were written."""
        slow = [int(host.clock_slow_s * SECOND) for host in self.world.scenario.topology.hosts]
        return when - np.array(slow, dtype=np.int64)[host]

    def write(self, requests: Requests, columns: Mapping[str, Bytes], low: int, high: int) -> Text:
        """Write what is logged from ``low`` until ``high``; requests are given in the order of their ends."""
        times, texts = [], []
        written = log_time(requests, low)
        columns = {**columns, "iso": iso(self._stamped(written, requests.host))}
        key = (requests.kind * 100 + requests.host) * 100 + requests.release
        for value in np.unique(key).tolist():
            made = self._templates.get((value // 10_000, value // 100 % 100, value % 100))
            if made:
                mine = np.flatnonzero(key == value)
                texts.append(made.fill(columns, mine))
                times.append(written[mine])
        when, lines = self._background
        inside = slice(*np.searchsorted(when, [low, high]))
        every, lines = np.concatenate([*times, when[inside]]), np.concatenate([*texts, lines[inside]])
        return Text(lines[np.argsort(every, kind="stable")].tolist(), len(lines))
