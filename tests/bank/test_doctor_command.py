"""``labkit doctor``: its exit codes, its outputs, and that misuse never shows a connection string."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from labkit.cli.main import main

DSN = "postgresql://bank_app:correct-horse@127.0.0.1:1/bank"


@pytest.fixture
def expect(tmp_path: Path) -> Path:
    """Write what is expected to a file."""
    path = tmp_path / "expect.toml"
    path.write_text('environment = "production"\n[tables]\naccounts = ["select"]\n', encoding="utf-8")
    return path


def test_a_fit_string_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    """A string that is fit ends with 0 and says so."""
    assert main(["doctor", DSN, "--until", "lint"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[1] == "fit"
    assert "correct-horse" not in out


def test_an_unfit_string_is_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, expect: Path
) -> None:
    """A string that is not fit ends with 1; JSON and JUnit say what the text says."""
    monkeypatch.setenv("SOME_URL", DSN)
    junit = tmp_path / "connection.xml"
    words = ["doctor", "--env", "SOME_URL", "--json", "--junit", str(junit), "--timeout", "60"]
    assert main([*words, "--expect", str(expect), "--environment", "test", "--connections", "3"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["trouble"] == {"step": "reach", "fault": "refused"}
    assert ET.parse(junit).getroot().get("failures") == "1"


def test_a_string_is_read_from_a_file_or_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A TOML file and standard input are read; a line's end is not part of the string."""
    path = tmp_path / "config.toml"
    path.write_text(f'[database]\nurl = "{DSN}"\n', encoding="utf-8")
    assert main(["doctor", "--file", str(path), "--key", "database.url", "--until", "lint"]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(DSN + "\n"))
    assert main(["doctor", "-", "--until", "lint"]) == 0
    assert capsys.readouterr().out.count("fit\n") == 2


def test_what_an_update_changes_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the string in use, each part that differs is told, of a password only that it does."""
    monkeypatch.setenv("OLD_URL", DSN)
    changed = DSN.replace(":1/", ":2/").replace("correct-horse", "other-horse")
    assert main(["doctor", changed, "--was", "OLD_URL", "--until", "lint"]) == 0
    out = capsys.readouterr().out
    assert out.endswith(
        "Against OLD_URL:\npart      before  after\npassword          changed\nport      1       2\n"
    )
    assert "horse" not in out
    assert main(["doctor", changed, "--was", "OLD_URL", "--until", "lint", "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert changes[1] == {"part": "port", "before": "1", "after": "2"}
    assert main(["doctor", f"x{changed}", "--was", "OLD_URL", "--until", "lint"]) == 1
    assert "Against" not in capsys.readouterr().out


def test_parts_of_a_file_are_compared(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A string that a file holds in parts is compared as any other."""
    monkeypatch.setenv("OLD_URL", DSN)
    path = tmp_path / "config.toml"
    path.write_text('[database]\nhost = "127.0.0.1"\nuser = "bank_app"\ndbname = "bank"\n', encoding="utf-8")
    assert main(["doctor", "--file", str(path), "--was", "OLD_URL", "--until", "lint"]) == 0
    assert "port      1       not set" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        [],
        [DSN, "--was", DSN],
        [DSN, "--env", "SOME_URL"],
        ["host=h", "password=correct-horse"],
        ["--env", DSN],
        ["--file", DSN],
        [DSN, "--expect", DSN],
        [DSN, "--environment", DSN],
        [DSN, "--until", "nosuch"],
        [DSN, "--timeout", "0"],
        [DSN, "--connections", "0"],
        ["--explain", "no such words"],
    ],
)
def test_misuse_is_2_and_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Misuse ends with 2 and one line that does not hold the string."""
    assert main(["doctor", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "correct-horse" not in said.err


def test_a_message_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """A message from a log is explained without any connection string."""
    assert main(["doctor", "--explain", "FATAL:  sorry, too many clients already"]) == 0
    assert "#### too-many-clients" in capsys.readouterr().out


def test_texts_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The checklist and all messages can be printed, to be kept elsewhere."""
    assert main(["doctor", "--checklist"]) == 0
    assert main(["doctor", "--messages"]) == 0
    out = capsys.readouterr().out
    assert out.index("# Before a change") < out.index("### parse")


def test_the_base_install_is_enough() -> None:
    """The doctor needs nothing of the extra ``bank``: a pool, telemetry or a server's programs."""
    code = (
        "import sys; from labkit.bank.doctor import examine; examine('postgresql://u:p@127.0.0.1:1/d'); "
        "print([m for m in sys.modules if m.startswith(('psycopg_pool', 'opentelemetry', 'embedded'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
