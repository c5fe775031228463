"""PostgreSQL's log as text: any ``log_line_prefix``, and all lines of one record as one row.

A record begins with a prefix, a severity, a colon and two spaces. Its DETAIL, HINT, QUERY, CONTEXT,
STATEMENT and LOCATION follow with the prefix of the same process; a further line of one of these begins
with a tab. Severities are read in English. Source: send_message_to_server_log in
https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/error/elog.c
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from labkit.core.records import PostgresLogRecord
from labkit.evidence.lines import Line
from labkit.evidence.readers.folding import fold, together
from labkit.evidence.readers.postgres_csvlog import NOTHING, place_of
from labkit.evidence.readers.postgres_jsonlog import record_of
from labkit.evidence.readers.postgres_prefix import parts_of
from labkit.evidence.readers.reading import Format, Lines, Outcome
from labkit.evidence.strict import JsonObject, Unusable

_SEVERITIES = rb"DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC"
_PARTS = {
    "DETAIL": "detail",
    "HINT": "hint",
    "QUERY": "internal_query",
    "CONTEXT": "context",
    "STATEMENT": "statement",
    "LOCATION": "location",
    "BACKTRACE": "backtrace",
}
_HEAD = re.compile(
    rb"([^\n]{0,400}?)(?<!\w)(?:(" + _SEVERITIES + rb")|(" + "|".join(_PARTS).encode() + rb")):  (?! )"
)
_POSITION = re.compile(r" at character (\d{1,9})\Z")
_STATE = re.compile(r"([0-9A-Z]{5}): ")
_NO_RECORD = "no record of PostgreSQL begins here, and the line belongs to none"


def read(lines: Lines) -> Iterator[Outcome]:
    """Read one record after the other, each with the lines that belong to it."""
    return fold(lines, _belongs, _why_none, _record)


def _why_none(line: Line) -> str | None:
    """Say why a line begins no record, or nothing where it begins one."""
    match = None if line.content[:1] == b"\t" else _HEAD.match(line.content)
    return None if match is not None and match[2] is not None else _NO_RECORD


def _belongs(line: Line, pending: Sequence[Line]) -> bool:
    """Say whether a line continues the record that another one began."""
    first = pending[0]
    match = _HEAD.match(line.content)
    if line.content[:1] == b"\t" or not match:
        return line.content[:1].isspace()
    begin = _HEAD.match(first.content)
    if match[2] or not begin:
        return False
    ours, theirs = (parts_of(m[1].decode("utf-8", "replace")).get("pid") for m in (begin, match))
    return ours == theirs


def _record(lines: Sequence[Line]) -> Outcome:
    return together(lines, lambda text: [parse(text, lines[0].received)])


def parse(text: str, received: dt.datetime | None = None) -> PostgresLogRecord:
    """Read all lines of one record; without a time of its own it has that of the collector."""
    record: JsonObject = {}
    key = ""
    for line in text.split("\n"):
        match = None if line[:1] == "\t" else _HEAD.match(line.encode())
        if match and not (key and match[2]):
            key = "message" if match[2] else _PARTS[match[3].decode()]
            if key == "message":
                record = parts_of(match[1].decode()) | {"error_severity": match[2].decode()}
            record[key] = line.encode()[match.end() :].decode()
        elif key:
            record[key] += "\n" + line.removeprefix("\t")
    return record_of(_finished(record, received))


def _finished(record: JsonObject, received: dt.datetime | None) -> JsonObject:
    """Bring what stands within the texts to the keys it has in ``jsonlog``."""
    if "timestamp" not in record:
        if received is None:
            raise Unusable("the record has no time: log_line_prefix has none of %m, %t, %n")
        record["timestamp"] = received.isoformat()
    if "location" in record:
        state = _STATE.match(record["message"])
        if state:
            record |= {"state_code": state[1], "message": record["message"][state.end() :]}
        record |= place_of(record.pop("location"))
    record = {key: value for key, value in record.items() if (key, value) not in NOTHING}
    position = _POSITION.search(record["message"])
    if position:
        key = "internal_position" if "internal_query" in record else "cursor_position"
        record |= {"message": record["message"][: position.start()], key: int(position[1])}
    return record


def _looks_like(raw: bytes, record: JsonObject | None) -> bool:
    match = None if record is not None or raw[:1].isspace() else _HEAD.match(raw)
    return match is not None


FORMAT = Format(
    "postgresql stderr",
    "postgres_log",
    "PostgreSQL's log as text (any log_line_prefix with a time)",
    _looks_like,
    read,
)
