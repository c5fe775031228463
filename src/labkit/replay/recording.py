"""What arrived: every request, what became of it, and what would have become of it with a connection."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.replay.change import END, DsnChange
from labkit.simulation.pool import waits

if TYPE_CHECKING:
    from labkit.replay.topology import Surroundings
    from labkit.simulation.streams import Floats, Ints
    from labkit.simulation.world import Flags

SECOND = 1_000_000
MINUTE = 60 * SECOND
#: Later than any moment of any record, in microseconds since 1970.
FOREVER = 2**61
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - times in tables are UTC without a zone


def to_us(when: dt.datetime) -> int:
    """Turn a time (UTC without a zone) into microseconds since 1970."""
    return (when - _EPOCH) // dt.timedelta(microseconds=1)


def from_us(us: int) -> dt.datetime:
    """Turn microseconds since 1970 into a time, UTC without a zone."""
    return _EPOCH + dt.timedelta(microseconds=int(us))


@dataclass(frozen=True, slots=True)
class Sizes:
    """Connections that each host's pool may have: in force from each time on; microseconds since 1970."""

    times: Ints
    sizes: Ints

    def at(self, when: Ints) -> Ints:
        """Return the size at each time."""
        return np.asarray(self.sizes[np.maximum(np.searchsorted(self.times, when, side="right") - 1, 0)])


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a request ends that gets no connection: after which wait for one, and with which HTTP status."""

    wait_us: int
    status: int = 503


@dataclass(frozen=True, slots=True)
class Queue:
    """Where requests wait for a connection.

    Attributes
    ----------
    pools : tuple of Sizes
        The pool of each host.
    timeout_us : int
        The longest wait in the line of a pool, in microseconds.
    refusal : Refusal
        What becomes of a request for which no connection can be had at all.
    """

    pools: tuple[Sizes, ...]
    timeout_us: int
    refusal: Refusal

    @property
    def turned_away(self) -> Refusal:
        """What becomes of a request that waits too long in the line."""
        return Refusal(self.timeout_us, self.refusal.status)

    def waiting_at_most(self, timeout_us: int) -> Queue:
        """Change the longest wait; where no connection can be had, that is waited for, too, if it was."""
        behind_pool = self.refusal.wait_us == self.timeout_us
        refusal = replace(self.refusal, wait_us=timeout_us) if behind_pool else self.refusal
        return replace(self, timeout_us=timeout_us, refusal=refusal)


@dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """The requests of one incident, one entry each, sorted by start; times in microseconds.

    Attributes
    ----------
    start, end : array of int
        When each arrived and was answered, since 1970.
    status, error, route, host, visit, user : array of int
        HTTP status and codes into `errors`, `routes`, `hosts`, `users`; -1 where there is none. A visit is
        one session of one user.
    failed, probe, needs : array of bool
        The server failed; a balancer's check; asks the database.
    lost, refused : array of bool
        Went wrong because of the connection string; and of these, the ones that got no connection at all.
    spared : array of bool
        What it would have met with a connection is known.
    before, hold, after, longest : array of int
        Its own time with a connection: until it asks for one, while it holds one, from there to the answer;
        and its longest query.
    spared_status : array of int
        Status it would have had with a connection.
    draw, turn : array of float
        One number between 0 and 1 a request and one a visit: whatever chance decides, it decides by these.
    """

    start: Ints
    end: Ints
    status: Ints
    failed: Flags
    error: Ints
    route: Ints
    host: Ints
    visit: Ints
    user: Ints
    probe: Flags
    needs: Flags
    lost: Flags
    refused: Flags
    spared: Flags
    before: Ints
    hold: Ints
    after: Ints
    longest: Ints
    spared_status: Ints
    draw: Floats
    turn: Floats
    trace_ids: Any
    span_ids: Any
    routes: tuple[str, ...]
    hosts: tuple[str, ...]
    users: tuple[str, ...]
    errors: tuple[str, ...]
    change: DsnChange | None
    queue: Queue
    detected_us: int | None
    surroundings: Surroundings
    assumptions: tuple[str, ...]
    con: Any = None

    def __len__(self) -> int:
        return len(self.start)

    def __repr__(self) -> str:
        return f"Recording({len(self):,} requests, {from_us(self.begin_us)} to {from_us(self.end_us)} UTC)"

    @cached_property
    def begin_us(self) -> int:
        """The full minute in which the first request arrived."""
        return int(self.start[0]) // MINUTE * MINUTE if len(self) else 0

    @cached_property
    def end_us(self) -> int:
        """The end of the minute in which the last request arrived."""
        return (int(self.start[-1]) // MINUTE + 1) * MINUTE if len(self) else 0

    @cached_property
    def minutes(self) -> int:
        """Length in minutes."""
        return (self.end_us - self.begin_us) // MINUTE

    @cached_property
    def deployed_us(self) -> int:
        """When the update came; later than everything where none did."""
        return to_us(self.change.from_utc) if self.change else FOREVER

    @cached_property
    def repaired_us(self) -> int:
        """When the earlier string was in force again; later than everything where it never was."""
        if self.change is None or self.change.until_utc == END:
            return FOREVER
        return to_us(self.change.until_utc)

    @cached_property
    def counted(self) -> Flags:
        """Tell which requests count: all but the balancer's checks."""
        return ~self.probe

    @cached_property
    def usual_waits(self) -> tuple[Ints, Flags]:
        """Wait of each request in the pools as they were, and who left without a connection."""
        served = self.needs & self.spared & ~self.refused
        return line_up(self, served, self.start, self.queue)

    @cached_property
    def reports_after(self) -> int:
        """Number of requests that had failed for want of a connection when people noticed."""
        if self.detected_us is None:
            return FOREVER
        return max(1, int(np.count_nonzero(self.lost & self.counted & (self.end < self.detected_us))))


def line_up(
    recording: Recording, served: Flags, start: Ints, queue: Queue, *, rows: Ints | None = None
) -> tuple[Ints, Flags]:
    """Let the requests that reach the database queue for the connections of their host.

    `rows` names the recorded request behind each entry; without it the entries are the requests themselves.
    """
    host, before, hold = recording.host, recording.before, recording.hold
    if rows is not None:
        host, before, hold = host[rows], before[rows], hold[rows]
    wait = np.zeros(len(served), dtype=np.int64)
    gone = np.zeros(len(served), dtype=np.bool_)
    for number, pool in enumerate(queue.pools):
        if pool.sizes.min() >= FOREVER:
            continue
        mine = np.flatnonzero(served & (host == number))
        asked = start[mine] + before[mine]
        order = np.argsort(asked, kind="stable")
        mine, asked = mine[order], asked[order]
        wait[mine], gone[mine] = waits(asked, hold[mine], pool.at(asked), queue.timeout_us)
    return wait, gone
