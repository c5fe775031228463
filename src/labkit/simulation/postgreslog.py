"""The database server's own log (jsonlog): keys in the server's order, absent where there is nothing to say.

The order is that of ``write_jsonlog`` in PostgreSQL 18 (src/backend/utils/error/jsonlog.c). The number of a
line within its session is filled in when the blocks are put together (``Numbering``).
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.simulation.backends import Backend, backends
from labkit.simulation.clock import SECOND, from_us, to_us
from labkit.simulation.columns import account_of
from labkit.simulation.faults import ServerLine, accepted
from labkit.simulation.reconnects import Attempt
from labkit.simulation.requests import Requests
from labkit.simulation.streams import Stream
from labkit.simulation.traces import dumps
from labkit.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOW_MS = 1000
_UP_SINCE_US = 11 * 24 * 3600 * SECOND


@dataclass(frozen=True)
class PostgresLogWriter:
    """Write what the server logs in one block."""

    world: World
    attempts: tuple[Attempt, ...]

    @cached_property
    def _backends(self) -> tuple[Backend, ...]:
        return backends(self.world)

    @cached_property
    def _by_host(self) -> dict[int, list[Backend]]:
        hosts = range(len(self.world.scenario.topology.hosts))
        return {host: [b for b in self._backends if b.host == host] for host in hosts}

    @cached_property
    def _sessions(self) -> tuple[np.ndarray[Any, Any], list[tuple[int, str]]]:
        """Write the lines that need no request: connections, failed attempts, the server's own work."""
        lines = sorted(
            itertools.chain(self._lifecycles(), self._knocks(), self._own_work()), key=lambda x: x[0]
        )
        return np.array([at for at, _ in lines], dtype=np.int64), lines

    def write(self, requests: Requests, low: int, high: int) -> bytes:
        """Write what is logged from ``low`` until ``high``; requests are given in the order of their ends."""
        when, lines = self._sessions
        first, last = np.searchsorted(when, [low, high])
        found = lines[first:last] + [item for item in self._of_requests(requests, low)]
        found.sort(key=lambda item: item[0])
        return "".join(text for _, text in found).encode()

    def _lifecycles(self) -> Iterator[tuple[int, str]]:
        """Write three lines when a connection comes and one when it goes."""
        for backend in self._backends:
            dsn = self.world.scenario.releases[backend.release].dsn
            yield from self._welcome(backend, accepted(dsn))
            if backend.end < self.world.grid.end_us:
                user = f"user={dsn.user} database={dsn.dbname}"
                address = self.world.scenario.topology.hosts[backend.host].address
                text = (
                    f"disconnection: session time: {_session_time(backend.end - backend.begin)} {user} "
                    f"host={address} port={backend.port}"
                )
                yield (
                    backend.end,
                    self._line(
                        backend.end,
                        backend,
                        ServerLine("LOG", text, user=dsn.user, dbname=dsn.dbname),
                        "idle",
                    ),
                )

    def _welcome(self, backend: Backend, lines: tuple[ServerLine, ...]) -> Iterator[tuple[int, str]]:
        address = self.world.scenario.topology.hosts[backend.host].address
        at = backend.begin
        text = f"connection received: host={address} port={backend.port}"
        yield at, self._line(at, backend, ServerLine("LOG", text), "", "not initialized")
        for line in lines:
            at += 1_400
            yield at, self._line(at, backend, line, "authentication" if line.severity == "LOG" else "startup")

    def _knocks(self) -> Iterator[tuple[int, str]]:
        """Write what failed attempts leave behind, where they reach the server at all."""
        for k, attempt in enumerate(self.attempts):
            lines = self.world.connects[attempt.release].server_lines
            if lines:
                pid, port = 60_000 + 3 * k, 33_000 + (k * 7919) % 27_000
                knock = Backend(attempt.host, 0, attempt.release, attempt.at - 6_000, attempt.at, pid, port)
                yield from self._welcome(knock, lines)

    def _own_work(self) -> Iterator[tuple[int, str]]:
        """Write checkpoints and other work of the server's own processes."""
        for k, line in enumerate(self.world.scenario.postgres_lines):
            stop = to_us(line.until) if line.until else to_us(line.at)
            start = to_us(self.world.scenario.start) - _UP_SINCE_US
            process = Backend(0, 0, 0, start, stop, 811 + k, 0)
            for at in range(to_us(line.at), stop + 1, max(1, int(line.every_s * SECOND))):
                u = Stream(self.world.seed, f"postgres/{k}", at // SECOND).uniform(3)
                for late, text in _texts(line.message, *u.tolist()):
                    yield at + late, self._own_line(at + late, process, line.backend, text)

    def _own_line(self, at: int, process: Backend, backend: str, text: str) -> str:
        head = {"timestamp": _stamp(at), "pid": process.pid, "session_id": process.session_id, "line_num": 0}
        tail = {"session_start": _second(process.begin), "txid": 0, "error_severity": "LOG", "message": text}
        return dumps(head | tail | {"backend_type": backend, "query_id": 0}) + "\n"

    def _of_requests(self, requests: Requests, low: int) -> Iterator[tuple[int, str]]:
        """Write the lines of queries that fail or take long."""
        for k, kind in enumerate(self.world.kinds.all):
            last = len(kind.queries) - 1
            if kind.outcome is None or last < 0:
                continue
            mine = np.flatnonzero(requests.kind == k)
            took = requests.query_end[mine, last] - requests.query_start[mine, last]
            if not kind.outcome.sqlstate:
                mine = mine[took >= SLOW_MS * 1000]
            for row in mine.tolist():
                at = max(int(requests.query_end[row, last]), low)
                yield at, self._query_line(requests, row, last, at)

    def _query_line(self, requests: Requests, row: int, query: int, at: int) -> str:
        kind = self.world.kinds.all[int(requests.kind[row])]
        dsn = self.world.scenario.releases[int(requests.release[row])].dsn
        start, end = int(requests.query_start[row, query]), int(requests.query_end[row, query])
        word = int(requests.query_span[row, query])
        sql = _bound(kind.queries[query].text, int(requests.user[row]), word)
        outcome = kind.outcome
        backend = self._backend_of(int(requests.host[row]), start, end, word)
        if outcome is None or not outcome.sqlstate:
            took = f"duration: {(end - start) / 1000:.3f} ms  statement: {sql}"
            return self._line(
                at,
                backend,
                ServerLine("LOG", took, user=dsn.user, dbname=dsn.dbname),
                kind.queries[query].operation,
            )
        detail = outcome.server_detail.replace("{key}", _key(word))
        line = ServerLine("ERROR", outcome.server_message, outcome.sqlstate, detail, dsn.user, dsn.dbname)
        return self._line(at, backend, line, kind.queries[query].operation, statement=sql)

    def _backend_of(self, host: int, start: int, end: int, word: int) -> Backend:
        """Choose the connection that a query ran on, among those that were there all the while."""
        there = [b for b in self._by_host[host] if b.begin <= start and end <= b.end]
        return there[word % len(there)]

    def _line(
        self,
        at: int,
        backend: Backend,
        line: ServerLine,
        ps: str,
        kind: str = "client backend",
        statement: str = "",
    ) -> str:
        address = self.world.scenario.topology.hosts[backend.host].address
        record: dict[str, Any] = {"timestamp": _stamp(at)}
        record |= {key: value for key, value in {"user": line.user, "dbname": line.dbname}.items() if value}
        record |= {"pid": backend.pid, "remote_host": address, "remote_port": backend.port}
        record |= {"session_id": backend.session_id, "line_num": 0}
        record |= {"ps": ps} if ps else {}
        record |= {"session_start": _second(backend.begin)}
        record |= (
            {"vxid": f"{backend.pid % 97}/{2 + max(0, at - backend.begin) // 9_000_000}"} if line.user else {}
        )
        record |= {"txid": 0, "error_severity": line.severity}
        optional = {
            "state_code": line.sqlstate,
            "message": line.message,
            "detail": line.detail,
            "statement": statement,
        }
        record |= {key: value for key, value in optional.items() if value}
        record |= (
            {"application_name": "bank-web"}
            if line.user and kind == "client backend" and ps not in _EARLY
            else {}
        )
        return dumps(record | {"backend_type": kind, "query_id": 0}) + "\n"


_EARLY = ("authentication", "startup")


@dataclass
class Numbering:
    """Fill in the number of each line within its session, line after line."""

    seen: dict[bytes, int] = field(default_factory=dict)

    def apply(self, text: bytes) -> bytes:
        """Number the lines of the next piece of the log."""
        return _UNNUMBERED.sub(self._number, text)

    def _number(self, match: re.Match[bytes]) -> bytes:
        session = match.group(1)
        self.seen[session] = self.seen.get(session, 0) + 1
        return b'"session_id":"%b","line_num":%d' % (session, self.seen[session])


_UNNUMBERED = re.compile(rb'"session_id":"([0-9a-f.]+)","line_num":0')


def _texts(message: str, a: float, b: float, c: float) -> list[tuple[int, str]]:
    """Write what the server says of one piece of its own work."""
    if message != "checkpoint":
        return [(0, message)]
    buffers, seconds = int(20 + a * 160), 2 + b * 14
    write = f"write={seconds:.3f} s, sync=0.{int(c * 30):03d} s, total={seconds + 0.041:.3f} s"
    done = (
        f"checkpoint complete: wrote {buffers} buffers ({buffers / 163.84:.1f}%), wrote 2 SLRU buffers; "
        f"0 WAL file(s) added, 0 removed, 0 recycled; {write}"
    )
    return [(0, "checkpoint starting: time"), (int((seconds + 0.041) * SECOND), done)]


def _stamp(us: int) -> str:
    return f"{from_us(us):%Y-%m-%d %H:%M:%S}.{us // 1000 % 1000:03d} UTC"


def _second(us: int) -> str:
    return f"{from_us(us):%Y-%m-%d %H:%M:%S} UTC"


def _session_time(us: int) -> str:
    seconds, milliseconds = divmod(us // 1000, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milliseconds:03d}"


def _key(word: int) -> str:
    return f"{word:016x}"


def _bound(sql: str, user: int, word: int) -> str:
    """Write a query as the server saw it: with its values."""
    account = str(int(account_of(np.array([user]))[0]))
    values = {"account_id": account, "login": f"'customer-{user:05d}'", "idempotency_key": f"'{_key(word)}'"}
    values |= {
        "transfer_id": str(word % 10**9),
        "amount": f"{word % 90_000 / 100 + 1:.2f}",
        "customer_id": str(user),
    }
    return re.sub(r"%\((\w+)\)s", lambda m: values.get(m.group(1), f"'{word:016x}'"), sql)
