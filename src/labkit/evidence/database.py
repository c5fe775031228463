"""Open the database that evidence is loaded into, so that a half-loaded one is never left behind."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.core.records import TABLES
from labkit.core.writing import put_in_place
from labkit.evidence.schema import create_schema

if TYPE_CHECKING:
    import duckdb

MEMORY = ":memory:"
_MEMORY_LIMIT = "2GB"  # of evidence on the disk; `SET memory_limit` takes another one at any time
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "preserve_insertion_order": True,
}


def filled(
    database: str | os.PathLike[str], fill: Callable[[duckdb.DuckDBPyConnection], None]
) -> duckdb.DuckDBPyConnection:
    """Open a database, fill it, and give the connection; on any error leave what was there before.

    A new file is written beside its place and moved there when it is complete. What is added to a database
    that exists is collected beside it and then copied in one transaction.
    """
    import duckdb

    try:
        return _fill(connect(MEMORY), fill) if str(database) == MEMORY else _filled_file(Path(database), fill)
    except duckdb.Error as error:
        raise LabError(
            f"DuckDB could not keep the evidence in {database}",
            next_step=f"It says: {str(error).splitlines()[0]}",
        ) from error


def _filled_file(given: Path, fill: Callable[[duckdb.DuckDBPyConnection], None]) -> duckdb.DuckDBPyConnection:
    path = given.expanduser()
    if not path.parent.is_dir():
        raise LabError(
            "no such folder for the database", found=path.parent.as_posix(), next_step="Make it first."
        )
    existing = _connect_existing(path) if path.exists() else None
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _fill(connect_large(str(beside)), fill).close()
        if existing is not None:
            return _fill(existing, lambda con: copy_database(con, beside))
        put_in_place(beside, path)
    finally:
        for leftover in (beside, beside.with_name(beside.name + ".wal")):
            leftover.unlink(missing_ok=True)
    return connect_large(str(path))


def copy_database(con: duckdb.DuckDBPyConnection, other: Path) -> None:
    """Add every row of another database, unless one of its files is here already."""
    con.execute(f"ATTACH {_quoted(other)} AS added (READ_ONLY)")
    try:
        twice = con.execute(
            "SELECT source_file FROM added.sources SEMI JOIN sources USING (source_file) ORDER BY 1"
        ).fetchone()
        if twice:
            raise LabError(
                "this database already holds that file", found=twice[0], next_step="Load into a new database."
            )
        con.execute("BEGIN")
        for table in TABLES:
            con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM added.{table}")
        con.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(Exception):
            con.execute("ROLLBACK")
        raise
    finally:
        con.execute("DETACH added")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def connect(
    database: str, *, read_only: bool = False, **more: str | bool | int | float | list[str]
) -> duckdb.DuckDBPyConnection:
    """Open DuckDB so that results repeat anywhere: UTC, rows in file order, nothing downloaded."""
    import duckdb

    con = duckdb.connect(database, read_only=read_only, config={**_CONFIG, **more})
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")  # in a notebook a slow machine would show a widget
    return con


def connect_large(database: str, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open evidence that lies on the disk: queries take bounded memory, and spill into the temporary folder.

    DuckDB makes that folder when it needs one and removes it. It has one name for each file, since a process
    can open a file only with equal settings.
    """
    of_file = (
        uuid.uuid4() if database == MEMORY else uuid.uuid5(uuid.NAMESPACE_URL, str(Path(database).resolve()))
    )
    spill = Path(tempfile.gettempdir(), f"labkit-{os.getpid()}-{of_file.hex}.tmp")
    return connect(database, read_only=read_only, memory_limit=_MEMORY_LIMIT, temp_directory=str(spill))


def connect_file(path: Path, *, read_only: bool = False) -> tuple[duckdb.DuckDBPyConnection, set[str]]:
    """Open a DuckDB file, and tell the names of the tables in it.

    Raises
    ------
    LabError
        It is no database, or another program holds it open.
    """
    import duckdb

    try:
        con = connect_large(str(path), read_only=read_only)
    except duckdb.Error as error:
        raise LabError(
            "this file cannot be opened as a database",
            found=path.as_posix(),
            next_step="Close what holds it open, or name another file.",
        ) from error
    return con, {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


def _connect_existing(path: Path) -> duckdb.DuckDBPyConnection:
    con, tables = connect_file(path)
    if tables and not tables >= TABLES.keys():
        con.close()
        raise LabError(
            "this database holds other tables",
            found=path.as_posix(),
            next_step="Name a new file for the evidence.",
        )
    return con


def _fill(
    con: duckdb.DuckDBPyConnection, fill: Callable[[duckdb.DuckDBPyConnection], None]
) -> duckdb.DuckDBPyConnection:
    try:
        create_schema(con)
        fill(con)
    except BaseException:
        con.close()
        raise
    return con
