"""The moments in each file of a bundle: moved elsewhere, or the record left out."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

#: Gives the new moment of a record in nanoseconds since 1970, or None to leave the record out. It is asked
#: with the moment, and with the trace that the record belongs to, if it names one.
Mover = Callable[[int, str], int | None]
#: Nanoseconds in a second.
SECOND = 1_000_000_000
_ACCESS_TIME = re.compile(r"\[((\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) \+0000)\]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_POSTGRES_KEYS = ("timestamp", "session_start")


def nanoseconds(when: dt.datetime) -> int:
    """Turn a time into nanoseconds since 1970, exactly."""
    return (when - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1) * 1000


def instant(ns: int) -> dt.datetime:
    """Turn nanoseconds since 1970 into a time, to the microsecond.

    Examples
    --------
    >>> nanoseconds(instant(1_700_000_000_123_456_000))
    1700000000123456000
    """
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=ns // 1000)


def move(folder: Path, mover: Mover, *, access: Mover | None = None) -> None:
    """Move every record of the files that the bank and its server write.

    Parameters
    ----------
    folder : Path
        A bundle; its files are replaced.
    mover : callable
        For all files.
    access : callable, optional
        For the access log in its place; it is asked with the whole line where others tell their trace.
    """
    for name, each in _FILES.items():
        file = folder / name
        if file.is_file():
            asked = access if access is not None and each is _access else mover
            lines = [moved for line in _lines(file) if (moved := each(line, asked)) is not None]
            file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def _lines(file: Path) -> Iterator[str]:
    return (line for line in file.read_text(encoding="utf-8").split("\n") if line)


def _app_log(line: str, mover: Mover) -> str | None:
    record = json.loads(line)
    at = mover(nanoseconds(dt.datetime.fromisoformat(record["timestamp"])), record.get("trace_id", ""))
    if at is None:
        return None
    stamp = instant(at).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return _dumps(record | {"timestamp": stamp})


def _postgres(line: str, mover: Mover) -> str | None:
    record = json.loads(line)
    for key in _POSTGRES_KEYS:
        if key not in record:
            continue
        text = record[key]
        at = mover(_postgres_time(text), "")
        if at is not None:
            record[key] = _as_postgres(instant(at), fraction="." in text)
        elif key == "timestamp":
            return None
    return _dumps(record)


def _postgres_time(text: str) -> int:
    return nanoseconds(dt.datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=dt.UTC))


def _as_postgres(when: dt.datetime, *, fraction: bool) -> str:
    stamp = when.isoformat(sep=" ", timespec="milliseconds" if fraction else "seconds")
    return stamp.removesuffix("+00:00") + " UTC"


def _access(line: str, mover: Mover) -> str | None:
    found = _ACCESS_TIME.search(line)
    if found is None:
        return line
    at = mover(access_time(line), line)
    if at is None:
        return None
    when = instant(at)
    stamp = f"{when.day:02d}/{_MONTHS[when.month - 1]}/{when:%Y:%H:%M:%S} +0000"
    return f"{line[: found.start(1)]}{stamp}{line[found.end(1) :]}"


def access_time(line: str) -> int:
    """Read when a line of an access log was written, in nanoseconds since 1970.

    Examples
    --------
    >>> access_time('192.0.2.1 - - [01/Dec/2023:14:00:01 +0000] "GET / HTTP/1.1" 200 15')
    1701439201000000000
    """
    found = _ACCESS_TIME.search(line)
    if found is None:
        return 0
    day, month, year, *clock = found.groups()[1:]
    hour, minute, second = map(int, clock)
    when = dt.datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=dt.UTC)
    return nanoseconds(when)


def _traces(line: str, mover: Mover) -> str | None:
    batch = json.loads(line)
    for resource in batch["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            scope["spans"] = [one for span in scope["spans"] if (one := _span(span, mover)) is not None]
        resource["scopeSpans"] = [scope for scope in resource["scopeSpans"] if scope["spans"]]
    batch["resourceSpans"] = [one for one in batch["resourceSpans"] if one["scopeSpans"]]
    return _dumps(batch) if batch["resourceSpans"] else None


def _span(span: dict[str, Any], mover: Mover) -> dict[str, Any] | None:
    start = int(span["startTimeUnixNano"])
    moved = mover(start, span["traceId"])
    if moved is None:
        return None
    for record in (span, *span.get("events", ())):
        for key in ("startTimeUnixNano", "endTimeUnixNano", "timeUnixNano"):
            if key in record:
                record[key] = str(int(record[key]) - start + moved)
    return span


def _metrics(line: str, mover: Mover) -> str | None:
    batch = json.loads(line)
    left = 0
    for resource in batch["resourceMetrics"]:
        for scope in resource["scopeMetrics"]:
            for metric in scope["metrics"]:
                gauge = metric.get("gauge") or metric.get("sum") or {}
                points = list(_points(gauge.get("dataPoints", ()), mover))
                gauge["dataPoints"] = points
                left += len(points)
    return _dumps(batch) if left else None


def _points(points: Iterable[dict[str, Any]], mover: Mover) -> Iterator[dict[str, Any]]:
    for point in points:
        at = mover(int(point["timeUnixNano"]), "")
        if at is not None:
            yield point | {"timeUnixNano": str(at)}


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_FILES: dict[str, Callable[[str, Mover], str | None]] = {
    "app.log.jsonl": _app_log,
    "traces.otlp.jsonl": _traces,
    "metrics.otlp.jsonl": _metrics,
    "postgresql.json": _postgres,
    "access.log": _access,
}
