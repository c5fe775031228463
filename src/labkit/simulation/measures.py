"""Metrics as OTLP/JSON gauges, computed from the requests: load, connections, waiting line, pings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.simulation.clock import SECOND
from labkit.simulation.losses import lost_share
from labkit.simulation.requests import Requests
from labkit.simulation.rows import Text
from labkit.simulation.streams import Stream, lognormal_us, quantile
from labkit.simulation.traces import attribute, dumps
from labkit.simulation.world import World

if TYPE_CHECKING:
    from labkit.simulation.streams import Floats, Ints

_IDLE_LOAD = 0.055
_WORKER_BYTES = 84_000_000
_WAITING_BYTES = 310_000
_STATE = "db.client.connection.state"


@dataclass(frozen=True, slots=True)
class Series:
    """One gauge with its values, one for each sample."""

    name: str
    unit: str
    values: Floats
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MetricsWriter:
    """Write the metrics of one block."""

    world: World

    def write(self, known: Requests, low: int, high: int, block: int) -> Text:
        """Write the samples from ``low`` until ``high``; ``known`` holds this block and the one before."""
        every = int(self.world.scenario.metrics_every_s * SECOND)
        times = np.arange(-(-low // every) * every, high, every, dtype=np.int64)
        hosts = self.world.scenario.topology.hosts
        shares = [known.take(np.flatnonzero(known.host == h)) for h in range(len(hosts))]
        series = [self._of_host(share, times, block, h) for h, share in enumerate(shares)]
        minutes = times // (60 * SECOND)
        lines = []
        for minute in np.unique(minutes):
            chosen = np.flatnonzero(minutes == minute)
            lines += [self._line(host.name, series[h], times, chosen) for h, host in enumerate(hosts)]
        return Text([line.encode() for line in lines], len(lines))

    def _of_host(self, mine: Requests, times: Ints, block: int, host: int) -> list[Series]:
        world = self.world
        u = Stream(world.seed, f"metrics/{host}", block).uniform(len(times), 4)
        capacity = [world.scenario.capacities[k] for k in world.capacity_at(times)]
        workers = np.array([c.workers for c in capacity], dtype=np.float64)
        size = world.pool_sizes[world.capacity_at(times)].astype(np.float64)
        pending = _open_at(mine.asked, mine.asked + mine.wait, mine.wait > 0, times)
        runs = mine.query_end.max(axis=1, initial=-1)
        used = np.minimum(_open_at(mine.asked + mine.wait, runs, runs > 0, times), size)
        idle = np.where(world.blocked(times, host), 0.0, np.maximum(world.servers(times, host) - used, 0.0))
        memory = np.round(_WORKER_BYTES * workers + _WAITING_BYTES * pending + 6e6 * u[:, 1], -3)
        database = world.scenario.releases[0].dsn.host
        rtt = quantile(lognormal_us(0.38, 0.16), u[:, 2]) / 1000
        return [
            Series("process.cpu.utilization", "1", np.round(self._load(mine, times, u[:, 0]), 4)),
            Series("process.memory.usage", "By", memory),
            Series("bank.workers", "{worker}", workers),
            Series("db.client.connection.count", "{connection}", used, ((_STATE, "used"),)),
            Series("db.client.connection.count", "{connection}", idle, ((_STATE, "idle"),)),
            Series("db.client.connection.max", "{connection}", size),
            Series("db.client.connection.pending_requests", "{request}", pending),
            Series("ping.rtt", "ms", rtt, (("server.address", database),)),
            Series("ping.loss", "1", self._loss(times, host, u[:, 3]), (("server.address", database),)),
        ]

    def _loss(self, times: Ints, host: int, u: Floats) -> Floats:
        """Return the share of twenty pings that got no answer."""
        share = lost_share(self.world, times, host)
        return np.asarray(
            np.where(share > 0, np.minimum(np.round((share + 0.3 * (u - 0.5)) * 20) / 20, 1.0), 0.0)
        )

    def _load(self, mine: Requests, times: Ints, u: Floats) -> Floats:
        """Return the share of the host's processor that was busy since the last sample."""
        every = int(self.world.scenario.metrics_every_s * SECOND)
        order = np.argsort(mine.end, kind="stable")
        end, total = mine.end[order], np.concatenate([[0], np.cumsum(self.world.cpu_us[mine.kind[order]])])
        spent = (
            total[np.searchsorted(end, times, "right")] - total[np.searchsorted(end, times - every, "right")]
        )
        share = self.world.scenario.topology.cpu_share * max(1.0, self.world.scale)
        load = _IDLE_LOAD + 0.012 * (u - 0.5) + spent / (every * share)
        return np.asarray(np.minimum(load, 1.0))

    def _line(self, host: str, series: list[Series], times: Ints, chosen: Ints) -> str:
        resource = [
            attribute("service.name", self.world.scenario.topology.service),
            attribute("host.name", host),
        ]
        metrics: dict[str, dict[str, Any]] = {}
        for one in series:
            metric = metrics.setdefault(
                one.name, {"name": one.name, "unit": one.unit, "gauge": {"dataPoints": []}}
            )
            labels = [attribute(key, value) for key, value in one.attributes]
            metric["gauge"]["dataPoints"] += [
                _point(int(times[k]), float(one.values[k]), labels) for k in chosen
            ]
        scope = {"scope": {"name": "bank.metrics"}, "metrics": list(metrics.values())}
        batch = {"resourceMetrics": [{"resource": {"attributes": resource}, "scopeMetrics": [scope]}]}
        return dumps(batch) + "\n"


def _point(at: int, value: float, labels: list[dict[str, Any]]) -> dict[str, Any]:
    number = int(value) if value == int(value) else value
    return {"timeUnixNano": f"{at}000", "asDouble": number, "attributes": labels}


def _open_at(begin: Ints, end: Ints, which: Any, times: Ints) -> Floats:
    """Count the intervals that are open at each time."""
    began = np.searchsorted(np.sort(begin[which]), times, side="right")
    ended = np.searchsorted(np.sort(end[which]), times, side="right")
    return np.asarray(began - ended, dtype=np.float64)
