"""A lab that was just begun builds, checks, and keeps the style of the house."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import labkit
from labkit.classroom.checks.census import known_answers, without_feedback
from labkit.classroom.execute import execute
from labkit.classroom.new_lab import new_lab
from labkit.classroom.seal import lab_references
from labkit.cli.main import main
from labkit.core.errors import LabError

ROOT = Path(__file__).resolve().parents[2]
NAME = "09-know-the-traffic"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Begin a lab in a project with the course's evidence, and build it."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "labs").mkdir()
    shutil.copytree(ROOT / "data", folder / "data")
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert main(["new-lab", NAME]) == 0
        assert main(["build", "09"]) == 0
    finally:
        os.chdir(before)
    return folder


def run(*command, **environment):
    """Run a tool; give its exit code and what it said."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_a_new_lab_keeps_the_style(project):
    """The tests that hold for every lab pass on it: style, leaks, outputs."""
    tests = [f"tests/notebooks/test_{name}.py" for name in ("style", "leaks", "outputs")]
    console = "test_the_console_shows_record_and_replay_without_a_kernel"  # of another lab
    deselect = f"--deselect=tests/notebooks/test_outputs.py::{console}"
    code, said = run(
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        deselect,
        *tests,
        LABKIT_PROJECT=str(project),
    )
    assert code == 0, said


def test_a_new_lab_is_well_written_python(project):
    """The linter and the formatter have nothing to say."""
    ruff = str(Path(sys.executable).parent / "ruff")
    options = ("--config", str(ROOT / "pyproject.toml"), str(project / "labs"))
    assert run(ruff, "check", *options)[0] == 0
    assert run(ruff, "format", "--check", *options)[0] == 0


def test_a_new_labs_checks_hold(project):
    """Each of its misconceptions is met in the evidence, and none falls together with another answer."""
    found = lab_references(project / "labs" / NAME, labkit.load(project / "data" / "debacle"))
    assert len(found) == 5
    assert all(without_feedback(one) == () for one in found)
    assert all(known.judged_as == known.misconception for one in found for known in known_answers(one))


def test_a_new_labs_solution_is_all_right(project):
    """Every check of its solution says right, and the last panel counts them."""
    book = json.loads((project / "notebooks" / "solutions" / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    texts = [
        "".join(output["data"]["text/plain"])
        for cell in book["cells"]
        for output in cell.get("outputs", ())
        if "data" in output
    ]
    assert sum(": right" in text for text in texts) == 5
    assert "Progress: 5 of 5 questions right" in texts[-1]


@pytest.mark.slow
def test_a_new_lab_runs_unsolved(project):
    """Its student notebook runs from top to bottom before anything is solved."""
    path = project / "notebooks" / f"{NAME}.ipynb"
    done = execute(nbformat.read(path, as_version=4), path.parent, NAME)
    assert "not answered yet" in json.dumps(done)


@pytest.mark.parametrize("name", ["traffic", "9-traffic", "09", "09-Traffic", "09-traffic/..", ""])
def test_a_name_of_another_form_is_refused(tmp_path, name):
    """A lab's name is a number and small words."""
    with pytest.raises(LabError, match="09-slow-queries"):
        new_lab(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_is_taken_is_refused(tmp_path):
    """A second lab of one number would hide the first."""
    new_lab("09-one", tmp_path)
    with pytest.raises(LabError, match=r"'09-one'\. Take another number"):
        new_lab("09-two", tmp_path)
