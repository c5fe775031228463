"""PostgreSQL's log in its own JSON format: one record a line, null keys left out.

Source: https://www.postgresql.org/docs/18/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-JSONLOG
"""

from __future__ import annotations

from labkit.core.records import PostgresLogRecord
from labkit.evidence.readers.reading import Format, line_by_line
from labkit.evidence.strict import JsonObject, integer, need_text, parse_object, text, time_of

_KNOWN = frozenset(
    {
        *(
            "timestamp",
            "error_severity",
            "state_code",
            "message",
            "detail",
            "hint",
            "statement",
            "user",
            "dbname",
        ),
        *("remote_host", "remote_port", "application_name", "backend_type", "pid", "session_id"),
    }
)


def parse(raw: bytes) -> list[PostgresLogRecord]:
    """Read one line of PostgreSQL's log."""
    return [record_of(parse_object(raw))]


def record_of(record: JsonObject) -> PostgresLogRecord:
    """Turn the keys of ``jsonlog`` into a row; the other formats of PostgreSQL are brought to these keys."""
    return PostgresLogRecord(
        time_utc=time_of(record, "timestamp"),
        error_severity=need_text(record, "error_severity"),
        state_code=text(record, "state_code"),
        message=text(record, "message"),
        detail=text(record, "detail"),
        hint=text(record, "hint"),
        statement=text(record, "statement"),
        user_name=text(record, "user"),
        dbname=text(record, "dbname"),
        remote_host=text(record, "remote_host"),
        remote_port=integer(record, "remote_port"),
        application_name=text(record, "application_name"),
        backend_type=text(record, "backend_type"),
        pid=integer(record, "pid"),
        session_id=text(record, "session_id"),
        attributes={key: value for key, value in record.items() if key not in _KNOWN} or None,
    )


def _looks_like(_: bytes, record: JsonObject | None) -> bool:
    return record is not None and "error_severity" in record and "timestamp" in record


FORMAT = Format(
    "postgresql jsonlog",
    "postgres_log",
    "PostgreSQL's log in the jsonlog format (timestamp, error_severity, message)",
    _looks_like,
    line_by_line(parse),
)
