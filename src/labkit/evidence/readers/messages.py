"""What people said: one message a line, as JSON."""

from __future__ import annotations

from labkit.core.records import Message
from labkit.evidence.readers.reading import Format, line_by_line
from labkit.evidence.strict import JsonObject, need_text, parse_object, time_of


def parse(raw: bytes) -> list[Message]:
    """Read one message."""
    record = parse_object(raw)
    return [
        Message(
            time_utc=time_of(record, "timestamp"),
            channel=need_text(record, "channel"),
            author=need_text(record, "author"),
            text=need_text(record, "text"),
        )
    ]


def _looks_like(_: bytes, record: JsonObject | None) -> bool:
    return record is not None and {"timestamp", "channel", "text"} <= record.keys()


FORMAT = Format(
    "messages",
    "messages",
    "messages of people (JSON lines: timestamp, channel, author, text)",
    _looks_like,
    line_by_line(parse),
)
