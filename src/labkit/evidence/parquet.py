"""Evidence as Parquet: a folder with one file a table, written from a connection and opened again.

Nothing is copied when it is opened: the tables are views over the files, so a case of any size opens at once.
"""

from __future__ import annotations

import glob
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.core.records import TABLES, Column, columns
from labkit.evidence.files import Found, PathLike
from labkit.evidence.schema import require_evidence

if TYPE_CHECKING:
    import duckdb

_MAGIC = b"PAR1"
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
_TIMES = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"})
#: Types of a file that a column can take without losing anything; every column takes its own type.
_FITTING: dict[str, frozenset[str]] = {
    "BIGINT": _WHOLE,
    "DOUBLE": frozenset({"FLOAT"}),
    "TIMESTAMP": _TIMES,
    "JSON": frozenset({"VARCHAR"}),
}

TableFiles = Mapping[str, Sequence[Found]]


def is_parquet(path: Path) -> bool:
    """Say whether a file is Parquet, by how it starts."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def write_parquet(con: duckdb.DuckDBPyConnection, folder: PathLike) -> Path:
    """Write every table of the evidence into a new folder, one Parquet file a table.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned.
    folder : path
        Where to write; it must not be there yet, or be empty.

    Returns
    -------
    Path
        The folder; ``labkit.load`` opens it again, and so does any program that reads Parquet.

    Raises
    ------
    LabError
        The folder holds something, or the connection is not one to loaded evidence.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from labkit.evidence.load import load
    >>> with TemporaryDirectory() as folder:
    ...     said = '{"timestamp":"2024-02-29T12:00:00Z","channel":"chat","author":"user","text":"down?"}'
    ...     _ = Path(folder, "said.txt").write_text(said, encoding="utf-8")
    ...     with load(folder) as con:
    ...         written = write_parquet(con, Path(folder, "parquet"))
    ...     with load(written) as con:
    ...         con.sql("SELECT author, text, source_file FROM messages").fetchall()
    [('user', 'down?', 'said.txt')]
    """
    require_evidence(con)
    target = Path(folder).expanduser()
    if target.exists() and not target.is_dir():
        raise LabError("this is no folder", found=target.as_posix(), next_step="Name a new folder.")
    if target.exists() and any(target.iterdir()):
        raise LabError("this folder holds something", found=target.as_posix(), next_step="Name a new folder.")
    if not target.parent.is_dir():
        raise LabError("no such folder", found=target.parent.as_posix(), next_step="Make it first.")
    beside = target.with_name(f".{target.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        for table in TABLES:
            con.execute(
                f"COPY {table} TO {_quoted(beside / f'{table}.parquet')} (FORMAT parquet, CODEC zstd)"
            )
        if target.exists():
            target.rmdir()
        beside.replace(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def tables_in(con: duckdb.DuckDBPyConnection, files: Sequence[Found]) -> TableFiles:
    """Tell which table each Parquet file holds, and check its columns.

    Raises
    ------
    LabError
        A file cannot be read, is no table of the evidence, or lacks a column or has one of a wrong type.
    """
    found: dict[str, list[Found]] = {}
    for file in files:
        given = _columns_of(con, file)
        table = _table_of(file, given)
        _check(file, table, given)
        found.setdefault(table, []).append(file)
    return found


def _columns_of(con: duckdb.DuckDBPyConnection, file: Found) -> dict[str, str]:
    import duckdb

    try:
        rows = con.execute(f"DESCRIBE FROM read_parquet({_literal([file])})").fetchall()
    except duckdb.Error as error:
        raise LabError(
            "this Parquet file cannot be read",
            found=file.path.as_posix(),
            next_step=f"DuckDB says: {str(error).splitlines()[0]}",
        ) from error
    return {name: kind for name, kind, *_ in rows}


def _table_of(file: Found, given: Mapping[str, str]) -> str:
    """Choose the table: the one that file or folder is named after, else the one that has all its columns."""
    for name in (file.path.stem, file.path.parent.name):
        for table in TABLES:
            if re.fullmatch(rf"{table}(?:[-_.]?\d.*)?", name):
                return table
    whole = [table for table, record in TABLES.items() if {c.name for c in columns(record)} <= given.keys()]
    if len(whole) == 1:
        return whole[0]
    raise LabError(
        "this Parquet file is no table of the evidence",
        found=file.path.as_posix(),
        allowed=[f"{table}.parquet" for table in TABLES],
        next_step="Name it after the table whose columns it has (docs/evidence.md lists them).",
    )


def _check(file: Found, table: str, given: Mapping[str, str]) -> None:
    wanted = columns(TABLES[table])
    where = f"as the table {table}, {file.path.as_posix()}"
    missing = [column.name for column in wanted if column.name not in given]
    if missing:
        raise LabError(
            f"{where} lacks columns",
            found=", ".join(missing),
            next_step="Add them; a column of NULLs of the right type will do.",
        )
    more = sorted(given.keys() - {column.name for column in wanted})
    if more:
        raise LabError(
            f"{where} has columns that no table takes",
            found=", ".join(more),
            next_step="Leave them out, or put them into the column attributes.",
        )
    for column in wanted:
        if not _fits(column, given[column.name]):
            raise LabError(
                f"{where} has a column of a wrong type",
                found=f"{column.name} {given[column.name]}",
                allowed=sorted({column.sql_type, *_FITTING.get(column.sql_type, ())}),
                next_step="Write it again with that type.",
            )


def _fits(column: Column, given: str) -> bool:
    plain, wanted = given.replace('"', ""), column.sql_type.replace('"', "")
    return plain in (wanted, "NULL") or plain in _FITTING.get(wanted, ())


def show_tables(con: duckdb.DuckDBPyConnection, tables: TableFiles) -> None:
    """Put views over Parquet files into the place of the tables of the same names."""
    for table, files in tables.items():
        comment = con.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = $1 AND NOT temporary", [table]
        ).fetchall()[0][0]
        con.execute(f"DROP TABLE {table}")
        con.execute(f"CREATE VIEW {table} AS {_select(table, files)}")
        con.execute(f"COMMENT ON VIEW {table} IS {_text(comment)}")
    _account(con, tables)


def copy_tables(con: duckdb.DuckDBPyConnection, tables: TableFiles) -> None:
    """Add the rows of Parquet files to the tables."""
    for table, files in tables.items():
        con.execute(f"INSERT INTO {table} BY NAME {_select(table, files)}")
    _account(con, tables)


def _account(con: duckdb.DuckDBPyConnection, tables: TableFiles) -> None:
    """Where the files came without the table ``sources``, count each of them: a row is a line then."""
    if "sources" in tables:
        return
    for table, files in tables.items():
        for file in files:
            (rows,) = con.execute(f"SELECT count(*) FROM read_parquet({_literal([file])})").fetchall()[0]
            con.execute(
                "INSERT INTO sources VALUES ($1, 'parquet', $2, $3, $3, 0, $3)", [file.name, table, rows]
            )


def _select(table: str, files: Sequence[Found]) -> str:
    names = ", ".join(f'CAST("{c.name}" AS {c.sql_type}) AS "{c.name}"' for c in columns(TABLES[table]))
    return f"SELECT {names} FROM read_parquet({_literal(files)}, union_by_name = true)"


def _literal(files: Sequence[Found]) -> str:
    """Write paths as a list for DuckDB, in which nothing is a pattern."""
    return f"[{', '.join(_text(glob.escape(str(file.path.resolve()))) for file in files)}]"


def _quoted(path: Path) -> str:
    return _text(str(path))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
