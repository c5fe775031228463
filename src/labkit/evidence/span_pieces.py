"""Load a file of spans that has broken lines: piece by piece, without the lines that are plainly broken.

A line that is cut off, not text or not an object is left out of the piece at once: `{}` takes its place, so
that lines keep their numbers. What is left of a piece is read with every error on; only a piece that DuckDB
still refuses (a value of a wrong type, a key given twice) is read again with errors ignored, and what is
ignored then without a trace, a key given twice, is looked for in smaller pieces.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.evidence.fast import Fast, Into
from labkit.evidence.lines import Line, read_numbered
from labkit.evidence.readers.otlp_traces import parse
from labkit.evidence.readers.reading import Loaded, read_line
from labkit.evidence.span_insert import (
    CAREFUL,
    FORGIVING,
    Made,
    insert,
    is_sound,
    remove,
    settle,
    withdraw,
)

_PIECE = 128 << 20  # bytes of a piece
_SMALLER = (16 << 20, 1 << 20)  # bytes: the sizes in which a key given twice is looked for
_LONGEST = 15 << 20  # bytes: DuckDB's reader takes no object of 16 MiB
_USUAL_ENDS = (b"]}]}]}\n", b"]}]}]}")  # of spans, scopeSpans and resourceSpans
_EMPTY = b"{}\n"  # stands for a line that is left to the strict reader: a batch of nothing is doubted
_BUFFER = 1 << 20


def load_pieces(into: Into, path: Path) -> Fast:
    """Load the plainly good lines of a file, and say which lines are left to judge."""
    found = Fast(0, 0)
    size, done = path.stat().st_size, 0
    quiet = replace(into, progress=lambda _: None)
    with tempfile.TemporaryDirectory() as folder:
        for piece in _pieces(read_numbered(path), Path(folder, "piece.jsonl")):
            part = _load(quiet, piece)
            found = Fast(found.lines + part.lines, found.rows + part.rows, found.doubted | part.doubted)
            done += piece.size
            into.progress(min(1.0, done / size))
    return found


def looks_whole(raw: bytes) -> bool:
    """Say whether a line may be an object to its end; only a hint, but one that a cut-off line fails."""
    if (
        not raw.startswith(b"{")
        or b"\0" in raw
        or len(raw) > _LONGEST
        or not (raw.isascii() or _is_text(raw))
    ):
        return False
    if b"\r" not in raw and raw.endswith(_USUAL_ENDS):
        return True
    text = raw.rstrip()
    return (
        b"\r" not in text
        and text.endswith(b"}")
        and text.count(b"{") == text.count(b"}")
        and text.count(b"[") == text.count(b"]")
    )


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines in a file of their own, those that do not look whole as ``{}``: first number, count, bytes."""

    path: Path
    first: int
    count: int
    size: int

    def lines(self) -> Iterator[Line]:
        """Read the lines again."""
        with self.path.open("rb") as file:
            for number, raw in enumerate(file, start=self.first):
                yield Line(number, 1, raw.rstrip(b"\n"))


def _pieces(source: Iterator[tuple[int, bytes]], path: Path) -> Iterator[_Piece]:
    """Write piece after piece of the lines into one file."""
    first = 1
    while (size := _write(source, first, path))[0]:
        yield _Piece(path, first, *size)
        first += size[0]


def _write(source: Iterator[tuple[int, bytes]], first: int, path: Path) -> tuple[int, int]:
    """Write the next lines; give how many there are, and their bytes."""
    due, size = first, 0
    with path.open("wb", buffering=_BUFFER) as file:
        for number, raw in source:
            if number > due:  # blank lines were left out
                file.write(_EMPTY * (number - due))
            file.write(raw if raw.endswith(b"\n") else raw + b"\n") if looks_whole(raw) else file.write(
                _EMPTY
            )
            due = number + 1
            size += len(raw)
            if size >= _PIECE:
                break
    return due - first, size


def _load(into: Into, piece: _Piece) -> Fast:
    for way in (CAREFUL, FORGIVING):
        made = insert(into, piece.path, way)
        if made is not None and made.lines == piece.count:
            done = settle(into, made, piece.first)
            return _without_twice(into, piece, made, done) if way.forgive else done
        if made is not None:
            withdraw(into, made)
    return Fast(0, 0, frozenset(range(piece.first, piece.first + piece.count)))


def _without_twice(into: Into, piece: _Piece, made: Made, done: Fast) -> Fast:
    """Take out the lines that DuckDB refuses although it loaded them with errors ignored."""
    kept = (line for line in piece.lines() if line.number not in done.doubted)
    twice = _refused(into, kept, piece.path.with_name("smaller.jsonl"), _SMALLER)
    rows = remove(into, made, twice)
    return Fast(done.lines - len(twice), done.rows - rows, done.doubted | twice)


def _refused(into: Into, lines: Iterable[Line], scratch: Path, sizes: Sequence[int]) -> frozenset[int]:
    """Try piece by piece; what DuckDB refuses is tried in smaller pieces, and in the end line by line."""
    if not sizes:
        return frozenset(line.number for line in lines if not isinstance(read_line(line, parse), Loaded))
    found: frozenset[int] = frozenset()
    for piece in _split(lines, sizes[0]):
        scratch.write_bytes(b"\n".join(line.raw for line in piece))
        if not is_sound(into.con, scratch):
            found |= _refused(into, piece, scratch, sizes[1:])
    return found


def _split(lines: Iterable[Line], limit: int) -> Iterator[list[Line]]:
    piece: list[Line] = []
    size = 0
    for line in lines:
        piece.append(line)
        size += len(line.raw)
        if size >= limit:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
