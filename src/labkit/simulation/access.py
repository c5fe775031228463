"""The edge's access log in combined log format: one line a request, when its answer was complete."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labkit.simulation.kinds import Kind
from labkit.simulation.requests import Requests
from labkit.simulation.rows import Template, Text, template
from labkit.simulation.world import AGENTS, PROBE_AGENT, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labkit.simulation.rows import Bytes

_ERROR_BYTES = 138


@dataclass(frozen=True)
class AccessWriter:
    """Write access lines; templates are made once."""

    world: World

    @cached_property
    def _templates(self) -> dict[tuple[int, int], Template]:
        return {
            (k, agent): template(self._line(kind, agent))
            for k, kind in enumerate(self.world.kinds.all)
            for agent in range(-1, len(AGENTS))
        }

    def _line(self, kind: Kind, agent: int) -> str:
        route = kind.route
        path = route.template.replace("{account_id}", "«account»")
        size = (
            f"{route.bytes_sent // 100}«bytes»"
            if kind.status == 200 and route.queries
            else str(route.bytes_sent)
        )
        if kind.status >= 400:
            size = str(_ERROR_BYTES + kind.status % 7)
        who = "-" if route.name in ("front", "probe") else "customer-«user»"
        client = self.world.scenario.topology.edge_address if route.name == "probe" else "«client»"
        program = PROBE_AGENT if agent < 0 else AGENTS[agent]
        return (
            f'{client} - {who} [«clf» +0000] "{route.method} {path} HTTP/1.1" {kind.status} {size} '
            f'"-" "{program}"\n'
        )

    def write(self, requests: Requests, columns: Mapping[str, Bytes]) -> Text:
        """Write the lines of requests that are given in the order of their ends."""
        lines = np.empty(len(requests), dtype=object)
        key = requests.kind * 10 + requests.agent + 1
        for value in np.unique(key):
            mine = np.flatnonzero(key == value)
            lines[mine] = self._templates[int(value) // 10, int(value) % 10 - 1].fill(columns, mine)
        return Text(lines.tolist(), len(lines))
