"""The command line: what it prints, what it returns, and that it never shows a traceback."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

import labkit
from labkit.cli import main as cli
from labkit.cli.main import main
from labkit.core import manifest

MESSAGE = '{"timestamp":"2023-12-01T14:45:10Z","channel":"user-report","author":"user","text":"no account"}\n'


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """Make a folder with one small file of evidence."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "messages.jsonl").write_text(MESSAGE * 3, encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", ["start", "build", "load", "check", "generate", "remake"])
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself."""
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert command in capsys.readouterr().out


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    """The command says the version of the package."""
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"labkit {labkit.__version__}\n"


def test_load_writes_a_database_and_says_what_is_in_it(
    evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``labkit load`` leaves a DuckDB file that any DuckDB opens."""
    duckdb = pytest.importorskip("duckdb")
    target = tmp_path / "out.duckdb"
    assert main(["load", str(evidence), "--database", str(target)]) == 0
    assert "messages" in capsys.readouterr().out
    with duckdb.connect(str(target), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM messages").fetchone() == (3,)


def _make_bad(kind: str, folder: Path) -> Path:
    path = folder / kind
    if kind == "empty-folder":
        path.mkdir()
    elif kind == "empty-file":
        path.touch()
    elif kind == "binary":
        path.write_bytes(bytes(range(256)) * 64)
    elif kind == "cut.gz":
        path.write_bytes(gzip.compress(os.urandom(50_000), mtime=0)[:20_000])
    return path


@pytest.mark.parametrize("kind", ["missing", "empty-folder", "empty-file", "binary", "cut.gz"])
def test_bad_input_is_one_clear_line(kind: str, tmp_path: Path) -> None:
    """What cannot be loaded is one line that names it, with exit code 2, no traceback and no database."""
    path = _make_bad(kind, tmp_path)
    target = tmp_path / "out.duckdb"
    done = subprocess.run(
        [sys.executable, "-m", "labkit.cli.main", "load", str(path), "--database", str(target)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("labkit load: ")
    assert kind in done.stderr
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("out")] == []


def test_check_counts_the_files(evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``labkit check`` says how many files are as they should be."""
    case = manifest.describe_case(evidence, scenario="s", seed=1, scale=1.0, labkit_version="0")
    manifest.write_manifest(evidence.parent, [case])
    assert main(["check", str(evidence.parent)]) == 0
    assert "1 files" in capsys.readouterr().err


def test_check_of_nothing_is_not_a_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A manifest that names no file proves nothing, and the command says so."""
    manifest.write_manifest(tmp_path, [])
    assert main(["check", str(tmp_path)]) == 2
    assert "names no file" in capsys.readouterr().err


def test_ctrl_c_is_no_traceback(
    evidence: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends a command with code 130 and one sentence."""

    def stop(data: Path) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(manifest, "check", stop)
    assert main(["check", str(evidence)]) == 130
    assert "stopped" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise on Windows")
def test_a_reader_that_goes_away_is_no_error() -> None:
    """Output into a closed pipe ends in silence."""
    code = (
        "import sys; from labkit.core import manifest; from labkit.cli.main import main\n"
        "def burst(data): raise BrokenPipeError\n"
        "manifest.check = burst\n"
        "sys.exit(main(['check']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (cli.FAILED, "")


def test_no_command_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command the usage is shown, with exit code 2."""
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        "replay --out",
        "catalogue --out",
        "catalogue --judge --keep",
        "questions --out",
        "investigate data --html",
        "doctor postgresql://127.0.0.1/bank --junit",
        "practice --seed 1 --truth",
    ],
)
def test_a_missing_folder_is_told_before_any_work(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in a folder that is not there is refused at once, not after minutes of work."""
    with pytest.raises(SystemExit) as stop:
        main([*command.split(), str(tmp_path / "missing" / "file")])
    assert stop.value.code == 2
    assert "no such folder for the file" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_survey_without_a_place_is_told_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The survey's page needs a folder that is there."""
    assert main(["practice", "--survey", "0-99", "--out", str(tmp_path / "missing" / "page.md")]) == 2
    assert "no such folder for the file" in capsys.readouterr().err
