"""The database server's side of the pools: one backend process a connection, replaced when it has aged."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.simulation.clock import SECOND
from labkit.simulation.poollife import AGE_JITTER, DRAIN_US, LEAD_US, segments
from labkit.simulation.reconnects import sizes, span_of
from labkit.simulation.streams import Stream
from labkit.simulation.world import World

FIRST_PID = 20_000


@dataclass(frozen=True, slots=True)
class Backend:
    """One connection as the server knows it; times in microseconds."""

    host: int
    slot: int
    release: int
    begin: int
    end: int
    pid: int
    port: int
    cut: bool = False

    @property
    def session_id(self) -> str:
        """Name the session as the server does: start and process, in hex."""
        return f"{self.begin // SECOND:x}.{self.pid:x}"


def backends(world: World) -> tuple[Backend, ...]:
    """List all backends of all pools that reach the database, sorted by their beginning."""
    found: list[tuple[int, int, int, int, int, int, bool]] = []
    lived = {release for run in segments(world) for release in run}
    for release, result in enumerate(world.connects):
        if result.ok and release not in lived:
            for host in range(len(world.scenario.topology.hosts)):
                found += [(*one, False) for one in _of_host(world, release, host)]
    if world.lived_through:
        found += [
            (one.begin, one.host, one.slot, one.release, one.end, one.port, one.cut)
            for one in world.lived_through.lives
        ]
    found.sort()
    return tuple(
        Backend(host, slot, release, begin, end, FIRST_PID + 7 * k, port, cut)
        for k, (begin, host, slot, release, end, port, cut) in enumerate(found)
    )


def _of_host(world: World, release: int, host: int) -> list[tuple[int, int, int, int, int, int]]:
    begin, end = span_of(world, release)
    age = int(world.scenario.topology.pool.max_lifetime_s * SECOND)
    begin = max(begin - LEAD_US, world.grid.start_us - 2 * age)
    most = max(count for at, count in sizes(world) if at < end)
    stream = Stream(world.seed, f"backends/{release}", host)
    found = []
    for slot in range(world.pool_size(most)):
        at = max(begin, _slot_begins(world, slot))
        while at < end:
            u = stream.uniform(4)
            opened = at + 2_000 + int(u[0] * 30_000)
            at = min(
                opened + int(age * (1 - AGE_JITTER * float(u[1]))),
                end + DRAIN_US + int(u[2] * DRAIN_US / 5),
            )
            if at > world.grid.start_us - age // 2:
                found.append((opened, host, slot, release, at, 32768 + int(u[3] * 28_000)))
    return found


def _slot_begins(world: World, slot: int) -> int:
    """Return when the pool is first large enough to have a slot."""
    return next(at for at, count in sizes(world) if world.pool_size(count) > slot)
