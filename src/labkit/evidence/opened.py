"""Open what was loaded before, as it stands: a DuckDB file to be read only, or Parquet files as views."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.core.records import TABLES
from labkit.evidence.database import MEMORY, connect_file, connect_large, copy_database
from labkit.evidence.files import Found, is_database
from labkit.evidence.parquet import copy_tables, is_parquet, show_tables, tables_in
from labkit.evidence.schema import create_schema

if TYPE_CHECKING:
    import duckdb


def opened(found: Sequence[Found]) -> duckdb.DuckDBPyConnection | None:
    """Open one DuckDB file, or nothing but Parquet files; give none for anything else.

    Raises
    ------
    LabError
        The database cannot be opened or holds no evidence, or a Parquet file is no table of it.
    """
    if not all(is_stored(file.path) for file in found):
        return None
    if len(found) == 1 and is_database(found[0].path):
        return open_database(found[0].path)
    return _open_parquet(found) if all(is_parquet(file.path) for file in found) else None


def is_stored(path: Path) -> bool:
    """Say whether a file holds evidence that was loaded before."""
    try:
        return is_database(path) or is_parquet(path)
    except OSError:  # what cannot be read is told of where it is to be read
        return False


def copy_stored(con: duckdb.DuckDBPyConnection, files: Sequence[Found]) -> None:
    """Add the rows of DuckDB and Parquet files to a database."""
    copy_tables(con, tables_in(con, [file for file in files if not is_database(file.path)]))
    for file in files:
        if is_database(file.path):
            open_database(file.path).close()
            copy_database(con, file.path)


def open_database(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file of loaded evidence, to be read only."""
    con, found = connect_file(path, read_only=True)
    if not found >= TABLES.keys():
        con.close()
        raise LabError(
            "this database holds no loaded evidence",
            found=path.as_posix(),
            allowed=sorted(TABLES),
            next_step="Make it with: labkit load PATH --database FILE.",
        )
    return con


def _open_parquet(found: Sequence[Found]) -> duckdb.DuckDBPyConnection:
    con = connect_large(MEMORY)
    try:
        tables = tables_in(con, found)
        create_schema(con)
        show_tables(con, tables)
    except BaseException:
        con.close()
        raise
    return con
