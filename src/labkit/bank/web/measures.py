"""Metrics every few seconds: the process's load and memory, and how its connections are used.

Source of the names: https://opentelemetry.io/docs/specs/semconv/database/database-metrics/ and
https://opentelemetry.io/docs/specs/semconv/system/process-metrics/.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TextIO

import psutil
from opentelemetry.exporter.otlp.json.file.metric_exporter import FileMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

if TYPE_CHECKING:
    from labkit.bank.web.connections import Use

#: The clock of a process's own time ticks a hundred times a second.
_LEAST_S = 0.09
_STATE = "db.client.connection.state"
Values = Iterable[tuple[float, Mapping[str, str]]]


class Load:
    """Share of the machine's processors that the process used since it was asked last."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._at, self._spent, self._share = time.monotonic(), self._cpu_s(), 0.0

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def share(self) -> float:
        """Give the share since the last call, from 0 to 1; of too short a time nothing can be said."""
        now, spent = time.monotonic(), self._cpu_s()
        passed, used = now - self._at, spent - self._spent
        if passed >= _LEAST_S:
            self._share = min(1.0, used / (passed * (psutil.cpu_count() or 1)))
            self._at, self._spent = now, spent
        return self._share

    def memory(self) -> float:
        """Give the resident memory, in bytes."""
        return float(self._process.memory_info().rss)


def meter_provider(
    resource: Mapping[str, str], out: TextIO, every_s: float, *, workers: int, use: Callable[[], Use]
) -> MeterProvider:
    """Begin to measure; it ends with the provider's shutdown, which writes once more."""
    reader = PeriodicExportingMetricReader(
        FileMetricExporter(stream=out), export_interval_millis=every_s * 1000
    )
    provider = MeterProvider([reader], resource=Resource(dict(resource)), shutdown_on_exit=False)
    meter, load = provider.get_meter("bank.metrics"), Load()

    def gauge(name: str, unit: str, values: Callable[[], Values]) -> None:
        def observe(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(float(value), dict(labels)) for value, labels in values()]

        meter.create_observable_gauge(name, [observe], unit)

    gauge("process.cpu.utilization", "1", lambda: [(round(load.share(), 4), {})])
    gauge("process.memory.usage", "By", lambda: [(load.memory(), {})])
    gauge("bank.workers", "{worker}", lambda: [(workers, {})])
    gauge(
        "db.client.connection.count",
        "{connection}",
        lambda: [(use().used, {_STATE: "used"}), (use().idle, {_STATE: "idle"})],
    )
    gauge("db.client.connection.max", "{connection}", lambda: [(use().most, {})])
    gauge("db.client.connection.pending_requests", "{request}", lambda: [(use().waiting, {})])
    return provider
