"""Courses over time: requests, failures, latency and the waiting line, by the minute or the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from labkit.replay.outcomes import Outcomes
    from labkit.replay.recording import Recording
    from labkit.replay.retries import Attempts
    from labkit.simulation.streams import Floats, Ints


_BUCKET = 1 << 40


@dataclass(frozen=True, slots=True)
class Series:
    """One entry a bucket of time, from the first minute of the record to its last; health checks left out.

    Attributes
    ----------
    start_us : array of int
        Begin of each bucket, microseconds since 1970.
    requests, failed : array of int
        Requests that arrived in it, and those of them that failed.
    p50_ms, p95_ms : array of float
        Half, and 95 in 100, of these took no longer; not a number where none arrived.
    waiting : array of int
        Requests that waited for a connection at the end of the bucket.
    """

    start_us: Ints
    requests: Ints
    failed: Ints
    p50_ms: Floats
    p95_ms: Floats
    waiting: Ints

    @property
    def error_ratio(self) -> Floats:
        """Share of failed requests; 0 where none arrived."""
        return np.asarray(self.failed / np.maximum(self.requests, 1))


def count(recording: Recording, out: Outcomes, attempts: Attempts, bucket_us: int) -> Series:
    """Count what arrived in each bucket and what became of it."""
    counted = recording.counted
    start, took = recording.start[counted], (out.end - recording.start)[counted]
    buckets = -(-(recording.end_us - recording.begin_us) // bucket_us)
    place = (start - recording.begin_us) // bucket_us
    requests = np.bincount(place, minlength=buckets)
    failed = np.bincount(place[out.failed[counted]], minlength=buckets)
    low, high = quantiles(place, took, requests, (0.5, 0.95))
    edges = recording.begin_us + bucket_us * np.arange(buckets, dtype=np.int64)
    waiting = _waiting(recording, attempts, edges + bucket_us)
    return Series(edges, requests, failed, low / 1000, high / 1000, waiting)


def quantiles(place: Ints, took: Ints, counts: Ints, shares: tuple[float, ...]) -> list[Floats]:
    """Return quantiles of the durations of each bucket, with a straight line between neighbours.

    Examples
    --------
    >>> [q.tolist() for q in quantiles(np.array([0, 0]), np.array([10, 20]), np.array([2, 0]), (0.5,))]
    [[15.0, nan]]
    """
    # One sort of whole numbers, bucket before duration, is several times faster than a sort by two columns.
    ordered = (np.sort(place * _BUCKET + np.minimum(took, _BUCKET - 1)) % _BUCKET).astype(np.float64)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    if len(ordered) == 0:
        return [np.full(len(counts), np.nan) for _ in shares]
    found = []
    for share in shares:
        at = first + np.maximum(counts - 1, 0) * share
        low = np.minimum(at.astype(np.int64), len(ordered) - 1)
        high = np.minimum(low + 1, np.maximum(first + counts - 1, 0)).clip(0, len(ordered) - 1)
        value = ordered[low] + (ordered[high] - ordered[low]) * (at - np.floor(at))
        found.append(np.where(counts > 0, value, np.nan))
    return found


def _waiting(recording: Recording, attempts: Attempts, times: Ints) -> Ints:
    """Count who waits for a connection at each time."""
    mine = (attempts.wait > 0) & recording.counted[attempts.rows]
    asked, wait = attempts.asked[mine], attempts.wait[mine]
    began = np.searchsorted(np.sort(asked), times, side="right")
    return np.asarray(began - np.searchsorted(np.sort(asked + wait), times, side="right"), dtype=np.int64)
