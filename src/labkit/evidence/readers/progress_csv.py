"""Snapshots of the class project: CSV with a header that names time, planned and completed milestones.

The header is a line like any other: it is used, so it counts as loaded. A quoted note may run over
several lines.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from labkit.core.records import ProgressRecord
from labkit.evidence.lines import Broken, Line
from labkit.evidence.readers.reading import Format, Lines, Loaded, Outcome, Rejected, reject
from labkit.evidence.strict import JsonObject, Unusable, integer, time_of

_NEEDED = ("time_utc", "planned_milestones", "completed_milestones")


def read(lines: Lines) -> Iterator[Outcome]:
    """Read the header, then one record after the other."""
    header: list[str] | None = None
    for record in _records(lines):
        if isinstance(record, Broken):
            yield reject(record, record.reason)
            continue
        try:
            cells = _cells(record)
            if header is None:
                header = _header(cells)
                yield Loaded(record[0].number, len(record), [])
            else:
                yield Loaded(record[0].number, len(record), [_snapshot(header, cells)])
        except Unusable as reason:
            raw = b"\n".join(line.raw for line in record)
            yield Rejected(record[0].number, len(record), record[0].offset, str(reason), raw)


def _records(lines: Lines) -> Iterator[list[Line] | Broken]:
    """Join the lines of one record: while quotes are open, the next line still belongs to it."""
    pending: list[Line] = []
    quotes = 0
    for line in lines:
        if isinstance(line, Broken):
            if pending:
                yield pending
            pending, quotes = [], 0
            yield line
            continue
        pending.append(line)
        quotes += line.raw.count(b'"')
        if quotes % 2 == 0:
            yield pending
            pending, quotes = [], 0
    for line in pending:
        yield [line]


def _cells(record: list[Line]) -> list[str]:
    try:
        text = "\n".join(line.content.decode("utf-8") for line in record)
    except UnicodeDecodeError as error:
        raise Unusable(f"invalid UTF-8 at byte {error.start} of the line") from error
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Unusable(f"not CSV: {error}") from error
    if len(rows) != 1:
        raise Unusable("not one record of CSV")
    return rows[0]


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise Unusable(f"the header lacks {', '.join(missing)}")
    return names


def _snapshot(header: list[str], cells: list[str]) -> ProgressRecord:
    if len(cells) != len(header):
        raise Unusable(f"{len(cells)} cells, but the header has {len(header)}")
    record: JsonObject = {name: cell or None for name, cell in zip(header, cells, strict=True)}
    for name in _NEEDED:
        if record[name] is None:
            raise Unusable(f"{name} is missing")
    return ProgressRecord(
        time_utc=time_of(record, "time_utc"),
        planned_milestones=integer(record, "planned_milestones"),
        completed_milestones=integer(record, "completed_milestones"),
        note=record.get("note"),
    )


def _looks_like(raw: bytes, _: JsonObject | None) -> bool:
    names = [name.strip() for name in raw.split(b",")]
    return all(name.encode() in names for name in _NEEDED)


FORMAT = Format(
    "progress",
    "progress",
    "progress of a project (CSV: time_utc,planned_milestones,completed_milestones,note)",
    _looks_like,
    read,
)
