"""PostgreSQL's log as CSV: one record a row, which may run over many lines.

The columns have no names in the file, only their number tells the version: 23 up to 12, 24 in 13, 26 from 14
on. A record that was cut off has no end; it is set aside up to where the next one begins.
Source: https://www.postgresql.org/docs/18/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from labkit.core.records import PostgresLogRecord
from labkit.evidence.lines import Broken, Line
from labkit.evidence.readers.folding import set_aside, together
from labkit.evidence.readers.postgres_jsonlog import record_of
from labkit.evidence.readers.reading import Format, Lines, Loaded, Outcome, reject
from labkit.evidence.strict import JsonObject, Unusable, whole
from labkit.evidence.zones import PATTERN

#: The columns in their order, with the names that ``jsonlog`` gives them.
COLUMNS = (
    *("timestamp", "user", "dbname", "pid", "connection_from", "session_id", "line_num", "ps"),
    *("session_start", "vxid", "txid", "error_severity", "state_code", "message", "detail", "hint"),
    *("internal_query", "internal_position", "context", "statement", "cursor_position", "location"),
    *("application_name", "backend_type", "leader_pid", "query_id"),
)
#: What ``jsonlog`` leaves out: the state of success, and a client that gave itself no name.
NOTHING = (("state_code", "00000"), ("application_name", ""))
WIDTHS = (23, 24, 26)
_NUMBERS = ("pid", "line_num", "txid", "internal_position", "cursor_position", "leader_pid", "query_id")
_CELL = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",\n\r]*))(,|\Z)')
_QUOTED = r'(?:"[^"]*(?:""[^"]*)*"|[^",]*)'
_TIME = rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{{3}} (?:{PATTERN}|[A-Za-z]{{3,5}})"
_BEGIN = re.compile(rf"{_TIME},{_QUOTED},{_QUOTED},\d*,{_QUOTED},[0-9a-f]+\.[0-9a-f]+,\d+,".encode())
_PLACE = re.compile(r"(?:(\w+), )?(\S+):(\d+)")
_REMOTE = re.compile(r"(.+?)(?::(\d{1,5}))?")
_MOST_BEGINS = 3  # that one query may quote; more of them and the record before was cut off


def parse(record: str) -> list[PostgresLogRecord]:
    """Read one record of all its lines."""
    cells = _cells(record)
    if len(cells) not in WIDTHS:
        raise Unusable(f"{len(cells)} columns; PostgreSQL's csvlog has {', '.join(map(str, WIDTHS))}")
    named = zip(COLUMNS, cells, strict=False)
    given: JsonObject = {key: cell for key, cell in named if cell is not None and (key, cell) not in NOTHING}
    for key in _NUMBERS:
        if key in given:
            given[key] = whole(key, given[key])
    given |= remote_of(given.pop("connection_from", None)) | place_of(given.pop("location", None))
    return [record_of(given)]


def remote_of(client: str | None) -> JsonObject:
    """Tell host and port of a client apart."""
    match = _REMOTE.fullmatch(client or "")
    if not match:
        return {}
    return {"remote_host": match[1]} | ({"remote_port": int(match[2])} if match[2] else {})


def place_of(location: str | None) -> JsonObject:
    """Tell function, file and line in the server's source apart."""
    match = _PLACE.fullmatch(location or "")
    if not match:
        return {"location": location} if location else {}
    function = {"func_name": match[1]} if match[1] else {}
    return function | {"file_name": match[2], "file_line_num": int(match[3])}


def _cells(record: str) -> list[str | None]:
    """Split a record; an empty cell without quotes is null."""
    cells: list[str | None] = []
    place = 0
    while True:
        match = _CELL.match(record, place)
        if not match:
            raise Unusable("not CSV: text after a closing quote, or a quote that is not closed")
        quoted, bare, end = match.groups()
        cells.append(quoted.replace('""', '"') if quoted is not None else bare or None)
        place = match.end()
        if not end:
            return cells


def read(lines: Lines) -> Iterator[Outcome]:
    """Read one record after the other, each of as many lines as its quotes hold together."""
    source, again = iter(lines), deque[Line | Broken]()
    pending: list[Line] = []
    quotes = begins = 0
    while True:
        line = again.popleft() if again else next(source, None)
        if isinstance(line, Line):
            pending.append(line)
            quotes += line.raw.count(b'"')
            begins += _begins(line)
            if quotes % 2 and begins <= _MOST_BEGINS:
                continue
        if pending:
            outcome, unread = _resolved(pending)
            yield outcome
            again.extendleft(reversed([*unread, line] if isinstance(line, Broken) else unread))
            pending, quotes, begins = [], 0, 0
        elif isinstance(line, Broken):
            yield reject(line, line.reason)
        elif line is None:
            return


def _resolved(pending: list[Line]) -> tuple[Outcome, list[Line]]:
    """Take the lines as one record; if they are none, set aside what comes before the next beginning."""
    outcome = together(pending, parse)
    after = next((place for place, line in enumerate(pending) if place and _begins(line)), None)
    if isinstance(outcome, Loaded) or after is None:
        return outcome, []
    cut = set_aside(pending[:after], "cut off: the next record begins before this one ends")
    return cut, pending[after:]


def _begins(line: Line) -> bool:
    return _BEGIN.match(line.content) is not None


def _looks_like(raw: bytes, _: JsonObject | None) -> bool:
    return _BEGIN.match(raw) is not None


FORMAT = Format(
    "postgresql csvlog",
    "postgres_log",
    "PostgreSQL's log in the csvlog format (23, 24 or 26 columns)",
    _looks_like,
    read,
)
