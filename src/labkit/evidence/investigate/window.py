"""Find when it happened: onset, recovery and detection."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.evidence.investigate.ask import Answer, ask
from labkit.evidence.investigate.model import Happened, Row, Window
from labkit.evidence.investigate.traffic import Traffic

if TYPE_CHECKING:
    import duckdb

#: Evidence in nat that speaks loud: beside a known incident nothing less is another one.
_LOUD = 60.0
#: Least length of a run in seconds, and least evidence in nat: what is shorter must speak louder.
_LOOKS = ((120.0, 25.0), (10.0, _LOUD))
_LEAST_RATIO = 0.01
#: Share of the recorded time that a run must last, for recordings of a few minutes only.
_SHARE = 0.1
_REPORTS = ("user-report", "pager")
#: A database is another one when all but this share of the queries go there.
_MOVED = 0.05


def find_window(traffic: Traffic) -> Window:
    """Find the run of failures; where there is none, queries that went elsewhere, or slow answers."""
    window = _run(traffic)
    if window.found:
        return window
    moved = _moved(traffic.con, window)
    if moved is not None or traffic.plane != "requests":
        return moved or window
    traffic.count_slow()
    slow = _run(traffic)
    if slow.found:
        return replace(slow, slow=True)
    traffic.count_failed()
    return window


def find_other(traffic: Traffic, window: Window) -> Window | None:
    """Find another run of failures outside the one that is known; None where there is none.

    From then on the traffic is without the time of the first.
    """
    if window.begin is None or window.end is None or window.slow or window.state == "silent":
        return None
    traffic.leave_out(window.begin, window.end)
    other = _run(traffic, looks=((120.0, _LOUD),))
    return other if other.found else None


def _run(traffic: Traffic, looks: tuple[tuple[float, float], ...] = _LOOKS) -> Window:
    con = traffic.con
    first, last = con.execute("SELECT min(start_utc), max(start_utc) FROM requests").fetchall()[0]
    seconds = (last - first).total_seconds() if first is not None else 0.0
    for least_s, evidence in looks:
        answer = ask(
            con,
            "onset_and_recovery",
            min_seconds=max(1.0, min(least_s, _SHARE * seconds)),
            min_ratio=_LEAST_RATIO,
            min_evidence=evidence,
        )
        window = _window(answer.rows[0], answer, first, last, traffic.plane)
        if window.found:
            return window
    return window


def _window(
    row: Row, answer: Answer, first: dt.datetime | None, last: dt.datetime | None, plane: str
) -> Window:
    return Window(
        state=row["state"],
        onset_utc=row["onset_utc"],
        recovery_utc=row["recovery_utc"],
        first_utc=first,
        last_utc=last,
        requests=row["requests"] or 0,
        failed=row["failed"] or 0,
        plane=plane,
        citation=answer.citation,
        row=row,
    )


def _moved(con: duckdb.DuckDBPyConnection, quiet: Window) -> Window | None:
    """Find a time in which one program's queries went to another database than before, without an error."""
    answer = ask(con, "query_targets")
    for other in answer.rows:
        same = [
            row for row in answer.rows if row["service_name"] == other["service_name"] and row is not other
        ]
        earlier = [row for row in same if row["first_utc"] < other["first_utc"] and _differs(row, other)]
        if not earlier:
            continue
        return_utc = _back(con, other, earlier)
        if return_utc is not False:
            span: dict[str, Any] = {"onset_utc": other["first_utc"], "recovery_utc": return_utc}
            return Window(
                state="silent",
                first_utc=quiet.first_utc,
                last_utc=quiet.last_utc,
                requests=int(other["outside"]),
                failed=0,
                plane="queries",
                citation=answer.citation,
                row=other,
                **span,
            )
    return None


def _differs(one: Row, two: Row) -> bool:
    parts = ("server_address", "server_port", "db_namespace")
    return any(one[part] != two[part] and None not in (one[part], two[part]) for part in parts)


def _back(con: duckdb.DuckDBPyConnection, other: Row, earlier: list[Row]) -> dt.datetime | bool | None:
    """Give when the queries came back, None for never, False where they did not leave."""
    until = other["last_utc"] + dt.timedelta(microseconds=1)
    inside = ask(con, "query_targets", from_utc=other["first_utc"], until_utc=until)
    of_service = inside.where(lambda row: row["service_name"] == other["service_name"])
    here = sum(row["during"] for row in of_service if not _differs(row, other))
    there = sum(row["during"] for row in of_service if _differs(row, other))
    if there > _MOVED * (here + there) or here < 20:
        return False
    later = [row for row in earlier if row["last_utc"] > other["last_utc"]]
    return until if later else None


def find_detection(con: duckdb.DuckDBPyConnection, window: Window) -> Happened | None:
    """Find the first report of a user or the first page after the onset."""
    if not window.found:
        return None
    found: list[Happened] = []
    for channel in _REPORTS:
        answer = ask(con, "first_reports", onset_utc=window.begin, channel=channel, first=1)
        found += [
            Happened(row["time_utc"], channel, f"{row['author']}: {row['text']}", answer.citation)
            for row in answer.rows
        ]
    return min(found, key=lambda happened: happened.time_utc, default=None)
