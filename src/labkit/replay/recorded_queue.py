"""Where recorded requests waited for a connection, and how those ended that got none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.replay.change import read_sql
from labkit.replay.recording import FOREVER, SECOND, Queue, Refusal, Sizes

if TYPE_CHECKING:
    import duckdb

    from labkit.simulation.streams import Ints
    from labkit.simulation.world import Flags

_NO_SIZE = Sizes(np.array([0]), np.array([FOREVER]))
_USUAL_TIMEOUT_US = 2 * SECOND
_LEAST_TIMEOUT_US = 50_000


@dataclass(frozen=True, slots=True)
class Lost:
    """The requests that got no connection: one entry each.

    Attributes
    ----------
    took_us, status : array of int
        Time from arrival to answer in microseconds, and HTTP status.
    pool : array of bool
        It was a pool that had none to give.
    """

    took_us: Ints
    status: Ints
    pool: Flags

    @classmethod
    def of(cls, rows: dict[str, Any], lost: Flags, *, crowded_out: Flags) -> Lost:
        """Take them from the rows of ``recorded_requests.sql``."""
        mine = lost & (rows["first_query_us"] < 0)
        return cls((rows["end_us"] - rows["start_us"])[mine], rows["status"][mine], crowded_out[mine])


def recorded_queue(
    con: duckdb.DuckDBPyConnection, hosts: tuple[str, ...], lost: Lost
) -> tuple[Queue, list[str]]:
    """Find out where requests waited; the sentences say what had to be taken for granted."""
    pools, untold = _pools(con, hosts)
    timeout_us, waited = _timeout(lost)
    refusal, refused = _refusal(lost, timeout_us)
    return Queue(pools, timeout_us, refusal), [*untold, *waited, *refused]


def _pools(con: duckdb.DuckDBPyConnection, hosts: tuple[str, ...]) -> tuple[tuple[Sizes, ...], list[str]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for host, time_us, size in con.execute(read_sql("pool_sizes")).fetchall():
        found.setdefault(host, []).append((time_us, size))
    pools = tuple(_sizes(found[host]) if host in found else _NO_SIZE for host in hosts)
    untold = [host for host in hosts if host not in found]
    if untold or not hosts:
        return pools, ["Where no pool's size was measured, connections never run out."]
    return pools, []


def _sizes(changes: list[tuple[int, int]]) -> Sizes:
    times, sizes = zip(*changes, strict=True)
    return Sizes(np.array(times, dtype=np.int64), np.array(sizes, dtype=np.int64))


def _timeout(lost: Lost) -> tuple[int, list[str]]:
    """Take the longest wait for a connection from the shortest request that missed one, in whole 10 ms."""
    if not lost.pool.any():
        return _USUAL_TIMEOUT_US, ["No request shows how long the pool lets it wait: 2 seconds are taken."]
    return max(int(lost.took_us[lost.pool].min()) // 10_000 * 10_000, _LEAST_TIMEOUT_US), []


def _refusal(lost: Lost, timeout_us: int) -> tuple[Refusal, list[str]]:
    """Tell how requests end without a connection: behind a pool after its timeout, without one at once."""
    if len(lost.status) == 0:
        return Refusal(timeout_us), []
    statuses, counts = np.unique(lost.status, return_counts=True)
    status = int(statuses[np.argmax(counts)])
    if lost.pool.any():
        return Refusal(timeout_us, status), []
    took_us = int(np.median(lost.took_us))
    how = f"after {took_us / 1000:.3g} ms, with {status}"
    return Refusal(took_us, status), [f"A request that gets no connection fails as in the record: {how}."]
