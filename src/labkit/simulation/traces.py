"""Server spans and query spans as OTLP/JSON, one export batch of one host a line."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.simulation.clock import SECOND
from labkit.simulation.columns import columns_of_query
from labkit.simulation.kinds import Kind
from labkit.simulation.requests import Requests
from labkit.simulation.rows import Template, Text, template
from labkit.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labkit.simulation.rows import Bytes, Objects
    from labkit.simulation.streams import Ints

_EXPORT_EVERY = 5 * SECOND
_BATCH = 512
_PLACES = 100_000
_CLOSE = b"]}]}]}\n"
_SCOPES = ("opentelemetry.instrumentation.asgi", "opentelemetry.instrumentation.psycopg")


def attribute(key: str, value: str | int) -> dict[str, Any]:
    """Write one attribute as OTLP/JSON does: 64-bit integers are strings."""
    return {
        "key": key,
        "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value},
    }


def dumps(value: Any) -> str:
    """Write JSON without spaces, letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class TraceWriter:
    """Write the spans of requests; templates are made once."""

    world: World

    @cached_property
    def _server(self) -> list[Template]:
        return [template(dumps(self._server_span(kind))) for kind in self.world.kinds.all]

    @cached_property
    def _query(self) -> dict[tuple[int, int, int], Template]:
        releases = range(len(self.world.scenario.releases))
        return {
            (k, q, r): template(dumps(self._query_span(kind, q, r)))
            for k, kind in enumerate(self.world.kinds.all)
            for q in range(len(kind.queries))
            for r in releases
        }

    def _server_span(self, kind: Kind) -> dict[str, Any]:
        topology, route = self.world.scenario.topology, kind.route
        path = route.template.replace("{account_id}", "«account»")
        attributes: list[dict[str, Any]] = [
            attribute("http.request.method", route.method),
            attribute("http.route", route.template),
            attribute("url.path", path),
            attribute("http.response.status_code", kind.status),
            attribute("server.address", topology.public_host),
            attribute("server.port", topology.public_port),
        ]
        if route.name == "probe":
            attributes.append(attribute("client.address", topology.edge_address))
        else:
            attributes += [attribute("client.address", "«client»"), attribute("session.id", "«session»")]
            if route.name != "front":
                attributes.append(attribute("user.name", "customer-«user»"))
        status: dict[str, Any] = {}
        if kind.status >= 500:
            attributes.append(attribute("error.type", kind.exception or str(kind.status)))
            status = {"code": 2, "message": kind.exception.rsplit(".", 1)[-1]}
        return self._span(None, route.span_name, 2, attributes=attributes, status=status)

    def _query_span(self, kind: Kind, query: int, release: int) -> dict[str, Any]:
        dsn, model = self.world.scenario.releases[release].dsn, kind.queries[query]
        attributes: list[dict[str, Any]] = [
            attribute("db.system.name", "postgresql"),
            attribute("db.namespace", dsn.dbname),
            attribute("db.operation.name", model.operation),
            attribute("db.query.text", model.text),
            attribute("server.address", dsn.host),
            attribute("server.port", dsn.port),
        ]
        status: dict[str, Any] = {}
        outcome = kind.outcome
        if outcome and outcome.sqlstate and query == outcome.query:
            attributes.append(attribute("error.type", outcome.exception))
            attributes.append(attribute("db.response.status_code", outcome.sqlstate))
            status = {"code": 2, "message": outcome.message}
        return self._span("«parent»", model.operation, 3, attributes=attributes, status=status)

    def _span(
        self, parent: str | None, name: str, kind: int, *, attributes: list[Any], status: dict[str, Any]
    ) -> dict[str, Any]:
        head = {"traceId": "«trace»", "spanId": "«span»"} | ({"parentSpanId": parent} if parent else {})
        times = {"startTimeUnixNano": "«start»000", "endTimeUnixNano": "«end»000"}
        return head | {"name": name, "kind": kind} | times | {"attributes": attributes, "status": status}

    def write(self, requests: Requests, columns: Mapping[str, Bytes]) -> Text:
        """Write the batches of requests that are given in the order of their ends."""
        if not len(requests):
            return Text([], 0)
        lines, owner, scope, end = self._spans(requests, columns)
        place = requests.host[owner] * 100 + requests.release[owner]
        group = (end // _EXPORT_EVERY) * _PLACES + place
        batch = _batches(group, end)
        order = np.lexsort((end, scope, batch, group))
        return self._assemble(lines[order], group[order], batch[order], scope[order])

    def _spans(self, requests: Requests, columns: Mapping[str, Bytes]) -> tuple[Objects, Ints, Ints, Ints]:
        """Make the text of all spans; return text, request, scope and the end by which they are exported."""
        texts, owners, scopes = [], [], []
        for kind in np.unique(requests.kind):
            mine = np.flatnonzero(requests.kind == kind)
            texts.append(self._server[kind].fill(columns, mine))
            owners.append(mine)
            scopes.append(np.zeros(len(mine), dtype=np.int64))
        for q in range(requests.query_span.shape[1]):
            inner = {**columns, **columns_of_query(requests, q)}
            key = requests.kind * 100 + requests.release
            for value in np.unique(key[requests.query_end[:, q] >= 0]):
                mine = np.flatnonzero((key == value) & (requests.query_end[:, q] >= 0))
                texts.append(self._query[int(value) // 100, q, int(value) % 100].fill(inner, mine))
                owners.append(mine)
                scopes.append(np.ones(len(mine), dtype=np.int64))
        owner = np.concatenate(owners)
        return np.concatenate(texts), owner, np.concatenate(scopes), requests.end[owner]

    def _assemble(self, lines: Objects, group: Ints, batch: Ints, scope: Ints) -> Text:
        """Put a line's head before its first span, a scope's head before the first of its scope."""
        fresh = np.ones(len(lines), dtype=np.bool_)
        fresh[1:] = (np.diff(group) != 0) | (np.diff(batch) != 0)
        turn = np.zeros(len(lines), dtype=np.bool_)
        turn[1:] = np.diff(scope) != 0
        parts = np.empty(2 * len(lines) + 1, dtype=object)
        parts[0:-1:2] = b","
        parts[2 * np.flatnonzero(turn & ~fresh)] = b"]}," + _scope_head(1)
        for k in np.flatnonzero(fresh).tolist():
            head = self._heads[int(group[k]) % _PLACES] + _scope_head(scope[k])
            parts[2 * k] = (_CLOSE if k else b"") + head
        parts[1::2] = lines
        parts[-1] = _CLOSE
        return Text(parts.tolist(), int(fresh.sum()))

    @cached_property
    def _heads(self) -> dict[int, bytes]:
        """Write the resource of each host under each release."""
        scenario, found = self.world.scenario, {}
        for (h, host), (r, release) in itertools.product(
            enumerate(scenario.topology.hosts), enumerate(scenario.releases)
        ):
            resource = [
                attribute("service.name", scenario.topology.service),
                attribute("service.version", release.version),
                attribute("host.name", host.name),
            ]
            text = f'{{"resourceSpans":[{{"resource":{{"attributes":{dumps(resource)}}},"scopeSpans":['
            found[h * 100 + r] = text.encode()
        return found


def _scope_head(scope: int) -> bytes:
    return f'{{"scope":{{"name":"{_SCOPES[scope]}"}},"spans":['.encode()


def _batches(group: Ints, end: Ints) -> Ints:
    """Number the batches of each group: 512 spans each, in the order of their ends."""
    order = np.lexsort((end, group))
    sorted_group = group[order]
    first = np.searchsorted(sorted_group, sorted_group)
    batch = np.empty(len(group), dtype=np.int64)
    batch[order] = (np.arange(len(group)) - first) // _BATCH
    return batch
