"""Load large files of one record a line inside DuckDB, and let the strict reader judge what it doubts.

A format has a statement (``sql_load/NAME.sql``) that turns every line into one row and marks the rows it does
not trust. As with spans (`fast_spans`) it never decides against the strict reader: a line that is not plainly
good goes through that one. Where DuckDB cannot read the file as lines (bytes that are no text, or a lone
carriage return), it is given pieces without these lines.
"""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.evidence.fast import Fast, Into, run_long, sql_of
from labkit.evidence.json_shapes import MOST_SHAPES, shape_of, values_of
from labkit.evidence.lines import count_lines, packing_of, read_numbered
from labkit.evidence.readers.severities import severity_values

if TYPE_CHECKING:
    import duckdb

_PIECE = 100_000  # lines
_LEFT_OUT = b"\x02"  # stands for a line that is left to the strict reader: no format trusts it
_ODD = (b"\0", b"\x01", b"\r")
_LONGEST = 15 << 20  # bytes: as much as the longest line DuckDB is asked to read


@dataclass(frozen=True, slots=True)
class LineFormat:
    """How a format's lines come into a table: its statement, and what a first look at the lines tells it."""

    table: str
    statement: str
    look: Callable[[duckdb.DuckDBPyConnection, Mapping[str, object]], dict[str, object]] = (
        lambda con, source: {}
    )


def json_shapes(con: duckdb.DuckDBPyConnection, source: Mapping[str, object]) -> dict[str, object]:
    """Look which sets of keys the records have, and tell where their values stand."""
    found = con.execute(
        sql_of("json_shapes").replace("--LINES--", sql_of("lines")), {**source, "most": MOST_SHAPES}
    )
    shapes = [shape for (keys,) in found.fetchall() if (shape := shape_of(keys)) is not None]
    return values_of(shapes) | severity_values()


#: The formats that have a fast way, by their names.
LINE_FORMATS = {
    "access log": LineFormat("access", "access_lines"),
    "app log": LineFormat("logs", "app_log_lines"),
    "postgresql jsonlog": LineFormat("postgres_log", "postgres_json_lines"),
    "json log": LineFormat("logs", "json_log_lines", json_shapes),
}


def load_lines(into: Into, path: Path, form: LineFormat) -> Fast:
    """Load the plainly good lines of a file, and say which lines are left to judge."""
    into.con.execute(sql_of("line_macros"))
    whole = _load_whole(into, path, form)
    return whole if whole is not None else _load_pieces(into, path, form)


def _load_whole(into: Into, path: Path, form: LineFormat) -> Fast | None:
    """Load a file at once; give none, and leave no rows, where its lines do not add up (it is damaged)."""
    (before,) = into.con.execute(f"SELECT coalesce(max(rowid), -1) FROM {form.table}").fetchall()[0]
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(count_lines, path)
        found = _insert(into, path, form, 1)
        if found is None or found.lines + len(found.doubted) == counting.result():
            return found
    into.con.execute(f"DELETE FROM {form.table} WHERE rowid > $1", [before])
    return None


def _insert(into: Into, path: Path, form: LineFormat, first_line: int) -> Fast | None:
    """Insert a row a line, number them, and take out what is doubted; give none where DuckDB could not."""
    import duckdb

    con, table = into.con, form.table
    (before,) = con.execute(f"SELECT coalesce(max(rowid), -1) FROM {table}").fetchall()[0]
    source: dict[str, object] = {"path": glob.escape(str(path)), "compression": packing_of(path)}
    sql = sql_of(form.statement).replace("--LINES--", sql_of("lines"))
    try:
        run_long(into, sql, {**source, **form.look(con, source), "source_file": into.source_file})
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException):
        raise  # a statement that cannot be understood says nothing about the file
    except duckdb.Error:
        return None
    rows, first = _numbered(con, table, before, first_line)
    doubted = con.execute(
        f"SELECT source_line FROM {table} WHERE rowid >= $1 AND source_file IS NULL", [first]
    ).fetchall()
    if doubted:
        con.execute(f"DELETE FROM {table} WHERE rowid >= $1 AND source_file IS NULL", [first])
    return Fast(rows - len(doubted), rows - len(doubted), frozenset(line for (line,) in doubted))


def _numbered(con: duckdb.DuckDBPyConnection, table: str, before: int, first_line: int) -> tuple[int, int]:
    """Number the new rows, in the order of the lines; give how many they are, and the first id."""
    found = con.execute(
        f"SELECT count(*), coalesce(min(rowid), 0), coalesce(max(rowid), -1) FROM {table} WHERE rowid > $1",
        [before],
    ).fetchall()
    rows, first, last = (int(value) for value in found[0])
    assert rows == last - first + 1, "rows that are inserted at once have ids without a gap"
    con.execute(f"UPDATE {table} SET source_line = rowid - $1 + $2 WHERE rowid >= $1", [first, first_line])
    return rows, first


def _load_pieces(into: Into, path: Path, form: LineFormat) -> Fast:
    """Load a file in pieces, without the lines that DuckDB cannot read."""
    found = Fast(0, 0)
    quiet = replace(into, progress=lambda _: None)
    source = _without_gaps(read_numbered(path))
    size, done, number = path.stat().st_size, 0, 1
    with tempfile.TemporaryDirectory() as folder:
        piece = Path(folder, "piece")
        while lines := list(islice(source, _PIECE)):
            piece.write_bytes(b"\n".join(lines) + b"\n")
            part = _insert(quiet, piece, form, number)
            if part is None:
                part = Fast(0, 0, frozenset(range(number, number + len(lines))))
            found = Fast(found.lines + part.lines, found.rows + part.rows, found.doubted | part.doubted)
            number += len(lines)
            done += sum(map(len, lines))
            into.progress(min(1.0, done / size))
    return found


def _without_gaps(lines: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
    """Yield every line, an odd or a blank one as a mark that nobody trusts."""
    due = 1
    for number, raw in lines:
        for _ in range(number - due):
            yield _LEFT_OUT
        due = number + 1
        content = raw.removesuffix(b"\n").removesuffix(b"\r")
        yield content if _is_plain(content) else _LEFT_OUT


def _is_plain(content: bytes) -> bool:
    if not content or len(content) > _LONGEST or any(odd in content for odd in _ODD):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
