"""Which files a path means, what is said of those that cannot be read, and which databases are taken."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import duckdb
import load_samples as made
import pytest

from labkit.core.errors import LabError
from labkit.evidence import load as module
from labkit.evidence.load import load
from labkit.evidence.recognise import FORMATS

MESSAGE = made.dumps(made.MESSAGE)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A folder with two good files, one below the other, and what must be left out."""
    folder = tmp_path / "data" / "debacle"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "said").write_text(MESSAGE + "\n", encoding="utf-8")
    (folder / "deep" / "access.log").write_text(made.ACCESS + "\n", encoding="utf-8")
    for name in (".DS_Store", ".hidden/said", "manifest.json"):
        (folder / name).write_text("not evidence", encoding="utf-8")
    return folder


def names(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The files that were loaded, in their order; closes the connection."""
    with con:
        return [name for (name,) in con.execute("SELECT source_file FROM sources").fetchall()]


def test_a_folder_means_all_evidence_in_it(case: Path) -> None:
    """Files in and below a folder are loaded by name; hidden files and manifests are left out."""
    assert names(load(case)) == ["deep/access.log", "said"]


def test_files_patterns_and_lists_are_taken(case: Path) -> None:
    """A file, a pattern and a list of both mean what they say, each file once."""
    assert names(load(str(case / "said"))) == ["said"]
    assert names(load(str(case / "**" / "*.log"))) == ["access.log"]
    assert names(load([case / "said", str(case / "s*"), case / "deep"])) == ["said", "access.log"]


def test_a_relative_path_is_looked_for_above(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook in a folder of its own finds the data beside that folder."""
    notebooks = case.parents[1] / "notebooks" / "solutions"
    notebooks.mkdir(parents=True)
    monkeypatch.chdir(notebooks)
    assert names(load("data/debacle")) == ["deep/access.log", "said"]
    assert names(load("data/*/said")) == ["said"]


def test_files_of_one_name_are_told_apart(case: Path) -> None:
    """Two files of the same name keep as much of their folders as tells them apart."""
    (case / "deep" / "said").write_text(MESSAGE, encoding="utf-8")
    assert names(load([case / "said", case / "deep" / "said"])) == ["debacle/said", "deep/said"]


@pytest.mark.parametrize("path", ["nowhere", "data/debacle/saidd", "*.nothing", []])
def test_a_path_that_means_nothing_is_named(
    case: Path, monkeypatch: pytest.MonkeyPatch, path: str | list[str]
) -> None:
    """A missing file, a pattern without matches and an empty list are errors that say what to do."""
    monkeypatch.chdir(case.parents[1])
    with pytest.raises(LabError) as error:
        load(path)
    assert str(path or "no path") in str(error.value)
    assert error.value.next_step


def test_a_missing_file_s_neighbours_are_listed(case: Path) -> None:
    """The error for a missing file lists what stands beside it."""
    with pytest.raises(LabError) as error:
        load(case / "sadi")
    assert [Path(name).name for name in error.value.allowed] == ["deep", "manifest.json", "said"]
    with pytest.raises(LabError):
        load(Path(case.anchor) / "no-such-folder-anywhere" / "x")


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    """A folder that holds nothing but hidden files is named as empty."""
    (tmp_path / ".hidden").write_text("x", encoding="utf-8")
    with pytest.raises(LabError, match="the folder holds no evidence"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (b"", "an empty file"),
        (b"\n \n", "an empty file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a binary file"),
        (bytes(range(1, 32)), "a binary file"),
        (b"Dear diary,\nit was dark.\n", "text that starts with 'Dear diary,'"),
        (b'{"message":"of no known kind"}\n', "text that starts with"),
        (b"{broken\n", "text that starts with"),
        (gzip.compress(b"", mtime=0)[:5], "damaged"),
    ],
)
@pytest.mark.parametrize("folder", [False, True], ids=["alone", "in a folder"])
def test_a_file_of_no_known_kind_is_described(tmp_path: Path, data: bytes, seen: str, folder: bool) -> None:
    """What was seen and what is possible is said of a file that is not recognised."""
    path = tmp_path / "odd.bin"
    path.write_bytes(data)
    with pytest.raises(LabError) as error:
        load(tmp_path if folder else path)
    assert seen in str(error.value)
    assert "odd.bin" in str(error.value)
    assert len(error.value.allowed) == len(FORMATS)


def test_an_unknown_file_among_good_ones_is_kept_in_rejects(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of no known kind in a folder stops nothing, loses nothing, and its lines are counted aloud."""
    (case / "odd").write_bytes(b"\xff\x00odd\n\nlast")
    (case / "zero").write_bytes(b"")
    with load(case) as con:
        rejects = con.execute("FROM rejects").fetchall()
        assert rejects == [
            ("odd", 1, 0, "no known format", b"\xff\x00odd"),
            ("odd", 3, 7, "no known format", b"last"),
        ]
        assert con.execute("FROM sources WHERE format = 'unknown' ORDER BY ALL").fetchall() == [
            ("odd", "unknown", None, 2, 0, 2, 0),
            ("zero", "unknown", None, 0, 0, 0, 0),
        ]
    assert capsys.readouterr() == (
        "",
        "2 lines could not be used and are kept in the table rejects (odd).\n",
    )


def test_nothing_is_said_of_clean_evidence(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Loading sound files prints nothing."""
    load(case).close()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("fast", [False, True], ids=["strict", "fast"])
@pytest.mark.parametrize("cut", [1, 9, 40])
def test_a_gzip_file_that_is_cut_off_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int, fast: bool
) -> None:
    """What can be unpacked is loaded, and the damage stands in rejects."""
    monkeypatch.setattr(module, "FAST_FROM_BYTES", 0 if fast else 1 << 60)
    lines = [made.dumps(made.batch(made.span(spanId=f"{n:016x}"))) for n in range(1, 200)]
    path = tmp_path / "traces.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0)[:-cut])
    with load(path) as con:
        loaded, rejected, total = con.execute(
            "SELECT lines_loaded, lines_rejected, lines_in FROM sources"
        ).fetchall()[0]
        assert loaded + rejected == total
        assert loaded > 100
        reasons = [
            reason for (reason,) in con.execute("SELECT reason FROM rejects ORDER BY line_number").fetchall()
        ]
        assert "the gzip file is damaged" in reasons[-1]


def test_progress_runs_to_the_end(tmp_path: Path) -> None:
    """The callback gets growing counts of bytes that end at the total."""
    path = tmp_path / "said"
    path.write_text((MESSAGE + "\n") * 20_000, encoding="utf-8")
    seen: list[tuple[int, int]] = []
    load(path, progress=lambda done, total: seen.append((done, total))).close()
    size = path.stat().st_size
    assert seen == sorted(seen)
    assert len(seen) > 1
    assert seen[-1] == (size, size)


def test_a_database_file_is_made_whole(case: Path, tmp_path: Path) -> None:
    """A named database holds the tables afterwards, can be opened again, and nothing lies beside it."""
    database = tmp_path / "out.duckdb"
    load(case, database).close()
    with duckdb.connect(str(database), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM messages").fetchone() == (1,)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out.duckdb"]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, RuntimeError])
def test_no_half_loaded_database_is_left(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: type[BaseException]
) -> None:
    """An error or Ctrl-C while loading leaves no file behind."""

    def fail(*_: Any) -> None:
        raise trouble

    monkeypatch.setattr(module, "reject_all", fail)
    (case / "odd").write_text("unknown", encoding="utf-8")
    with pytest.raises(trouble):
        load(case, tmp_path / "out.duckdb")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_database_takes_more_files_but_none_twice(case: Path, tmp_path: Path) -> None:
    """Other files are added to a database; the same one again is an error that changes nothing."""
    database = tmp_path / "out's.duckdb"
    load(case / "said", database).close()
    with load(case / "deep", database) as con:
        assert con.execute("SELECT source_file FROM sources ORDER BY ALL").fetchall() == [
            ("access.log",),
            ("said",),
        ]
    with pytest.raises(LabError, match="already holds that file: 'said'"):
        load(case, database)
    with duckdb.connect(str(database)) as con:
        assert con.execute("SELECT count(*) FROM messages").fetchone() == (1,)
        assert con.execute("SELECT count(*) FROM access").fetchone() == (1,)


def test_a_file_that_is_no_evidence_database_is_left_alone(case: Path, tmp_path: Path) -> None:
    """A text file, a database with other tables and a missing folder are refused and stay as they are."""
    text = tmp_path / "notes.txt"
    text.write_text("dear diary " * 1000, encoding="utf-8")
    with pytest.raises(LabError, match="cannot be opened as a database"):
        load(case, text)
    assert text.read_text(encoding="utf-8") == "dear diary " * 1000
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as con:
        con.execute("CREATE TABLE mine AS SELECT 1 AS a")
    with pytest.raises(LabError, match="holds other tables"):
        load(case, other)
    with pytest.raises(LabError, match="no such folder"):
        load(case, tmp_path / "none" / "out.duckdb")


def test_databases_in_a_folder_are_not_evidence(case: Path) -> None:
    """A database that was made in the evidence folder is left out when the folder is loaded again."""
    load(case, case / "out.duckdb").close()
    (case / "out.duckdb.wal").write_bytes(b"left over")
    (case / "odd.wal").write_text(MESSAGE, encoding="utf-8")
    assert names(load(case)) == ["deep/access.log", "odd.wal", "said"]


def test_the_connection_is_plain_and_repeatable(case: Path) -> None:
    """The connection reads UTC, keeps the order of rows and downloads nothing."""
    with load(case) as con:
        settings = "TimeZone", "preserve_insertion_order", "autoinstall_known_extensions"
        values = [con.execute("SELECT current_setting($1)", [name]).fetchall()[0][0] for name in settings]
        assert values == ["UTC", True, False]
        macros = con.execute("SELECT count(*) FROM duckdb_functions() WHERE NOT internal").fetchone()
        assert macros == (0,)


def test_a_file_that_may_not_be_read_is_named(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing rights end in an error with the path, not in a traceback."""

    def refuse(path: Path) -> io.BytesIO:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(module, "recognise", refuse)
    with pytest.raises(LabError, match=r"cannot be read: .*said.*Permission denied"):
        load(case / "said")


def test_what_duckdb_says_is_passed_on_in_one_line(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of DuckDB's own, such as a full disk, becomes one line and leaves no file."""

    def full(*_: Any) -> None:
        raise duckdb.IOException("IO Error: No space left on device\nmore")

    monkeypatch.setattr(module, "_load_lines", full)
    with pytest.raises(LabError, match=r"could not keep the evidence.*No space left on device$") as error:
        load(case, tmp_path / "out.duckdb")
    assert isinstance(error.value.__cause__, duckdb.IOException)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
