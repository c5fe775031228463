"""The law every case keeps: each line is loaded or kept aside, once, and fast and slow ways say the same."""

from __future__ import annotations

import contextlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
from fuzz_cases import Case

from labkit.core.records import TABLES, columns
from labkit.evidence import load as module
from labkit.evidence.lines import BOM, packing_of

ANCHOR = b'{"timestamp":"2023-12-01T14:45:10Z","channel":"chat","author":"user","text":"down?"}'
_ROWS = [name for name in TABLES if name not in ("rejects", "sources")]


class BrokenLawError(AssertionError):
    """A case does not keep the law; the text says which part of it."""


def check(cases: Sequence[Case], folder: Path) -> None:
    """Load some cases as files of one folder, both ways, and hold each against the law."""
    for old in folder.iterdir():
        old.unlink()
    (folder / "anchor").write_bytes(ANCHOR)
    for number, case in enumerate(cases):
        (folder / f"case-{number:03}").write_bytes(case.data)
    with _loaded(folder, fast=True) as con:
        fast = _rows(con)
        for number, case in enumerate(cases):
            _check_one(con, case, f"case-{number:03}", folder)
    with _loaded(folder, fast=False) as con:
        slow = _rows(con)
    for table, rows in slow.items():
        if rows != fast[table]:
            both = [*(f"only fast: {row}" for row in rows_missing(fast[table], rows))]
            both += [*(f"only slow: {row}" for row in rows_missing(rows, fast[table]))]
            raise BrokenLawError(f"fast and slow differ in {table}: {both[:4]}")


def rows_missing(some: Sequence[str], others: Sequence[str]) -> list[str]:
    """List what stands in one and not in the other."""
    return list((Counter(some) - Counter(others)).elements())


@contextlib.contextmanager
def _loaded(folder: Path, *, fast: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    before = module.FAST_FROM_BYTES
    module.FAST_FROM_BYTES = 0 if fast else 1 << 60
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            con = module.load(folder)
    finally:
        module.FAST_FROM_BYTES = before
    with con:
        yield con


def _rows(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Give every table as texts, its JSON in one spelling."""
    found = {}
    for table, record in TABLES.items():
        kinds = [column.sql_type == "JSON" for column in columns(record)]
        rows = con.execute(f"FROM {table}").fetchall()
        found[table] = sorted(
            repr([_spelled(v) if is_json else v for v, is_json in zip(row, kinds, strict=True)])
            for row in rows
        )
    return found


def _spelled(value: Any) -> Any:
    return value if value is None else json.dumps(json.loads(value), sort_keys=True)


def _check_one(con: duckdb.DuckDBPyConnection, case: Case, name: str, folder: Path) -> None:
    found = con.execute(
        "SELECT * EXCLUDE (source_file) FROM sources WHERE source_file = $1", [name]
    ).fetchall()
    _need(len(found) == 1, f"{len(found)} rows in sources")
    _, table, lines_in, loaded, rejected, rows = found[0]
    _need(loaded + rejected == lines_in, f"{loaded} loaded + {rejected} rejected is not {lines_in}")
    made = {
        one: con.execute(
            f"SELECT source_line, count(*) FROM {one} WHERE source_file = $1 GROUP BY 1", [name]
        ).fetchall()
        for one in _ROWS
    }
    _need(all(one == table or not found for one, found in made.items()), "rows in a table of another format")
    _need(
        sum(count for found in made.values() for _, count in found) == rows,
        "another number of rows than it says",
    )
    rejects = con.execute(
        "SELECT line_number, byte_offset, reason, raw FROM rejects WHERE source_file = $1", [name]
    ).fetchall()
    _need(all(reason for _, _, reason, _ in rejects), "a reject without a reason")
    begun = {line for line, *_ in rejects}
    _need(len(begun) == len(rejects), "a line rejected twice")
    _need(not begun & {line for found in made.values() for line, _ in found}, "a line loaded and rejected")
    looks_packed, is_packed = packing_of(folder / name) != "none", case.data is not case.text
    if case.text is None or looks_packed != is_packed:
        return
    _check_lines(case.text, lines_in, rejected, rejects)


def _check_lines(
    text: bytes, lines_in: int, rejected: int, rejects: list[tuple[int, int, str, bytes]]
) -> None:
    """Compare with the lines of the text, counted here in another way."""
    physical = text.split(b"\n")
    _need(
        lines_in == sum(bool(line.strip()) for line in physical), "another number of lines than the file has"
    )
    kept = sum(sum(bool(line.strip()) for line in raw.split(b"\n")) for *_, raw in rejects)
    _need(kept == rejected, f"{kept} lines kept, {rejected} rejected")
    starts = [0]
    for line in physical:
        starts.append(starts[-1] + len(line) + 1)
    for number, offset, _, raw in rejects:
        _need(starts[number - 1] == offset, f"line {number} does not start at {offset}")
        line = physical[number - 1].removesuffix(b"\r")
        same = raw.split(b"\n")[0] in ((line, line.removeprefix(BOM)) if offset == 0 else (line,))
        _need(same, f"line {number} was not kept as it stands")


def _need(true: bool, otherwise: str) -> None:
    if not true:
        raise BrokenLawError(otherwise)
