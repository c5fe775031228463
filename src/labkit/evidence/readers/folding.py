"""Records of several lines: lines put together as they stood, and taken or kept aside as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from labkit.evidence.lines import Broken, Line
from labkit.evidence.readers.reading import Lines, Loaded, Outcome, Rejected, reject
from labkit.evidence.strict import Unusable

MOST_LINES = 10_000  # of one record: more than any stack trace or query has

Parser = Callable[[str], Sequence[Any]]


def text_of(raw: bytes) -> str:
    """Decode a line."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unusable(f"invalid UTF-8 at byte {error.start} of the line") from error


def joined(lines: Sequence[Line], first: bytes) -> bytes:
    """Put lines together again after the first one's bytes, with the blank lines that stood between them."""
    parts = [first]
    for before, line in pairwise(lines):
        parts.append(b"\n" * (line.number - before.number) + line.raw)
    return b"".join(parts)


def fold(
    lines: Lines,
    belongs: Callable[[Line, Sequence[Line]], bool],
    begins: Callable[[Line], str | None],
    record: Callable[[Sequence[Line]], Outcome],
) -> Iterator[Outcome]:
    """Make records of lines that belong together; every line is accounted for once.

    Parameters
    ----------
    lines : iterable of Line or Broken
        The lines of a file; the end of a damaged one ends the record before it.
    belongs : callable
        Says whether a line belongs to the record whose lines are given.
    begins : callable
        Says why a line that belongs to none begins no record, or nothing where it begins one.
    record : callable
        Makes the outcome of all lines of one record.
    """
    pending: list[Line] = []
    for line in lines:
        if pending and isinstance(line, Line) and belongs(line, pending):
            pending.append(line)
            continue
        if pending:
            yield record(pending)
        reason = line.reason if isinstance(line, Broken) else begins(line)
        pending = [line] if isinstance(line, Line) and reason is None else []
        if reason is not None:
            yield reject(line, reason)
    if pending:
        yield record(pending)


def together(lines: Sequence[Line], parse: Parser) -> Outcome:
    """Parse lines as one record, or keep all of them with the reason why not."""
    try:
        return Loaded(lines[0].number, len(lines), parse(text_of(joined(lines, lines[0].content))))
    except Unusable as reason:
        return set_aside(lines, str(reason))


def set_aside(lines: Sequence[Line], reason: str) -> Rejected:
    """Keep lines that belong together with one reason."""
    return Rejected(lines[0].number, len(lines), lines[0].offset, reason, joined(lines, lines[0].raw))
