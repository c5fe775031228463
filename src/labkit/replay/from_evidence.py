"""A recording from evidence of any origin: arrivals as they were, service times from its healthy part."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.core.errors import LabError
from labkit.evidence.schema import require_evidence
from labkit.replay.change import DsnChange, find_change, lost_requests, read_sql
from labkit.replay.inferred import infer_change
from labkit.replay.recorded_queue import Lost, recorded_queue
from labkit.replay.recording import FOREVER, Recording, to_us
from labkit.replay.spared import Spared, spare
from labkit.replay.topology import Surroundings, seen

if TYPE_CHECKING:
    import duckdb

    from labkit.simulation.streams import Floats, Ints
    from labkit.simulation.world import Flags

HEALTH_CHECKS = "^/(livez|readyz|healthz|health|ping)/?$"
_POOL_ERRORS = ("PoolTimeout", "TooManyRequests")

SAME_PAGES = "People would have asked for the same pages at the same moments."
SPARED = (
    "A request that got no connection would have been answered like a healthy one of its route; "
    "its own id decides which."
)


def from_evidence(con: duckdb.DuckDBPyConnection) -> Recording:
    """Read a recording from loaded evidence; `con` is not changed.

    Raises
    ------
    LabError
        When it is no connection to loaded evidence, or the evidence holds no request.
    """
    require_evidence(con)
    rows, (change, inferred) = _rows(con), _change(con)
    lost = _lost(con, change, rows)
    routes, route = _codes(rows["route"])
    hosts, host = _codes(rows["host"])
    own, needs, notes = _own(rows, lost, route)
    draw = numbers(rows["trace_id"], rows["span_id"])
    healthy = needs & ~rows["failed"] & (rows["start_us"] < (to_us(change.from_utc) if change else FOREVER))
    missed = needs & (lost | _crowded_out(rows))
    spared = spare(own, missed=missed, healthy=healthy, route=route, draw=draw)
    queue, waited = recorded_queue(con, hosts, Lost.of(rows, lost, crowded_out=_crowded_out(rows)))
    return Recording(
        **_arrived(rows, lost),
        **spared.columns(),
        route=route,
        routes=routes,
        host=host,
        hosts=hosts,
        needs=needs,
        draw=draw,
        change=change,
        queue=queue,
        detected_us=_detected(con, change),
        surroundings=_surroundings(con, change, routes, hosts),
        assumptions=(*inferred, SAME_PAGES, SPARED, *_of_requests(rows), *notes, *waited, _ONE_SERVER),
        con=con,
    )


def _change(con: duckdb.DuckDBPyConnection) -> tuple[DsnChange | None, tuple[str, ...]]:
    """Find the change in the deployments' record; where there is none, infer it, and say from what."""
    change = find_change(con)
    inferred = infer_change(con) if change is None else None
    return (change, ()) if inferred is None else (inferred.change, inferred.assumptions)


def _rows(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    table = con.execute(read_sql("recorded_requests"), {"health_checks": HEALTH_CHECKS}).fetchnumpy()
    if len(table["start_us"]) == 0:
        raise LabError("the evidence holds no request, so there is nothing to replay")
    return {name: np.ma.getdata(column) for name, column in table.items()}


def _lost(con: duckdb.DuckDBPyConnection, change: DsnChange | None, rows: dict[str, Any]) -> Flags:
    if change is None:
        return np.zeros(len(rows["start_us"]), dtype=np.bool_)
    return np.isin(rows["span_id"].astype(str), np.array(lost_requests(con, change), dtype=str))


def _arrived(rows: dict[str, Any], lost: Flags) -> dict[str, Any]:
    """Name what the record says of each request as a recording does."""
    users, user = _codes(np.where(rows["user_name"] != "", rows["user_name"], rows["visit"]))
    errors, error = _codes(rows["error_type"])
    return {
        "start": rows["start_us"],
        "end": rows["end_us"],
        "status": rows["status"].astype(np.int64),
        "failed": rows["failed"],
        "error": error,
        "errors": errors,
        "visit": _codes(rows["visit"])[1],
        "user": user,
        "users": users,
        "probe": rows["probe"],
        "lost": lost,
        "refused": lost & (rows["first_query_us"] < 0),
        "turn": numbers(np.where(rows["visit"] != "", rows["visit"], rows["trace_id"])),
        "trace_ids": rows["trace_id"],
        "span_ids": rows["span_id"],
    }


def _of_requests(rows: dict[str, Any]) -> list[str]:
    """Say what was taken for a request, and for a visit."""
    said = []
    if rows["nested"].any():
        said.append(
            "What one server asks of another belongs to the request that made it: only that is replayed."
        )
    if not (rows["visit"] != "").any():
        said.append("No request names its visit: each counts as a visit of its own.")
    return said


_ONE_SERVER = "The only server there is is the one that healthy requests reached, with the recorded password."


def numbers(*columns: Any) -> Floats:
    """Turn ids into numbers between 0 and 1, the same on every machine.

    Examples
    --------
    >>> numbers(["a", "b"]).round(3).tolist()
    [0.909, 0.444]
    """
    words = zip(*columns, strict=True)
    return np.array([zlib.crc32("/".join(parts).encode()) / 2**32 for parts in words], dtype=np.float64)


def _codes(column: Any) -> tuple[tuple[str, ...], Ints]:
    """Number the different words of a column; an empty word is -1."""
    words, codes = np.unique(np.asarray(column, dtype=str), return_inverse=True)
    codes = codes.astype(np.int64)
    if len(words) and words[0] == "":
        return tuple(words[1:].tolist()), codes - 1
    return tuple(words.tolist()), codes


def _crowded_out(rows: dict[str, Any]) -> Flags:
    bare = rows["first_query_us"] < 0
    ended = np.array([error.endswith(_POOL_ERRORS) for error in rows["error_type"]], dtype=np.bool_)
    return np.asarray(rows["failed"] & bare & ended)


def _own(rows: dict[str, Any], lost: Flags, route: Ints) -> tuple[Spared, Flags, list[str]]:
    """Tell what each request took by itself, and which ones asked the database."""
    start, end = rows["start_us"], rows["end_us"]
    asked = rows["first_query_us"] >= 0
    needs = asked | lost | _crowded_out(rows)
    notes: list[str] = []
    if not asked.any():
        needs |= np.isin(route, np.unique(route[needs]))
        notes.append("There are no query spans: a connection is taken to be held for the whole request.")
    first = np.where(asked, rows["first_query_us"], start)
    last = np.where(asked, np.maximum(rows["last_query_us"], first), end)
    before, hold = np.maximum(first - start, 0), last - first
    after = np.maximum(end - last, 0)
    return (
        Spared(~lost, before, hold, after, rows["longest_us"], rows["status"].astype(np.int64)),
        needs,
        notes,
    )


def _detected(con: duckdb.DuckDBPyConnection, change: DsnChange | None) -> int | None:
    if change is None:
        return None
    [(first,)] = con.execute(
        "SELECT min(time_utc) FROM messages WHERE channel IN ('user-report', 'pager') AND time_utc >= $since",
        {"since": change.from_utc},
    ).fetchall()
    return to_us(first) if first else None


def _surroundings(
    con: duckdb.DuckDBPyConnection, change: DsnChange | None, routes: tuple[str, ...], hosts: tuple[str, ...]
) -> Surroundings:
    texts: dict[str, list[str]] = {}
    for route, text, _ in con.execute(read_sql("query_texts")).fetchall():
        texts.setdefault(route, []).append(text)
    known = [(name.partition(" ")[2], name.partition(" ")[0], texts.get(name, ())) for name in routes]
    others = con.execute(
        """SELECT DISTINCT address FROM (
               SELECT server_address AS address FROM spans UNION ALL
               SELECT attributes ->> '$."server.address"' FROM metrics) WHERE address <> '' ORDER BY 1"""
    ).fetchall()
    text = change.before if change else _reached(con)
    return seen(text, hosts, [name for (name,) in others], known)


def _reached(con: duckdb.DuckDBPyConnection) -> str:
    """Write the connection string that the successful queries speak of."""
    row = con.execute(
        """SELECT server_address, server_port, db_namespace FROM queries
           WHERE NOT coalesce(failed, false) AND server_address IS NOT NULL
           GROUP BY ALL ORDER BY count(*) DESC, 1, 2, 3 LIMIT 1"""
    ).fetchone()
    host, port, dbname = row or ("localhost", 5432, "postgres")
    return f"postgresql://app:***@{host}:{port or 5432}/{dbname or 'postgres'}"
