"""PgBouncer's log: what the pooler between application and database saw, and which connections failed.

Source: https://www.pgbouncer.org/config.html#log-settings
"""

from __future__ import annotations

import re

from labkit.core.records import LogRecord
from labkit.evidence.readers.folding import text_of
from labkit.evidence.readers.reading import Format, line_by_line
from labkit.evidence.readers.severities import number_of
from labkit.evidence.strict import JsonObject, Unusable, moment
from labkit.evidence.zones import PATTERN

_LINE = re.compile(
    rf"(\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{{3}}(?: (?:{PATTERN}|[A-Za-z]{{1,5}}))?) \[?(\d{{1,10}})\]? "
    r"(FATAL|ERROR|WARNING|LOG|DEBUG|NOISE) (.*)",
    re.DOTALL,
)
_SOCKET = re.compile(r"([CS])-(0x[0-9a-fA-F]+): (?:([^/@]*)/([^@]*)@(\S+):(\d{1,5}) )?")


def parse(raw: bytes) -> list[LogRecord]:
    """Read one line of PgBouncer's log."""
    match = _LINE.fullmatch(text_of(raw))
    if not match:
        raise Unusable("not a line of PgBouncer's log")
    written, pid, severity, body = match.groups()
    return [
        LogRecord(
            time_utc=moment("the time", written),
            severity_text=severity,
            severity_number=number_of(severity),
            logger="pgbouncer",
            body=body,
            attributes={"pid": int(pid)} | _connection(body),
        )
    ]


def _connection(body: str) -> JsonObject:
    """Name the connection a line is about: of a client, or to a server."""
    match = _SOCKET.match(body)
    if not match:
        return {}
    side, socket, database, user, host, port = match.groups()
    named = {"socket": socket, "dbname": database, "user": user, "host": host, "port": port and int(port)}
    known = {key: value for key, value in named.items() if value not in (None, "", "(nodb)", "(nouser)")}
    return {"side": "client" if side == "C" else "server"} | known


def _looks_like(raw: bytes, record: JsonObject | None) -> bool:
    return record is None and _LINE.fullmatch(raw.decode("utf-8", "replace")) is not None


FORMAT = Format("pgbouncer", "logs", "PgBouncer's log", _looks_like, line_by_line(parse))
