"""Load large files of spans with DuckDB's own JSON reader, and let the strict reader judge what it doubts.

The strict reader (`readers.otlp_traces`) says what a usable line is. This one is many times faster and never
decides against it: a line that is not plainly good is doubted and goes through the strict reader.

1. Read the whole file with every error on: DuckDB finds wrong structures and keys given twice. A sound file
   ends here. If lines are missing then (batches without a span), they are looked for in a second reading.
2. On an error, or where the file begins or ends with a broken line, go piece by piece (`span_pieces`).

The rows of lines that went through the strict reader stand after the others of their file.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from labkit.evidence.fast import Fast, Into
from labkit.evidence.lines import count_lines, packing_of, read_lines
from labkit.evidence.span_insert import CAREFUL, QUICK, insert, prepare, settle, withdraw
from labkit.evidence.span_pieces import load_pieces, looks_whole

_HEAD = 1 << 20  # bytes that are looked at before the whole file is tried
_TAIL = 1 << 16


def load_spans(into: Into, path: Path) -> Fast:
    """Load the plainly good lines of a file, and say which lines are left to judge."""
    prepare(into.con)
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
