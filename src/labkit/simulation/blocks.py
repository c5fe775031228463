"""One block of the clock to the pieces of every evidence file that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from labkit.simulation.access import AccessWriter
from labkit.simulation.applog import AppLogWriter
from labkit.simulation.columns import columns_of
from labkit.simulation.measures import MetricsWriter
from labkit.simulation.postgreslog import PostgresLogWriter
from labkit.simulation.reconnects import attempts
from labkit.simulation.requests import Evaluator, Requests, join_requests
from labkit.simulation.rows import Text
from labkit.simulation.traces import TraceWriter
from labkit.simulation.world import World

#: Files that grow with traffic, block after block.
STREAMED = ("app.log.jsonl", "traces.otlp.jsonl", "postgresql.json", "access.log", "metrics.otlp.jsonl")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one block adds to each file, and how many spans that are."""

    texts: dict[str, Text]
    spans: int


@dataclass(frozen=True)
class BlockMaker:
    """Make the pieces of blocks; consecutive blocks share their work."""

    world: World

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator(self.world)

    @cached_property
    def _writers(self) -> tuple[AppLogWriter, TraceWriter, PostgresLogWriter, AccessWriter, MetricsWriter]:
        tried = attempts(self.world)
        return (
            AppLogWriter(self.world, tried),
            TraceWriter(self.world),
            PostgresLogWriter(self.world, tried),
            AccessWriter(self.world),
            MetricsWriter(self.world),
        )

    def piece(self, block: int) -> Piece:
        """Make the records that end in a block: of requests that start in it or in the one before."""
        low, high = self.world.grid.bounds(block)
        last = block == self.world.grid.count - 1
        known = join_requests([self._evaluator.block(block - 1), self._evaluator.block(block)])
        until = np.iinfo(np.int64).max if last else high
        chosen = np.flatnonzero((known.end >= low) & (known.end < until))
        due: Requests = known.take(chosen[np.argsort(known.end[chosen], kind="stable")])
        app, traces, postgres, access, metrics = self._writers
        columns = columns_of(due)
        made = (
            app.write(due, columns, low, until),
            traces.write(due, columns),
            postgres.write(due, low, until),
            access.write(due, columns),
            metrics.write(known, low, high, block),
        )
        return Piece(dict(zip(STREAMED, made, strict=True)), len(due) + int((due.query_end >= 0).sum()))
