"""The database server's own log (jsonlog): keys in the server's order, absent where there is nothing to say.

The order is that of ``write_jsonlog`` in PostgreSQL 18 (src/backend/utils/error/jsonlog.c). The number of a
line within its session is filled in when the blocks are put together (``Numbering``).
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.simulation.backends import Backend, backends
from labkit.simulation.clock import SECOND, from_us, to_us
from labkit.simulation.columns import account_of
from labkit.simulation.faults import ServerLine, accepted
from labkit.simulation.faults.query_errors import CUT, CUT_MESSAGE
from labkit.simulation.losses import lost_share
from labkit.simulation.model import ConnectionString
from labkit.simulation.reconnects import Attempt
from labkit.simulation.requests import Requests
from labkit.simulation.rows import Text
from labkit.simulation.streams import Stream
from labkit.simulation.traces import dumps
from labkit.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labkit.simulation.streams import Ints
    from labkit.simulation.world import Flags

SLOW_MS = 1000
_FRESH_US = 300 * SECOND
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
    def _by_host(self) -> list[tuple[list[Backend], Ints, Ints]]:
        """List each host's backends, with their beginnings and ends as arrays."""
        found = []
        for host in range(len(self.world.scenario.topology.hosts)):
            mine = [backend for backend in self._backends if backend.host == host]
            found.append((mine, np.array([b.begin for b in mine]), np.array([b.end for b in mine])))
        return found

    @cached_property
    def _standing(self) -> tuple[Ints, list[tuple[int, str]]]:
        """Write the lines of failed attempts and of the server's own work, for the whole window."""
        lines = sorted(itertools.chain(self._knocks(), self._own_work()), key=lambda line: line[0])
        return np.array([at for at, _ in lines], dtype=np.int64), lines

    def write(self, requests: Requests, low: int, high: int) -> Text:
        """Write what is logged from ``low`` until ``high``; requests are given in the order of their ends."""
        when, lines = self._standing
        first, last = np.searchsorted(when, [low, high])
        found = lines[first:last]
        found += [line for line in self._lifecycles(low, high) if low <= line[0] < high]
        found += self._of_requests(requests, low)
        found.sort(key=lambda line: line[0])
        return Text([text.encode() for _, text in found], len(found))

    def _lifecycles(self, low: int, high: int) -> Iterator[tuple[int, str]]:
        """Write three lines when a connection comes and one when it goes, for those that do so by then."""
        begins, ends = self._turns
        comes = (begins > low - SECOND) & (begins < high)
        goes = (ends >= low) & (ends < min(high, self.world.grid.end_us))
        for k in np.flatnonzero(comes | goes).tolist():
            backend = self._backends[k]
            if comes[k]:
                dsn = self.world.scenario.releases[backend.release].dsn
                yield from self._welcome(backend, accepted(dsn, self.world.scenario.topology))
            if goes[k] and backend.cut:
                dsn = self.world.scenario.releases[backend.release].dsn
                yield backend.end, self._line(backend.end, backend, _cut(dsn), "idle", vxid="")
            if goes[k]:
                yield backend.end, self._line(backend.end, backend, self._goodbye(backend), "idle", vxid="")

    @cached_property
    def _turns(self) -> tuple[Ints, Ints]:
        """Return when each backend begins and ends."""
        return np.array([b.begin for b in self._backends]), np.array([b.end for b in self._backends])

    def _goodbye(self, backend: Backend) -> ServerLine:
        dsn = self.world.scenario.releases[backend.release].dsn
        address = self.world.scenario.topology.hosts[backend.host].address
        took = _session_time(backend.end - backend.begin)
        who = f"user={dsn.user} database={dsn.dbname} host={address} port={backend.port}"
        return _logged(dsn, f"disconnection: session time: {took} {who}")

    def _welcome(self, backend: Backend, lines: tuple[ServerLine, ...]) -> Iterator[tuple[int, str]]:
        address = self.world.scenario.topology.hosts[backend.host].address
        at = backend.begin
        text = f"connection received: host={address} port={backend.port}"
        yield at, self._line(at, backend, ServerLine("LOG", text), "", vxid="")
        for line in lines:
            at += 1_400
            stage = _stage(line, alone=len(lines) == 1)
            text = line.message.replace("{port}", str(backend.port))
            yield at, self._line(at, backend, replace(line, message=text), stage, vxid="1")

    def _knocks(self) -> Iterator[tuple[int, str]]:
        """Write what failed attempts leave behind, where they reach the server at all."""
        for k, attempt in enumerate(self.attempts):
            result = self.world.connect(attempt.release, attempt.host)
            if result.reached:
                pid, port = 60_000 + 3 * k, 33_000 + (k * 7919) % 27_000
                knock = Backend(attempt.host, 0, attempt.release, attempt.at - 6_000, attempt.at, pid, port)
                yield from self._welcome(knock, result.server_lines)

    def _own_work(self) -> Iterator[tuple[int, str]]:
        """Write checkpoints and other work of the server's own processes; without clients there is none."""
        for k, line in enumerate(self.world.scenario.postgres_lines):
            stop = min(to_us(line.until or line.at), self.world.grid.end_us)
            start = to_us(self.world.scenario.start) - _UP_SINCE_US
            process = Backend(0, 0, 0, start, stop, 811 + k, 0)
            every = int(line.every_s * SECOND)
            for at in range(to_us(line.at), stop + 1, max(1, every)):
                if every and not (self._had_clients(at - _FRESH_US, at) and self._is_up(at)):
                    continue  # nothing was written, so no checkpoint is due and nothing to analyze
                u = Stream(self.world.seed, f"postgres/{k}", at // SECOND).uniform(3)
                for late, text in _texts(line.message, *u.tolist()):
                    yield at + late, self._own_line(at + late, process, line.backend, text)

    def _is_up(self, at: int) -> bool:
        release = int(np.maximum(self.world.release_at(np.array([at])), 0)[0])
        return all(
            d.state not in ("down", "starting") for d in self.world.scenario.releases[release].databases
        )

    def _had_clients(self, begin: int, end: int) -> bool:
        begins, ends = self._turns
        return bool(np.any((begins < end) & (ends > begin)))

    def _own_line(self, at: int, process: Backend, backend: str, text: str) -> str:
        head = {"timestamp": _stamp(at), "pid": process.pid, "session_id": process.session_id, "line_num": 0}
        tail = {"session_start": _second(process.begin), "txid": 0, "error_severity": "LOG", "message": text}
        return dumps(head | tail | {"backend_type": backend, "query_id": 0}) + "\n"

    def _of_requests(self, requests: Requests, low: int) -> Iterator[tuple[int, str]]:
        """Write the lines of queries that fail or take long."""
        last = np.array(
            [len(k.queries) - 1 if k.outcome and k.outcome.sqlstate else -1 for k in self.world.kinds.all]
        )
        took = requests.query_end - requests.query_start
        lost = lost_share(self.world, requests.start, requests.host) > 0
        slow = ~(lost & self.world.succeeds[requests.kind])  # the server does not see what the way takes
        for query in range(took.shape[1]):
            failed = last[requests.kind] == query
            failed &= ~self._cut_kinds[requests.kind]
            for row in np.flatnonzero(failed | (slow & (took[:, query] >= SLOW_MS * 1000))).tolist():
                at = max(int(requests.query_end[row, query]), low)
                yield at, self._query_line(requests, row, query, at=at, failed=bool(failed[row]))

    @cached_property
    def _cut_kinds(self) -> Flags:
        """Tell for each kind whether it fails on a connection that the server has ended before."""
        return np.array([bool(k.outcome and k.outcome.sqlstate == CUT) for k in self.world.kinds.all])

    def _query_line(self, requests: Requests, row: int, query: int, *, at: int, failed: bool) -> str:
        kind = self.world.kinds.all[int(requests.kind[row])]
        dsn = self.world.scenario.releases[int(requests.release[row])].dsn
        start, end = int(requests.query_start[row, query]), int(requests.query_end[row, query])
        word, operation = int(requests.query_span[row, query]), kind.queries[query].operation
        sql = _bound(kind.queries[query].text, int(requests.user[row]), word)
        backend = self._backend_of(int(requests.host[row]), start, end, word)
        if not failed or kind.outcome is None:
            slow = _logged(dsn, f"duration: {(end - start) / 1000:.3f} ms  statement: {sql}")
            return self._line(at, backend, slow, operation)
        detail = kind.outcome.server_detail.replace("{key}", _key(word))
        state, message = kind.outcome.sqlstate, kind.outcome.server_message
        line = ServerLine("ERROR", message, state, detail, dsn.user, dsn.dbname)
        local = str(2 + (at - backend.begin) // 9_000_000)
        return self._line(at, backend, line, operation, statement=sql, vxid=local)

    def _backend_of(self, host: int, start: int, end: int, word: int) -> Backend:
        """Choose the connection that a query ran on, among those that were there all the while."""
        mine, begins, ends = self._by_host[host]
        there = np.flatnonzero((begins <= start) & (end <= ends))
        if not len(there):
            there = np.flatnonzero(begins <= end)[-1:]
        return mine[int(there[word % len(there)])]

    def _line(
        self, at: int, backend: Backend, line: ServerLine, ps: str, *, statement: str = "", vxid: str = "0"
    ) -> str:
        """Write a line of a client's backend; ``vxid`` is empty where it has no transaction at all."""
        address = self.world.scenario.topology.hosts[backend.host].address
        record: dict[str, Any] = {"timestamp": _stamp(at)}
        record |= {key: value for key, value in {"user": line.user, "dbname": line.dbname}.items() if value}
        record |= {"pid": backend.pid, "remote_host": address, "remote_port": backend.port}
        record |= {"session_id": backend.session_id, "line_num": 0, "ps": ps}
        record |= {"session_start": _second(backend.begin)}
        record |= {"vxid": f"{backend.pid % 97}/{vxid}"} if vxid else {}
        writes = ps == "INSERT" and line.severity == "ERROR"
        record |= {"txid": _transaction(at, self.world) if writes else 0, "error_severity": line.severity}
        optional = {"state_code": line.sqlstate, "message": line.message, "detail": line.detail}
        optional |= {"statement": statement}
        record |= {key: value for key, value in optional.items() if value}
        if line.user and ps not in _EARLY:
            record["application_name"] = self.world.scenario.topology.service
        kind = "client backend" if line.user else "not initialized"
        return dumps(record | {"backend_type": kind, "query_id": 0}) + "\n"


def _stage(line: ServerLine, *, alone: bool) -> str:
    """Name what a client's backend is doing: without a slot it does not come to the authentication."""
    if line.severity != "FATAL":
        return "authentication"
    if not alone:
        return "startup"
    return "initializing" if line.sqlstate == "53300" else "authentication"


def _transaction(at: int, world: World) -> int:
    """Return the transaction number that the server has reached by then."""
    return 740_000 + (at - world.grid.start_us) // 400_000


def _logged(dsn: ConnectionString, text: str) -> ServerLine:
    return ServerLine("LOG", text, user=dsn.user, dbname=dsn.dbname)


def _cut(dsn: ConnectionString) -> ServerLine:
    return ServerLine("FATAL", CUT_MESSAGE, CUT, user=dsn.user, dbname=dsn.dbname)


_EARLY = ("authentication", "startup")


@dataclass
class Numbering:
    """Fill in the number of each line within its session, line after line."""

    seen: dict[bytes, int] = field(default_factory=dict)

    def apply(self, text: Text) -> Text:
        """Number the lines of the next piece of the log."""
        return Text([_UNNUMBERED.sub(self._number, part) for part in text.parts], text.lines)

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
        f"0 WAL file(s) added, 0 removed, 0 recycled; {write}; sync files={3 + int(c * 9)}, longest=0.004 s, "
        f"average=0.001 s; distance={int(90 + a * 700)} kB, estimate={int(400 + b * 500)} kB"
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
