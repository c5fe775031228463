"""``labkit practice`` makes a case in a folder, keeps the answer apart, and surveys many seeds."""

from __future__ import annotations

import json

import pytest

from labkit.classroom.practice import survey as surveying
from labkit.classroom.practice.solving import BY_FAILURES
from labkit.classroom.practice.survey import Surveyed
from labkit.cli.main import main


def test_a_case_is_made_and_its_answer_written_apart(tmp_path, capsys):
    """The brief and the files are printed; only the teacher's file says what it was."""
    folder, answer = tmp_path / "case", tmp_path / "answer.json"
    assert main(["practice", "--seed", "107", "--out", str(folder), "--truth", str(answer)]) == 0
    said = capsys.readouterr().out
    truth = json.loads(answer.read_text(encoding="utf-8"))
    assert (truth["seed"], truth["part"]) == (107, "user")
    assert "Practice case 0107" in said
    assert "messages.jsonl" in said
    assert truth["fault"] not in said
    assert answer.name not in {path.name for path in folder.iterdir()}


def test_the_default_folder_is_called_by_the_seed(tmp_path, monkeypatch, capsys):
    """Without --out the case goes into data/practice of the project."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    asked = []

    def stop(seed, folder, progress):
        asked.append((seed, folder.relative_to(tmp_path).as_posix()))
        raise KeyboardInterrupt

    monkeypatch.setattr("labkit.classroom.practice.bundle.make_bundle", stop)
    assert main(["practice", "--seed", "42"]) == 130
    assert asked == [(42, "data/practice/0042")]


def test_a_survey_is_written_or_printed(tmp_path, monkeypatch, capsys):
    """--survey takes a range of seeds, and --out a file."""
    made = Surveyed(0, "debacle", BY_FAILURES, 3.0, (), 1, "a", 3, 0, ())
    monkeypatch.setattr(surveying, "survey_seed", lambda _: made)
    assert main(["practice", "--survey", "3-5"]) == 0
    printed = capsys.readouterr().out
    assert main(["practice", "--survey", "3-5", "--out", str(tmp_path / "survey.md")]) == 0
    assert (tmp_path / "survey.md").read_text(encoding="utf-8") == printed
    assert "3 cases" in printed


@pytest.mark.parametrize("seeds", ["5", "9-3", "a-b"])
def test_a_range_that_is_none_is_refused(seeds, capsys):
    """The error shows how a range is written."""
    assert main(["practice", "--survey", seeds]) == 2
    assert "0-99" in capsys.readouterr().err


def test_seed_and_survey_exclude_each_other(capsys):
    """One of the two is needed, and not both."""
    with pytest.raises(SystemExit):
        main(["practice"])
    with pytest.raises(SystemExit):
        main(["practice", "--seed", "1", "--survey", "1-2"])
