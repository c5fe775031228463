"""What every reader promises: lines in, records or reasons out, each line accounted for once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.evidence.lines import Broken, Line
from labkit.evidence.strict import JsonObject, Unusable


@dataclass(frozen=True, slots=True)
class Loaded:
    """Lines that made records: the first of them, how many they are, and the records."""

    line: int
    lines: int
    records: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """Lines that could not be used, with the reason and their bytes."""

    line: int
    lines: int
    offset: int
    reason: str
    raw: bytes


Outcome = Loaded | Rejected
Lines = Iterable[Line | Broken]
LineParser = Callable[[bytes], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its name, the table it feeds, how it is described, recognised and read.

    ``looks_like`` judges one line (its bytes, and its JSON object if it is one).
    ``read`` accounts for every line exactly once.
    """

    name: str
    table: str
    description: str
    looks_like: Callable[[bytes, JsonObject | None], bool]
    read: Callable[[Lines], Iterator[Outcome]]


def line_by_line(parse: LineParser) -> Callable[[Lines], Iterator[Outcome]]:
    """Make a reader of a parser that knows one line."""

    def read(lines: Lines) -> Iterator[Outcome]:
        for line in lines:
            yield read_line(line, parse)

    return read


def read_line(line: Line | Broken, parse: LineParser) -> Outcome:
    """Parse one line, or keep it with the reason why not."""
    if isinstance(line, Broken):
        return reject(line, line.reason)
    try:
        return Loaded(line.number, 1, parse(line.content))
    except Unusable as reason:
        return reject(line, str(reason))


def reject(line: Line | Broken, reason: str) -> Rejected:
    """Keep one line with the reason why it cannot be used."""
    return Rejected(line.number, 1, line.offset, reason, line.raw)


def reject_all(lines: Lines, reason: str) -> Iterator[Rejected]:
    """Keep every line of a file that no reader knows."""
    for line in lines:
        yield reject(line, line.reason if isinstance(line, Broken) else reason)
