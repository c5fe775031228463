"""An answer hangs neither on the order in which rows lie nor on how many threads count them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import labkit
from labkit.core.records import TABLES
from labkit.evidence.queries import find, queries, query

ROOT = Path(__file__).parents[2]
ONSET, RECOVERY = dt.datetime(2023, 12, 1, 14, 30), dt.datetime(2023, 12, 1, 17)  # noqa: DTZ001
MOMENTS = {
    "at_utc": ONSET,
    "from_utc": ONSET,
    "onset_utc": ONSET,
    "until_utc": RECOVERY,
    "recovery_utc": RECOVERY,
}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, ...]]:
    """Give the committed incident as it lies, and twice more with its rows shuffled."""
    con = labkit.load(ROOT / "data" / "debacle")
    copies = [shuffled(con, seed, tmp_path_factory.mktemp("shuffled")) for seed in ("a", "b")]
    yield con, *copies
    for one in (*copies, con):
        one.close()


def shuffled(con: duckdb.DuckDBPyConnection, seed: str, folder: Path) -> duckdb.DuckDBPyConnection:
    """Copy all tables, their rows in another order."""
    for table in TABLES:
        rows = f"SELECT t.* FROM {table} AS t ORDER BY hash(t::VARCHAR || '{seed}')"
        con.execute(f"COPY ({rows}) TO '{(folder / table).as_posix()}.parquet'")
    return labkit.load(folder)


def answer(con: duckdb.DuckDBPyConnection, name: str, threads: int) -> list[tuple[Any, ...]]:
    """Ask one query about the incident."""
    con.execute(f"SET threads = {threads}")
    known = {parameter.name for parameter in find(name).parameters}
    return query(con, name, **{key: value for key, value in MOMENTS.items() if key in known}).fetchall()


@pytest.mark.parametrize("name", list(queries()))
def test_the_answer_is_the_same_to_the_last_digit(
    evidence: tuple[duckdb.DuckDBPyConnection, ...], name: str
) -> None:
    """Whatever the order of rows and the number of threads, every value of every row is the same."""
    told = [repr(answer(con, name, threads)) for con in evidence for threads in (1, 2, 3)]
    assert len(set(told)) == 1
