"""Lines within lines: the coat of a log collector taken off, and every line of the file still counted once.

Several lines of the file may carry one line (a long line in pieces); a record may fold several carried lines.
What the inner reader says of carried lines is said of the lines of the file that carried them.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from labkit.evidence.lines import Broken, Line
from labkit.evidence.readers.reading import Format, Lines, Loaded, Outcome, Rejected, reject
from labkit.evidence.readers.wrappers import Piece, Wrapper
from labkit.evidence.strict import Unusable


def wrapped(wrapper: Wrapper, inner: Format) -> Format:
    """Give the format of files in which a wrapper carries lines of an inner format."""

    def read(lines: Lines) -> Iterator[Outcome]:
        return _Unwrapping(wrapper, lines).outcomes(inner)

    return replace(inner, name=f"{inner.name} in {wrapper.name}", read=read)


def carried_by(wrapper: Wrapper, lines: Sequence[Line]) -> tuple[list[Line], int]:
    """Take the coat off lines; give what they carry, and how many of them have this coat."""
    unwrapping = _Unwrapping(wrapper, lines)
    carried = [line for line in unwrapping.carried() if isinstance(line, Line)]
    others = sum(isinstance(outcome, Rejected) for outcome in unwrapping.settled)
    return carried, len(lines) - others


@dataclass
class _Unwrapping:
    """One pass through a file: which lines of it stand behind each carried line that is not settled yet."""

    wrapper: Wrapper
    lines: Lines
    unsettled: deque[list[Line | Broken]] = field(default_factory=deque)
    settled: deque[Outcome] = field(default_factory=deque)
    number: int = 0

    def outcomes(self, inner: Format) -> Iterator[Outcome]:
        for outcome in inner.read(self.carried()):
            yield from self._drain()
            behind = [self.unsettled.popleft() for _ in range(outcome.lines)]
            yield _said_of(outcome, list(itertools.chain.from_iterable(behind)))
        yield from self._drain()

    def _drain(self) -> Iterator[Outcome]:
        while self.settled:
            yield self.settled.popleft()

    def carried(self) -> Iterator[Line | Broken]:
        """Yield the carried lines, numbered anew; what cannot be unwrapped is settled at once."""
        parts: dict[str, list[tuple[Line, Piece]]] = {}
        for line in self.lines:
            if isinstance(line, Broken):
                for stream in list(parts):
                    yield from self._whole(parts.pop(stream))
                yield replace(line, number=self._behind([line]))
                continue
            try:
                piece = self.wrapper.unwrap(line.content)
            except Unusable as reason:
                self.settled.append(reject(line, f"{self.wrapper.name}: {reason}"))
                continue
            parts.setdefault(piece.stream, []).append((line, piece))
            if not piece.partial:
                yield from self._whole(parts.pop(piece.stream))
        for rest in parts.values():
            yield from self._whole(rest)

    def _whole(self, parts: list[tuple[Line, Piece]]) -> Iterator[Line]:
        lines = [line for line, _ in parts]
        content = b"".join(piece.content for _, piece in parts)
        if content.strip():
            number = self._behind(lines)
            yield Line(number, number, content, parts[0][1].received)
        else:  # a blank line: it says nothing, and nothing of it is lost
            self.number += 1
            self.settled.append(Loaded(lines[0].number, len(lines), []))

    def _behind(self, lines: list[Line] | list[Broken]) -> int:
        self.number += 1
        self.unsettled.append(list(lines))
        return self.number


def _said_of(outcome: Outcome, lines: list[Line | Broken]) -> Outcome:
    first = lines[0]
    if isinstance(outcome, Loaded):
        return Loaded(first.number, len(lines), outcome.records)
    raw = b"\n".join(line.raw for line in lines)
    return Rejected(first.number, len(lines), first.offset, outcome.reason, raw)
