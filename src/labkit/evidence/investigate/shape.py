"""Measure how the failures came: a step or a ramp, against load, against added capacity."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.evidence.investigate.ask import Answer, ask
from labkit.evidence.investigate.model import Claim, Row, Window
from labkit.evidence.investigate.settings import adds_capacity

if TYPE_CHECKING:
    import duckdb

_BUCKETS = 30
_PLATEAU = 0.6
_LOOK_MIN = 10
_WORKERS = re.compile(r"worker|replica|instance", re.I)
_CONNECTIONS = "db.client.connection.max"


@dataclass(frozen=True, slots=True)
class Shape:
    """How the failures came; None where the evidence cannot tell."""

    step: bool | None
    step_claim: Claim | None
    slower_before: bool | None
    slower_claim: Claim | None
    load_ratio: float | None
    load_claim: Claim | None
    capacity_helped: bool | None
    capacity_claim: Claim | None


def read_shape(con: duckdb.DuckDBPyConnection, window: Window, measures: Answer) -> Shape:
    """Measure the shape of an incident."""
    return Shape(
        *_step(con, window), *_slower(con, window), *_load(con, window), *_capacity(con, window, measures)
    )


def _step(con: duckdb.DuckDBPyConnection, window: Window) -> tuple[bool | None, Claim | None]:
    if window.onset_utc is None or window.failed == 0:
        return None, None
    seconds = max(1, int(60 * window.minutes / _BUCKETS))
    answer = ask(
        con, "error_ratio", bucket_seconds=seconds, from_utc=window.onset_utc, until_utc=window.recovery_utc
    )
    ratios = [row["error_ratio"] for row in answer.rows]
    if len(ratios) < 4:
        return None, None
    plateau = statistics.median(ratios)
    reached = next(row["time_utc"] for row in answer.rows if row["error_ratio"] >= _PLATEAU * plateau)
    after_s = max(0.0, (reached - window.onset_utc).total_seconds())
    late = statistics.fmean(ratios[len(ratios) // 2 :]) / max(
        statistics.fmean(ratios[: len(ratios) // 4 + 1]), 1e-9
    )
    step = after_s <= max(2.5 * seconds, 60.0) and late < 1.6
    said = (
        f"the error ratio stands at {plateau:.0%} in the middle of the incident "
        f"and is there {after_s:.0f} s after the onset"
        if step
        else f"the error ratio climbs: its second half is {late:.1f} times the first quarter"
    )
    return step, answer.claim(said)


def _slower(con: duckdb.DuckDBPyConnection, window: Window) -> tuple[bool | None, Claim | None]:
    """Tell whether good requests were already slower in the ten minutes before the first failures."""
    if window.onset_utc is None or window.first_utc is None:
        return None, None
    answer = ask(con, "latency_over_time", bucket_seconds=60)
    cut = window.onset_utc - dt.timedelta(minutes=_LOOK_MIN)
    near = [
        r["p50_ms"] for r in answer.rows if cut <= r["time_utc"] < window.onset_utc - dt.timedelta(minutes=1)
    ]
    far = [r["p50_ms"] for r in answer.rows if r["time_utc"] < cut]
    if len(near) < 3 or len(far) < 3:
        return None, None
    one, two = statistics.median(far), statistics.median(near)
    rows = answer.where(lambda r: cut <= r["time_utc"] < window.onset_utc)
    return two >= 1.25 * one, answer.claim(
        f"the median request takes {two:.0f} ms in the ten minutes before the first failures, "
        f"{one:.0f} ms earlier",
        rows,
    )


def _load(con: duckdb.DuckDBPyConnection, window: Window) -> tuple[float | None, Claim | None]:
    if window.onset_utc is None:
        return None, None
    answer = ask(con, "before_during_after", onset_utc=window.onset_utc, recovery_utc=window.recovery_utc)
    rate = {row["phase"]: row["requests_per_min"] for row in answer.rows}
    before, during = rate.get("before"), rate.get("during")
    if not before or during is None:
        return None, None
    return during / before, answer.claim(
        f"{during:.0f} requests a minute during the incident, {before:.0f} before"
    )


def _capacity(
    con: duckdb.DuckDBPyConnection, window: Window, measures: Answer
) -> tuple[bool | None, Claim | None]:
    """Tell whether failures became fewer when the program was given more room."""
    if window.begin is None or window.end is None:
        return None, None
    at = _grown_by_deployment(con, window) or _grown_by_metric(con, window, measures)
    if at is None:
        return None, None
    look = dt.timedelta(minutes=_LOOK_MIN)
    answer = ask(con, "error_ratio", bucket_seconds=60, from_utc=at - look, until_utc=at + look)
    before = _ratio(answer.where(lambda row: row["time_utc"] < at))
    after = _ratio(answer.where(lambda row: row["time_utc"] >= at))
    if before is None or after is None:
        return None, None
    said = (
        f"more room was given at {at:%H:%M} UTC: {before:.1%} of requests fail in the ten minutes before, "
        f"{after:.1%} in the ten after"
    )
    return after < 0.5 * before, answer.claim(said)


def _ratio(rows: tuple[Row, ...]) -> float | None:
    requests = sum(row["requests"] for row in rows)
    return sum(row["failed"] for row in rows) / requests if requests else None


def _grown_by_deployment(con: duckdb.DuckDBPyConnection, window: Window) -> dt.datetime | None:
    """Give when a deployment of more room was complete: an event of its own after the onset."""
    if window.begin is None or window.end is None:
        return None
    after = max(0.0, window.minutes - 1)
    rows = ask(con, "changes_before", at_utc=window.end, minutes_before=after, seconds_after=60.0).rows
    grown = [row for row in rows if row["setting"] and adds_capacity(row)]
    names = {row["deployment_name"] for row in grown}
    times = [row["time_utc"] for row in rows if row["deployment_name"] in names]
    return max(times, default=None) if grown else None


def _grown_by_metric(con: duckdb.DuckDBPyConnection, window: Window, measures: Answer) -> dt.datetime | None:
    names = sorted({row["name"] for row in measures.rows if _WORKERS.search(row["name"])}) or [_CONNECTIONS]
    answer = ask(con, "resources_against_errors", bucket_seconds=60, workers_metric=names[0])
    known = [row for row in answer.rows if row["workers"]]
    margin = dt.timedelta(minutes=2)
    begin, end = window.begin, window.end
    for last, row in itertools.pairwise(known):
        if (
            begin
            and end
            and begin < row["time_utc"] <= end + margin
            and row["workers"] >= 1.25 * last["workers"]
        ):
            return row["time_utc"]  # type: ignore[no-any-return]
    return None
