"""A hand-out is written whole or not at all, and never over something else."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from small_lab import LAB, write_lab

from labkit.classroom.build import build
from labkit.classroom.presenting import handout
from labkit.classroom.presenting.handout import MARK, PAGE, slides
from labkit.classroom.presenting.opening import open_lab
from labkit.cli.main import main
from labkit.core.errors import LabError


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Build a project of one small lab, on the seed incident."""
    folder = tmp_path_factory.mktemp("project")
    write_lab(folder, LAB + '\n# %% [markdown] tags=["notes"]\n# Only the teacher reads this line.\n')
    write_evidence(folder)
    build(root=folder)
    return folder


def write_evidence(folder):
    """Give a project evidence of a few lines."""
    evidence = folder / "data" / "debacle"
    evidence.mkdir(parents=True)
    line = '127.0.0.1 - - [01/Dec/2023:14:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl"\n'
    (evidence / "access.log").write_text(line, encoding="utf-8")


def test_a_hand_out_has_no_answer_and_no_notes(project, tmp_path):
    """The page shows what an unsolved notebook shows, and says where it comes from."""
    page = slides("07", tmp_path / "out", root=project).read_text(encoding="utf-8")
    assert '<span class="n">total</span>' in page
    for secret in ("Adding one by one gives six.", "the total is 6", ">sum<", "Only the teacher reads"):
        assert secret not in page
    assert json.loads((tmp_path / "out" / MARK).read_text(encoding="utf-8"))["answers"] is False


def test_a_hand_out_that_would_tell_an_answer_is_refused(project, tmp_path, monkeypatch):
    """Should a worked answer ever get into the page, the page is not written."""
    unsolved = handout.open_lab
    monkeypatch.setattr(
        handout, "open_lab", lambda *given, **how: unsolved(*given, **how | {"answers": True})
    )
    with pytest.raises(LabError, match='would tell students an answer: "a line of the solution'):
        slides("07", tmp_path / "out", root=project)
    assert not (tmp_path / "out").exists()


def test_what_a_students_own_cell_prints_is_no_answer(tmp_path):
    """A line of a solution that an unsolved notebook shows anyway does not stop the hand-out."""
    shows = 'print("total = " + "sum(numbers)")'
    write_lab(tmp_path, LAB.replace("numbers = [1, 2, 3]", f"numbers = [1, 2, 3]\n{shows}"))
    write_evidence(tmp_path)
    page = slides("07", tmp_path / "out", root=tmp_path).read_text(encoding="utf-8")
    assert "total = sum(numbers)</pre>" in page


def test_answers_come_when_they_are_asked_for(project, tmp_path):
    """With the switch the answers are there, behind gates; the notes are not."""
    page = slides("07", tmp_path / "out", answers=True, root=project).read_text(encoding="utf-8")
    assert "Adding one by one gives six." in page
    assert "the total is 6" in page
    assert "Only the teacher reads" not in page
    assert 'class="fragment answer" data-gate="60"' in page


def test_nothing_in_the_page_is_loaded_from_elsewhere(project, tmp_path):
    """The page's own policy allows no request, and no address of another machine stands in an attribute."""
    page = slides("07", tmp_path / "out", root=project).read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "connect-src 'none'" in page
    assert 'src="http' not in page and 'href="http' not in page


def test_only_a_hand_out_is_written_over(project, tmp_path):
    """A folder with other things and a file of that name are refused and stay; an own one is replaced."""
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(LabError, match="holds something else"):
        slides("07", foreign, root=project)
    with pytest.raises(LabError, match="there is a file of this name"):
        slides("07", foreign / "thesis.txt", root=project)
    assert [path.name for path in foreign.iterdir()] == ["thesis.txt"]
    own = tmp_path / "own"
    own.mkdir()
    slides("07", own, root=project)
    (own / PAGE).write_text("old", encoding="utf-8")
    slides("07", own, root=project)
    assert "<!doctype html>" in (own / PAGE).read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["foreign", "own"]


def test_stopping_while_writing_leaves_the_old_hand_out(project, tmp_path, monkeypatch):
    """What stood there before stands there still, and nothing half-written lies beside it."""
    own = tmp_path / "own"
    before = slides("07", own, root=project).read_text(encoding="utf-8")

    def stop(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(handout, "json", SimpleNamespace(dumps=stop))
    with pytest.raises(KeyboardInterrupt):
        slides("07", own, root=project)
    monkeypatch.undo()
    assert (own / PAGE).read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_hand_out_that_cannot_be_put_in_place_leaves_the_old_one(project, tmp_path, monkeypatch):
    """Where the system refuses to rename the new folder, the old one is back, and nothing lies beside it."""
    own = tmp_path / "own"
    before = slides("07", own, root=project).read_text(encoding="utf-8")
    rename = Path.rename

    def refuse(path, target):
        if path.name.endswith(".part"):
            raise PermissionError(13, "The process cannot access the file")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        slides("07", own, root=project)
    monkeypatch.undo()
    assert (own / PAGE).read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_solution_that_is_not_built_is_named(project, tmp_path):
    """What is shown is the built solution; an old or a missing one is told, and how to build it."""
    for name in ("08-old", "09-missing"):
        write_lab(tmp_path, LAB, name)
    write_evidence(tmp_path)
    build(["08"], root=tmp_path)
    write_lab(tmp_path, LAB.replace("Add numbers", "Add them"), "08-old")
    with pytest.raises(LabError, match=r"not built from the lab's source: '08-old'.*labkit build 08-old"):
        open_lab("08", tmp_path)
    with pytest.raises(LabError, match="has no built solution: '09-missing'"):
        open_lab("09", tmp_path)


def test_the_command_says_what_it_wrote_and_what_is_wrong(project, tmp_path, monkeypatch, capsys):
    """The page's path is printed; an unknown lab is one line."""
    monkeypatch.chdir(project)
    assert main(["slides", "07", "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.endswith("out/index.html: written; open it in any browser\n")
    assert main(["slides", "77", "--out", str(tmp_path / "out")]) == 2
    assert "no lab of that name: '77'" in capsys.readouterr().err
    assert main(["present", "77"]) == 2
    assert "no lab of that name: '77'" in capsys.readouterr().err
