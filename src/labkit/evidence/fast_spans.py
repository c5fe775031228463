"""Load large files of spans with DuckDB's own JSON reader, and let the strict reader judge what it doubts.

The strict reader (`readers.otlp_traces`) says what a usable line is. This one is many times faster and never
decides against it: a line that is not plainly good is doubted and goes through the strict reader.

1. Read the whole file with every error on: DuckDB finds wrong structures and keys given twice. A sound file
   ends here. If lines are missing then (batches without a span), they are looked for in a second reading.
2. On an error, or where the file begins or ends with a broken line, go piece by piece (`span_pieces`).

The rows of lines that went through the strict reader stand after the others of their file.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.evidence.lines import count_lines, packing_of, read_lines
from labkit.evidence.span_insert import CAREFUL, QUICK, Fast, Into, insert, prepare, settle, withdraw
from labkit.evidence.span_pieces import load_pieces, looks_whole

if TYPE_CHECKING:
    import duckdb

_HEAD = 1 << 20  # bytes that are looked at before the whole file is tried
_TAIL = 1 << 16


def load_spans(
    con: duckdb.DuckDBPyConnection, path: Path, source_file: str, progress: Callable[[float], None]
) -> Fast:
    """Load the plainly good lines of a file, and say which lines are left to judge.

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
    prepare(con)
    into = Into(con, source_file, progress)
    whole = _load_whole(into, path) if _begins_and_ends_well(path) else None
    return whole if whole is not None else load_pieces(into, path)


def _load_whole(into: Into, path: Path) -> Fast | None:
    """Load a file at once; give none, and leave no rows, where something in it is broken."""
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(count_lines, path)
        for way in (QUICK, CAREFUL):
            made = insert(into, path, way)
            count = counting.result()
            if made is None:
                return None
            if made.lines == count:
                return settle(into, made)
            numbers = [] if count is None else [line.number for line in read_lines(path)]
            if made.lines == len(numbers):
                return settle(into, made, numbers=numbers)
            withdraw(into, made)
    return None


def _begins_and_ends_well(path: Path) -> bool:
    """Say whether the first lines and the last one are whole."""
    if packing_of(path) != "none":
        return True
    with path.open("rb") as file:
        head = file.readlines(_HEAD)
        file.seek(max(0, path.stat().st_size - _TAIL))
        tail = file.read().rstrip()
    last = tail[tail.rfind(b"\n") + 1 :]
    return all(looks_whole(line) for line in head if line.strip()) and last.endswith(b"}")
