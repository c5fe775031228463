"""Lines of a container that carry no time of their own: the collector's time, and the line as the message.

Lines that are indented belong to the line before them; so does the end of a Python traceback.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labkit.core.records import LogRecord
from labkit.evidence.lines import Line
from labkit.evidence.readers.folding import MOST_LINES, fold, together
from labkit.evidence.readers.reading import Format, Lines, Outcome
from labkit.evidence.readers.stack_traces import Trace, exception_of, trace_in

_CONTINUES = (b" ", b"\t", b"Caused by: ", b"During handling of the above", b"The above exception was")
_TRACEBACK = b"Traceback (most recent call last):"


def read(lines: Lines) -> Iterator[Outcome]:
    """Fold what belongs together; every line can be used."""
    return fold(lines, _belongs, lambda _: None, _record)


def _belongs(line: Line, pending: Sequence[Line]) -> bool:
    raw = line.content
    if len(pending) >= MOST_LINES:
        return False
    if raw.startswith(_CONTINUES):
        return True
    traced = pending[0].content.startswith(_TRACEBACK)
    return traced and (pending[-1].content.startswith(_CONTINUES) or raw.startswith(_TRACEBACK))


def _record(lines: Sequence[Line]) -> Outcome:
    return together(lines, lambda text: [_parse(text, lines[0])])


def _parse(text: str, line: Line) -> LogRecord:
    before, trace = trace_in(text)
    if not before:
        trace = exception_of(text)
    told = trace or Trace(None, None, "")
    return LogRecord(
        time_utc=line.received,
        body=before or told.message or text,
        exception_type=told.type,
        exception_message=told.message,
        exception_stacktrace=told.text or None,
    )


FORMAT = Format("lines", "logs", "lines of a container", lambda _raw, _record: False, read)
