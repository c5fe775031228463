"""Load evidence files into DuckDB; every line ends up in a table or, with the reason, in ``rejects``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.evidence.database import MEMORY, filled
from labkit.evidence.fast import Fast, Into
from labkit.evidence.fast_lines import LINE_FORMATS, load_lines
from labkit.evidence.fast_spans import load_spans
from labkit.evidence.files import Found, PathLike, find
from labkit.evidence.lines import Broken, Line, read_lines
from labkit.evidence.opened import copy_stored, is_stored, opened
from labkit.evidence.readers import otlp_traces
from labkit.evidence.readers.reading import Format, Lines, Outcome, Rejected, reject_all
from labkit.evidence.recognise import FORMATS, describe_content, recognise
from labkit.evidence.rejects import RejectWriter
from labkit.evidence.rows import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

Progress = Callable[[int, int], None]
UNKNOWN = "unknown"
_STEP = 1 << 20
FAST_FROM_BYTES = 1 << 20  # below that the strict reader is quick enough


def load(
    path_or_paths: PathLike | Iterable[PathLike],
    database: str | os.PathLike[str] = MEMORY,
    *,
    progress: Progress | None = None,
) -> duckdb.DuckDBPyConnection:
    """Load evidence into DuckDB and give a plain connection to it.

    Parameters
    ----------
    path_or_paths : path, or several
        A folder (everything in and below it; hidden files, manifests and databases are left out), a file,
        a pattern such as ``"logs/*.gz"``, or a list of these. A relative path is also looked for in the
        folders above the current one. Files are recognised by content, plain or packed with gzip or
        zstd. What was loaded before opens as it stands: a DuckDB file (read only), or a folder of Parquet
        files, one a table (docs/evidence.md).
    database : path, optional
        A DuckDB file to make or to add to; in memory without it.
    progress : callable, optional
        Called with the bytes read so far and the bytes in all.

    Returns
    -------
    duckdb.DuckDBPyConnection
        Tables ``logs``, ``spans`` (views ``requests``, ``queries``), ``postgres_log``, ``access``,
        ``metrics``, ``deployments``, ``messages``, ``progress``; ``rejects``, one row a line that could not
        be used; ``sources``, one row a file. Times are UTC; rows stand in the order of the files.

    Raises
    ------
    LabError
        A path is missing or means nothing, a file that was named is of no known kind, or the database
        already holds a file of that name.

    Notes
    -----
    When lines were rejected, one line on standard error says how many.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     said = '{"timestamp":"2024-02-29T12:00:00Z","channel":"chat","author":"user","text":"down?"}'
    ...     _ = Path(folder, "said.txt").write_text(said, encoding="utf-8")
    ...     con = load(folder)
    >>> con.sql("SELECT author, text FROM messages").fetchall()
    [('user', 'down?')]
    """
    found = find(path_or_paths)
    con = opened(found) if str(database) == MEMORY else None
    if con is not None:
        return con
    stored = [file for file in found if is_stored(file.path)]
    plan = [(file, _format_of(file)) for file in found if file not in stored]
    if not stored and not any(form for _, form in plan):
        raise _unknown(found[0])
    meter = _Meter(progress, sum(file.path.stat().st_size for file in found))
    con = filled(database, lambda con: _load_all(con, stored, plan, meter))
    _say_rejects(con, [file.name for file, _ in plan])
    return con


@dataclass
class _Meter:
    """Tell the caller how far the reading is."""

    progress: Progress | None
    total: int
    done: int = 0

    def at(self, done: int) -> None:
        if self.progress is not None:
            self.progress(min(self.total, self.done + done), self.total)

    def finish(self, size: int) -> None:
        self.done += size
        self.at(0)


def _format_of(file: Found) -> Format | None:
    try:
        form = recognise(file.path)
    except OSError as error:
        raise LabError(
            "the file cannot be read", found=file.path.as_posix(), next_step=str(error.strerror)
        ) from error
    if form is None and file.named:
        raise _unknown(file)
    return form


def _unknown(file: Found) -> LabError:
    return LabError(
        f"no known format: {file.path.as_posix()} is {describe_content(file.path)}",
        allowed=[form.description for form in FORMATS],
        next_step="Plain or packed with gzip or zstd.",
    )


def _load_all(
    con: duckdb.DuckDBPyConnection,
    stored: Sequence[Found],
    plan: Sequence[tuple[Found, Format | None]],
    meter: _Meter,
) -> None:
    copy_stored(con, stored)
    meter.finish(sum(file.path.stat().st_size for file in stored))
    for file, form in plan:
        _load_file(con, file, form, meter)
        meter.finish(file.path.stat().st_size)
    twice = con.execute(
        "SELECT source_file FROM sources GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"
    ).fetchone()
    if twice:
        raise LabError("two sources have one name", found=twice[0], next_step="Leave one of them out.")


def _load_file(con: duckdb.DuckDBPyConnection, file: Found, form: Format | None, meter: _Meter) -> None:
    lines: Lines = _measured(read_lines(file.path), meter)
    counts, doubted = _Counts(), None
    fast = _load_fast(con, file, form, meter) if form else None
    if fast is not None:
        counts, doubted = _Counts(fast.lines, 0, fast.rows), fast.doubted
        lines = _measured(read_lines(file.path, doubted), meter) if doubted else ()
    counts = _load_lines(con, file, _in_runs(form, doubted) if form and doubted else form, lines, counts)
    con.execute(
        "INSERT INTO sources VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            file.name,
            form.name if form else UNKNOWN,
            form.table if form else None,
            counts.loaded + counts.rejected,
            counts.loaded,
            counts.rejected,
            counts.rows,
        ],
    )


def _load_fast(con: duckdb.DuckDBPyConnection, file: Found, form: Format, meter: _Meter) -> Fast | None:
    """Load the plainly good lines of a large file fast, where its format has such a way."""
    size = file.path.stat().st_size
    if size < FAST_FROM_BYTES:
        return None
    into = Into(con, file.name, lambda share: meter.at(int(share * size)))
    if form is otlp_traces.FORMAT:
        return load_spans(into, file.path)
    return load_lines(into, file.path, LINE_FORMATS[form.name]) if form.name in LINE_FORMATS else None


@dataclass(frozen=True)
class _Counts:
    """Lines loaded, lines rejected, rows made."""

    loaded: int = 0
    rejected: int = 0
    rows: int = 0


def _load_lines(
    con: duckdb.DuckDBPyConnection, file: Found, form: Format | None, lines: Lines, counts: _Counts
) -> _Counts:
    """Read lines strictly into the format's table and the rejects."""
    rejects = RejectWriter(con, file.name)
    rows = Writer(con, form.table, file.name) if form else None
    loaded, made = counts.loaded, counts.rows
    for outcome in form.read(lines) if form else reject_all(lines, "no known format"):
        if isinstance(outcome, Rejected):
            rejects.add(outcome)
        elif rows is not None:
            rows.add(outcome.line, outcome.records)
            loaded, made = loaded + outcome.lines, made + len(outcome.records)
    if rows is not None:
        rows.flush()
    rejects.flush()
    return _Counts(loaded, rejects.lines, made)


def _in_runs(form: Format, numbers: frozenset[int]) -> Format:
    """Read only lines that stand together as one text: what was loaded between them ends a record."""
    run = after = 0

    def run_of(line: Line | Broken) -> int:
        nonlocal run, after
        run += any(number not in numbers for number in range(after, line.number))
        after = line.number + 1
        return run

    def read(lines: Lines) -> Iterator[Outcome]:
        for _, together in groupby(lines, run_of):
            yield from form.read(together)

    return replace(form, read=read)


def _measured(lines: Lines, meter: _Meter) -> Iterator[Line | Broken]:
    next_step = _STEP
    for line in lines:
        if line.offset >= next_step:
            meter.at(line.offset)
            next_step = line.offset + _STEP
        yield line


def _say_rejects(con: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    rows = con.execute(
        "SELECT source_file, lines_rejected FROM sources WHERE lines_rejected > 0 AND source_file IN "
        "(SELECT unnest($1)) ORDER BY source_file",
        [names],
    ).fetchall()
    if rows:
        count = sum(lines for _, lines in rows)
        files = ", ".join(name for name, _ in rows)
        sys.stderr.write(f"{count:,} lines could not be used and are kept in the table rejects ({files}).\n")
