"""What was loaded before opens again: DuckDB files and Parquet, checked against the published columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import load_samples as made
import pytest

import labkit
from labkit.cli.main import main
from labkit.core.errors import LabError
from labkit.core.records import TABLES, VIEWS


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A folder with one file of every format, and one line that cannot be used."""
    folder = tmp_path / "it's a case [1]"
    folder.mkdir()
    for sample in made.SAMPLES:
        (folder / f"{sample.table}.txt").write_text(sample.text, encoding="utf-8")
    with (folder / "messages.txt").open("a", encoding="utf-8") as file:
        file.write("\nrubbish")
    return folder


@pytest.fixture
def parquet(case: Path, tmp_path: Path) -> Iterator[Path]:
    """The same case as a folder of Parquet files."""
    with labkit.load(case) as con:
        yield labkit.write_parquet(con, tmp_path / "it's [2]")


def rows(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    return {name: con.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in (*TABLES, *VIEWS)}


def kinds(con: duckdb.DuckDBPyConnection) -> dict[str, object]:
    return {name: con.execute(f"DESCRIBE {name}").fetchall() for name in (*TABLES, *VIEWS)}


def change(folder: Path, table: str, select: str, name: str | None = None) -> None:
    """Write a table of the folder again, otherwise."""
    with duckdb.connect() as con:
        con.execute(
            f"CREATE TABLE t AS FROM read_parquet('{folder.as_posix().replace(chr(39), chr(39) * 2)}/"
            f"{table}.parquet'.replace('[2]', '[[]2]'))"
        )
        (folder / f"{table}.parquet").unlink()
        target = (folder / f"{name or table}.parquet").as_posix().replace("'", "''")
        con.execute(f"COPY (SELECT {select} FROM t) TO '{target}' (FORMAT parquet)")


def test_parquet_opens_as_what_was_written(case: Path, parquet: Path) -> None:
    """A folder of Parquet files has every row and type of what it was written from, rejects too."""
    with labkit.load(case) as first, labkit.load(parquet) as again:
        assert rows(again) == rows(first)
        assert kinds(again) == kinds(first)
        assert again.execute("SELECT count(*) FROM rejects").fetchall() == [(1,)]
        assert {path.name for path in parquet.iterdir()} == {f"{table}.parquet" for table in TABLES}
        said = labkit.query(again, "tables").df()
    assert set(said["grain"].str[:3]) == {"One"}


def test_a_database_opens_to_be_read(case: Path, tmp_path: Path) -> None:
    """A DuckDB file opens with its rows, twice at once, and nothing can be written into it."""
    file = tmp_path / "case.duckdb"
    with labkit.load(case, file) as first:
        expected = rows(first)
    with labkit.load(file) as con, labkit.load(file) as other:
        assert rows(con) == rows(other) == expected
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            con.execute("DELETE FROM logs")


@pytest.mark.parametrize("kind", ["parquet", "duckdb"])
def test_what_is_stored_is_added_to_other_files(case: Path, parquet: Path, tmp_path: Path, kind: str) -> None:
    """Stored evidence and fresh files load together, into memory or a database; one name comes only once."""
    stored = parquet
    if kind == "duckdb":
        stored = tmp_path / "case.duckdb"
        labkit.load(case, stored).close()
    fresh = tmp_path / "fresh.txt"
    fresh.write_text(made.ACCESS, encoding="utf-8")
    for target in (":memory:", tmp_path / "both.duckdb"):
        with labkit.load([stored, fresh], target) as con:
            assert con.execute("SELECT count(*) FROM access").fetchall() == [(2,)]
            assert con.execute(
                "SELECT sum(lines_in - lines_loaded - lines_rejected) FROM sources"
            ).fetchall() == [(0,)]
    with pytest.raises(LabError, match=r"access\.txt"):
        labkit.load([stored, case / "access.txt"])


def test_parts_of_a_table_and_other_types_that_fit_are_taken(parquet: Path) -> None:
    """A table in several files, of narrower numbers and finer times, in any order of columns, opens whole."""
    (parquet / "sources.parquet").unlink()
    (parquet / "spans-2.parquet").write_bytes((parquet / "spans.parquet").read_bytes())
    change(
        parquet,
        "spans",
        "* EXCLUDE (source_file, start_utc) REPLACE (server_port::SMALLINT AS server_port, "
        "end_utc::TIMESTAMP_NS AS end_utc, attributes::VARCHAR AS attributes), "
        "start_utc::TIMESTAMPTZ AS start_utc, source_file",
        "spans-1",
    )
    change(parquet, "access", "*", "of any name")
    with labkit.load(parquet) as con:
        assert con.execute(
            "SELECT count(*), count(DISTINCT (start_utc, end_utc, attributes, server_port)) FROM spans"
        ).fetchall() == [(4, 1)]
        sources = con.execute(
            "SELECT * FROM sources WHERE table_name IN ('spans', 'access') ORDER BY 1"
        ).fetchall()
        assert sources == [
            ("of any name.parquet", "parquet", "access", 1, 1, 0, 1),
            ("spans-1.parquet", "parquet", "spans", 2, 2, 0, 2),
            ("spans-2.parquet", "parquet", "spans", 2, 2, 0, 2),
        ]


@pytest.mark.parametrize(
    ("select", "name", "said"),
    [
        ("* EXCLUDE (body, logger)", "logs", "lacks columns: 'logger, body'"),
        ("*, 1 AS extra", "logs", "no table takes: 'extra'"),
        ("* REPLACE (time_utc::VARCHAR AS time_utc)", "logs", "wrong type: 'time_utc VARCHAR'"),
        ("* REPLACE (severity_number::HUGEINT AS severity_number)", "logs", "'severity_number DOUBLE'"),
        ("1 AS a", "unknown", "no table of the evidence"),
    ],
)
def test_wrong_columns_are_told(parquet: Path, select: str, name: str, said: str) -> None:
    """A missing column, one too many, one of a wrong type, and a file of no table are errors that name it."""
    change(parquet, "logs", select, name)
    with pytest.raises(LabError, match=said):
        labkit.load(parquet)


def test_what_only_looks_stored_is_told(parquet: Path, tmp_path: Path) -> None:
    """A Parquet file that was cut off, and a database of something else, are errors that name the file."""
    whole = (parquet / "spans.parquet").read_bytes()
    (parquet / "spans.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LabError, match=r"cannot be read.*spans\.parquet"):
        labkit.load(parquet)
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as con:
        con.execute("CREATE TABLE t (a INT)")
        with pytest.raises(LabError, match="cannot be opened as a database"):
            labkit.load(other)
    with pytest.raises(LabError, match="holds no loaded evidence"):
        labkit.load(other)
    with pytest.raises(LabError, match="holds no loaded evidence"):
        labkit.load(other, tmp_path / "target.duckdb")


def test_nothing_is_written_over(case: Path, tmp_path: Path) -> None:
    """Parquet goes to a new or an empty folder only, whole or not at all, and only from loaded evidence."""
    with labkit.load(case) as con:
        with pytest.raises(LabError, match="holds something"):
            labkit.write_parquet(con, case)
        with pytest.raises(LabError, match="no folder"):
            labkit.write_parquet(con, case / "messages.txt")
        with pytest.raises(LabError, match="no such folder"):
            labkit.write_parquet(con, tmp_path / "not" / "there")
        (tmp_path / "empty").mkdir()
        labkit.write_parquet(con, tmp_path / "empty")
    with duckdb.connect() as con, pytest.raises(LabError, match="no connection to loaded evidence"):
        labkit.write_parquet(con, tmp_path / "none")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", case.name]


def test_the_command_writes_parquet(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``labkit load --parquet`` writes a folder that loads again; with nothing to write it says so."""
    assert main(["load", str(case), "--parquet", str(tmp_path / "pq")]) == 0
    assert main(["load", str(tmp_path / "pq"), "--database", str(tmp_path / "x.duckdb")]) == 0
    with labkit.load(case) as first, labkit.load(tmp_path / "x.duckdb") as again:
        assert rows(again) == rows(first)
    assert main(["load", str(case)]) == 2
    assert "nothing to write" in capsys.readouterr().err
