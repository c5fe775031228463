"""Load large files of spans with DuckDB's own JSON reader, and let the strict reader judge what it doubts.

The strict reader (`readers.otlp_traces`) says what a usable line is. This one is many times faster and never
decides against it: a line that is not plainly good is doubted and goes through the strict reader.

1. Read with every error on: DuckDB finds wrong structures and keys given twice. A sound file ends here.
   If lines are missing then (blank ones, or batches without a span), they are looked for in a second reading.
2. On an error, read again with errors ignored: what is broken comes as nothing, and nothing is doubted.
   What is ignored then without a trace, a key given twice, is looked for in small pieces (`_given_twice`).

The rows of lines that went through the strict reader stand after the others of their file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.evidence.lines import Line, count_lines, packing_of, read_lines
from labkit.evidence.readers.otlp_traces import parse
from labkit.evidence.readers.reading import Loaded, read_line

if TYPE_CHECKING:
    import duckdb

_PIECES = (64 << 20, 1 << 20)  # bytes: the sizes in which a file is tried
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Fast:
    """What was loaded fast: lines and rows, and the numbers of the lines the strict reader must judge."""

    lines: int
    rows: int
    doubted: frozenset[int] = field(default_factory=frozenset)


def load_spans(
    con: duckdb.DuckDBPyConnection, path: Path, source_file: str, progress: Callable[[float], None]
) -> Fast | None:
    """Load the plainly good lines of a file; give none, and leave no rows, where that cannot be done.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A database with the published tables.
    path : Path
        File of OTLP/JSON lines, plain or gzip.
    source_file : str
        Name of the file in the tables.
    progress : callable
        Called now and then with the share that is done (0 to 1).
    """
    con.execute(_sql("span_macros"))
    (last,) = con.execute("SELECT coalesce(max(rowid), -1) FROM spans").fetchall()[0]
    new = _New(con, path, last)
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(count_lines, path)
        for way in _WAYS:
            if _insert(new, source_file, way, progress) and counting.result() is not None:
                if _count(new) == counting.result() or (way.careful and _number(new)):
                    return _settle(new, way)
                con.execute("DELETE FROM spans WHERE rowid > $1", [last])
    return None


@dataclass(frozen=True, slots=True)
class _Way:
    """How to read: errors ignored or not, and whether lines without any span must be seen."""

    forgive: bool
    careful: bool


_WAYS = (_Way(False, False), _Way(False, True), _Way(True, True))


@dataclass(frozen=True, slots=True)
class _New:
    """The rows of one file: those of spans after a row id."""

    con: duckdb.DuckDBPyConnection
    path: Path
    last: int


def _insert(new: _New, source_file: str, way: _Way, progress: Callable[[float], None]) -> bool:
    """Insert rows with their marks; say whether DuckDB could."""
    import duckdb

    values = {"path": str(new.path), "compression": packing_of(new.path), "source_file": source_file}
    try:
        _run(new.con, _statement("spans", way), {**values, "forgive": way.forgive}, progress)
    except duckdb.Error:
        return False
    return True


def _count(new: _New) -> int:
    """Turn the marks into ordinals of lines; give how many there are."""
    new.con.execute(_sql("span_lines"), [new.last])
    found = new.con.execute("SELECT coalesce(max(source_line), 0) FROM spans WHERE rowid > $1", [new.last])
    return int(found.fetchall()[0][0])


def _settle(new: _New, way: _Way) -> Fast:
    """Take out the lines that are doubted, and count."""
    found = new.con.execute(
        "SELECT DISTINCT source_line FROM spans WHERE rowid > $1 AND source_file IS NULL", [new.last]
    )
    doubted = {line for (line,) in found.fetchall()}
    if way.forgive:
        doubted |= _given_twice(new.con, new.path, doubted)
    lines = _count_distinct(new)
    if doubted:
        new.con.execute(
            "DELETE FROM spans WHERE rowid > $1 AND source_line IN (SELECT unnest($2::BIGINT[]))",
            [new.last, sorted(doubted)],
        )
    (rows,) = new.con.execute("SELECT count(*) FROM spans WHERE rowid > $1", [new.last]).fetchall()[0]
    return Fast(lines - len(doubted), rows, frozenset(doubted))


def _count_distinct(new: _New) -> int:
    found = new.con.execute("SELECT count(DISTINCT source_line) FROM spans WHERE rowid > $1", [new.last])
    return int(found.fetchall()[0][0])


def _number(new: _New) -> bool:
    """Turn ordinals into line numbers where blank lines stand between; say whether they add up."""
    numbers = [line.number for line in read_lines(new.path)]
    if len(numbers) != _count_distinct(new):
        return False
    new.con.execute(
        "UPDATE spans SET source_line = list_extract($2::BIGINT[], source_line) WHERE rowid > $1",
        [new.last, numbers],
    )
    return True


def _given_twice(con: duckdb.DuckDBPyConnection, path: Path, doubted: set[int]) -> set[int]:
    """Find lines that DuckDB's reader refuses although it loaded them with errors ignored."""
    with tempfile.TemporaryDirectory() as folder:
        kept = (line for line in read_lines(path) if isinstance(line, Line) and line.number not in doubted)
        return _refused(con, kept, Path(folder) / "piece.jsonl", _PIECES)


def _refused(
    con: duckdb.DuckDBPyConnection, lines: Iterable[Line], scratch: Path, sizes: Sequence[int]
) -> set[int]:
    """Try piece by piece; what DuckDB refuses is tried in smaller pieces, and in the end line by line."""
    if not sizes:
        return {line.number for line in lines if not isinstance(read_line(line, parse), Loaded)}
    found: set[int] = set()
    for piece in _pieces(lines, sizes[0]):
        scratch.write_bytes(b"\n".join(line.content for line in piece))
        if not _is_sound(con, scratch):
            found |= _refused(con, piece, scratch, sizes[1:])
    return found


def _pieces(lines: Iterable[Line], limit: int) -> Iterator[list[Line]]:
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


def _is_sound(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    import duckdb

    values = {"path": str(path), "compression": "none", "forgive": False}
    try:
        con.execute(f"SELECT count(hash(batches)) FROM ({_sql('span_source')}) AS batches", values)
    except duckdb.Error:
        return False
    return True


@cache
def _sql(name: str) -> str:
    return files("labkit.evidence").joinpath("sql_load", f"{name}.sql").read_text(encoding="utf-8")


def _statement(name: str, way: _Way) -> str:
    careful = "true" if way.careful else "false"  # a constant, so that DuckDB leaves the branch out
    return _sql(name).replace("--BATCHES--", _sql("span_source")).replace("$careful", careful)


def _run(
    con: duckdb.DuckDBPyConnection, sql: str, values: dict[str, object], progress: Callable[[float], None]
) -> None:
    """Run a long statement in a thread of its own, so that Ctrl-C is heard and progress told meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(con.execute, sql, values)
        try:
            while wait([running], _POLL_SECONDS).not_done:
                progress(max(0.0, con.query_progress()) / 100)
        except BaseException:
            con.interrupt()
            raise
        running.result()
