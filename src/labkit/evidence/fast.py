"""What the fast ways of loading share: where rows go, what came of it, and how a long statement is run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Fast:
    """What was loaded fast: lines and rows, and the numbers of the lines the strict reader must judge."""

    lines: int
    rows: int
    doubted: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Into:
    """Where rows go: a database, the file's name in it, and whom to tell the share that is done."""

    con: duckdb.DuckDBPyConnection
    source_file: str
    progress: Callable[[float], None]


def run_long(into: Into, sql: str, values: dict[str, object]) -> None:
    """Run a statement in a thread of its own, so that Ctrl-C is heard and progress told meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(into.con.execute, sql, values)
        try:
            while wait([running], _POLL_SECONDS).not_done:
                into.progress(max(0.0, into.con.query_progress()) / 100)
        except BaseException:
            into.con.interrupt()
            raise
        running.result()


@cache
def sql_of(name: str) -> str:
    """Read a statement of the folder ``sql_load``."""
    return files("labkit.evidence").joinpath("sql_load", f"{name}.sql").read_text(encoding="utf-8")
