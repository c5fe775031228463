"""Open what is to be investigated: files of evidence, or a database they were loaded into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.core.records import TABLES
from labkit.evidence.load import load

if TYPE_CHECKING:
    import duckdb

_MAGIC, _MAGIC_AT = b"DUCK", 8


def open_case(
    path: str | Path, *, progress: Callable[[int, int], None] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file as it is, to be read only, or load anything else as ``labkit.load`` does.

    Raises
    ------
    LabError
        As ``labkit.load``; and for a DuckDB file that is no loaded case.
    """
    file = Path(path).expanduser()
    if not _is_duckdb(file):
        return load(path, progress=progress)
    import duckdb

    try:
        con = duckdb.connect(str(file), read_only=True)
    except duckdb.Error as error:
        raise LabError(
            "this file cannot be opened as a database",
            found=file.as_posix(),
            next_step="Close what holds it open, or name another file.",
        ) from error
    found = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not found >= TABLES.keys():
        con.close()
        raise LabError(
            "this database holds no loaded evidence",
            found=file.as_posix(),
            allowed=sorted(TABLES),
            next_step="Make it with: labkit load PATH --database FILE.",
        )
    con.execute("SET TimeZone = 'UTC'")
    return con


def _is_duckdb(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        head = stream.read(_MAGIC_AT + len(_MAGIC))
    return head[_MAGIC_AT:] == _MAGIC
