"""No answer reaches a student's notebook, by whatever way."""

from __future__ import annotations

import inspect
import json
import re

import jupytext
import pytest
from built import FOLDERS, LABS, ROOT, cells_of, notebook

import labkit
from labkit.classroom.seal import lab_references
from labkit.classroom.leaks.scan import scan
from labkit.classroom.leaks.secrets import secrets_of


@pytest.fixture(params=LABS)
def name(request):
    """Give each lab's name in turn."""
    return request.param


def source_cells(name):
    """Read a lab's source without the code under test: (tags, text) of each cell."""
    text = (ROOT / "labs" / name / "lab.py").read_text(encoding="utf-8")
    return [(cell.metadata.get("tags", []), cell.source) for cell in jupytext.reads(text, "py:percent").cells]


def test_no_solution_cell_is_in_the_student_notebook(name):
    """Not one line that stands only in solutions is found anywhere in the student's file."""
    cells = source_cells(name)
    shared = {line.strip() for tags, text in cells if "solution" not in tags for line in text.splitlines()}
    answers = {line.strip() for tags, text in cells if "solution" in tags for line in text.splitlines()}
    only = {line for line in answers - shared if len(line) > 12}
    student = {
        line.strip() for cell in cells_of(name, "student") for line in "".join(cell["source"]).splitlines()
    }
    raw = (FOLDERS["student"] / f"{name}.ipynb").read_text(encoding="utf-8")
    assert len(only) > 20
    assert only & student == set()
    # Long lines are looked for in the whole file; a pattern that a question names is no secret.
    told = "\n".join(shared)
    long = {
        json.dumps(line, ensure_ascii=False)[1:-1] for line in only if len(line) > 40 and line not in told
    }
    assert len(long) > 10
    assert [line for line in long if line in raw] == []


def test_the_student_notebook_has_no_outputs_and_was_never_run(name):
    """Outputs and run counts are cleared, so that no answer stands in them."""
    code = [cell for cell in cells_of(name, "student") if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


def test_metadata_says_nothing_but_kernel_language_and_role(name):
    """The student's notebook carries no metadata in which an answer could hide."""
    student = notebook(name, "student")
    assert set(student["metadata"]) == {"kernelspec", "language_info"}
    allowed = ({}, {"tags": ["scaffold"]}, {"tags": ["prompt"]})
    assert all(cell["metadata"] in allowed for cell in student["cells"])
    assert all(
        set(cell) <= {"cell_type", "execution_count", "id", "metadata", "outputs", "source"}
        for cell in student["cells"]
    )
    assert not any("answer" in cell["id"] for cell in student["cells"])


@pytest.mark.parametrize("name", [name for name in LABS if name < "04"])
def test_no_text_names_what_was_wrong(name):
    """The labs before the fourth leave the cause open: no text of theirs, answers included, says it."""
    told = re.compile(r"\bports?\b|5433|misconfigur|wrong (string|setting|address)|refused", re.IGNORECASE)
    assert [text for _, text in source_cells(name) if told.search(text)] == []


def test_the_student_notebook_is_in_the_solutions_order(name):
    """Student and solution share text and scaffold, cell by cell and under the same ids."""
    student, solution = (cells_of(name, kind) for kind in ("student", "solutions"))
    common = {cell["id"] for cell in student} & {cell["id"] for cell in solution}
    assert len(common) > 20
    assert [(c["id"], c["source"]) for c in student if c["id"] in common] == [
        (c["id"], c["source"]) for c in solution if c["id"] in common
    ]


def shown_by_help():
    """Give what a student reads of the package without opening a file: docstrings and the heads of queries."""
    told = {name: getattr(labkit, name) for name in labkit.__all__ if name != "__version__"}
    parts = {"Dsn": labkit.Dsn, "Configuration": labkit.Configuration, "charts": labkit.charts}
    for owner, thing in parts.items():
        told |= {f"{owner}.{name}": getattr(thing, name) for name in dir(thing) if not name.startswith("_")}
    texts = {name: inspect.getdoc(thing) or "" for name, thing in told.items()}
    return texts | {f"the query {name}": str(labkit.show_sql(name)) for name in labkit.queries()}


@pytest.fixture(scope="module")
def evidence():
    """Load the committed evidence once."""
    with labkit.load(ROOT / "data" / "debacle") as con:
        yield con


def test_no_help_tells_an_answer(name, evidence):
    """What help() and show_sql() print holds no answer of any lab: examples are made of other things."""
    folder = ROOT / "labs" / name
    if not (folder / "checks.toml").is_file():
        pytest.skip("this lab has no checks of its own")
    secrets = secrets_of(lab_references(folder, evidence))
    # PostgreSQL's usual port stands in every book; which port was dialled does not.
    texts = {place: text.replace("5432", "") for place, text in shown_by_help().items()}
    found = {place: [leak.what for leak in scan(text, secrets)] for place, text in texts.items()}
    assert {place: what for place, what in found.items() if what} == {}
