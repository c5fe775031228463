"""The commands of teachers: seal, questions, new-lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.cli.main import main

TOML = """\
[[question]]
id = "messages"
kind = "number"
asks = "How many messages are there?"
expects = "a whole number"
hints = ["a", "b", "c"]
right = "So many people wrote."
misconception = [
    { id = "one-more", feedback = "One too many." },
    { id = "one-less", feedback = "One too few." },
    { id = "none", feedback = "There are some." },
]
"""
ANSWERS = """\
def messages(con):
    count = con.sql("SELECT count(*) FROM messages").fetchall()[0][0]
    return {"right": count, "one-more": count + 1, "one-less": count - 1, "none": 0}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Give a project with one lab and two evidences, and go there."""
    lab = tmp_path / "labs" / "07-sums"
    lab.mkdir(parents=True)
    for name, text in (
        ("lab.py", "# %% [markdown]\n# # Sums\n"),
        ("checks.toml", TOML),
        ("answers.py", ANSWERS),
    ):
        (lab / name).write_text(text, encoding="utf-8")
    for name, count in (("debacle", 3), ("variant", 5)):
        (tmp_path / "data" / name).mkdir(parents=True)
        line = '{"timestamp":"2023-12-01T14:45:10Z","channel":"chat","author":"user","text":"down?"}\n'
        (tmp_path / "data" / name / "messages.jsonl").write_text(line * count, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_lab_is_sealed_for_a_variant(project, capsys):
    """The command writes a file beside the course's own and names it."""
    assert main(["seal", "07", "--evidence", "data/variant"]) == 0
    said = capsys.readouterr().out.strip()
    assert said.startswith("notebooks/checks/07-sums.")
    assert (project / said.removesuffix(": written")).is_file()


def test_the_questions_are_listed_and_written(project, capsys):
    """The page goes to the screen or to a file, and counts."""
    assert main(["questions"]) == 0
    page = capsys.readouterr().out
    assert "In all 1 questions, 3 mistakes with feedback, 3 known wrong answers." in page
    assert "| `messages` | number | How many messages are there? | exact | 3 | 3 | 0 | 0 | 3 |" in page
    assert main(["questions", "--out", "page.md"]) == 0
    assert capsys.readouterr().out == "page.md: written\n"
    assert Path("page.md").read_text(encoding="utf-8") == page


def test_a_new_lab_names_its_files(project, capsys):
    """The command says what it wrote, and what to do next."""
    assert main(["new-lab", "08-more"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "labs/08-more/lab.py: written"
    assert lines[-1].startswith("Build it with 'labkit build 08-more'")
    assert main(["new-lab", "08-again"]) == 2
