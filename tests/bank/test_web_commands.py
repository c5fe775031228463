"""Commands around the bank refuse in one line what they could only misread, before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.bank.running import open_bank
from labkit.cli.main import main
from labkit.core.errors import LabError


def ran(words: list[str]) -> int:
    """Run a command in this process; give its exit code."""
    try:
        return main(words)
    except SystemExit as ended:
        return int(str(ended.code))


@pytest.mark.parametrize("command", ["start", "stop", "status", "rollback", "deploy"])
def test_an_empty_folder_is_no_folder(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--folder ""`` is refused, and nothing is made where the command was called."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("labkit.bank.running.open_bank", lambda *_, **__: pytest.fail("a bank begins"))
    words = ["2.0.0"] if command == "deploy" else []
    assert ran(["bank", command, *words, "--folder", ""]) == 2
    assert "the bank's folder needs a name" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["$(touch x)", "a`b", 'a"b', "a\\b", "a\nb"])
def test_a_folder_that_a_shell_would_misread_is_refused(name: str, tmp_path: Path) -> None:
    """The character is named in one line, and no folder is made."""
    with (
        pytest.raises(LabError, match="the name of a bank's folder cannot have") as refused,
        open_bank(tmp_path / name, dsn="host=127.0.0.1 port=1"),
    ):
        pytest.fail("a bank opened")
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_drill_of_no_minutes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--minutes 0`` is not taken for the usual three minutes."""
    monkeypatch.setattr("labkit.classroom.drill.play.play", lambda *_, **__: pytest.fail("a drill begins"))
    assert ran(["drill", "debacle", "--minutes", "0", "--out", str(tmp_path / "drill")]) == 2
    assert "minutes" in capsys.readouterr().err


def test_the_ledger_of_no_bank_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a folder without a bank there is no telling what was on paper; the folder is named."""
    assert ran(["bank", "ledger", "--folder", str(tmp_path / "TYPO")]) == 2
    said = capsys.readouterr()
    assert (said.out, "there is no bank in this folder" in said.err) == ("", True)
    assert "TYPO" in said.err
