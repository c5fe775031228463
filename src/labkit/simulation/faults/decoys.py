"""What looks like a wrong connection string and is not one, and days on which nothing is wrong at all."""

from __future__ import annotations

from labkit.simulation.faults.row import OVERLOADED, Row

DECOYS: tuple[Row, ...] = (
    Row(
        name="overload",
        kind=OVERLOADED,
        part="",
        spans="latency grows with load, then PoolTimeout for some; connections used up, CPU high",
        log="connections and queries as ever, more of them",
        separates="a ramp with traffic instead of a step; more connections end it",
    ),
)
