"""Records of several lines: lines put together as they stood, and taken or kept aside as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from labkit.evidence.lines import Line
from labkit.evidence.readers.reading import Loaded, Outcome, Rejected
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


def together(lines: Sequence[Line], parse: Parser) -> Outcome:
    """Parse lines as one record, or keep all of them with the reason why not."""
    try:
        return Loaded(lines[0].number, len(lines), parse(text_of(joined(lines, lines[0].content))))
    except Unusable as reason:
        return set_aside(lines, str(reason))


def set_aside(lines: Sequence[Line], reason: str) -> Rejected:
    """Keep lines that belong together with one reason."""
    return Rejected(lines[0].number, len(lines), lines[0].offset, reason, joined(lines, lines[0].raw))
