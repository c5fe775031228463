"""Notebooks are made by allow-list and look the same in every build."""

from __future__ import annotations

import json
import sys

import nbformat
import pytest
from small_lab import LAB, write_lab

from labkit.classroom.notebook import clean, solution_notebook, student_notebook, to_text
from labkit.classroom.source import read_lab


@pytest.fixture
def lab(tmp_path):
    """Give the small lab."""
    return read_lab(write_lab(tmp_path, LAB))


def test_the_student_gets_questions_and_no_answers(lab):
    """The student's notebook holds text, scaffold and prompts, in order, and nothing of a solution."""
    cells = student_notebook(lab).cells
    assert [cell.id for cell in cells] == [
        "lab07-sums-1", "lab07-numbers", "lab07-sums-3", "lab07-total", "lab07-sums-6", "lab07-names",
    ]  # fmt: skip
    text = to_text(student_notebook(lab))
    assert "sum(numbers)" not in text
    assert "gives six" not in text


def test_the_solution_takes_the_place_of_the_prompt(lab):
    """The solution notebook holds the worked answers where the prompts stood."""
    sources = [cell.source for cell in solution_notebook(lab).cells]
    assert 'total = sum(numbers)\nprint(f"the total is {total}")' in sources
    assert "total = ..." not in sources
    assert "*My explanation:*" not in sources


def test_metadata_is_complete(lab):
    """Kernel and language are written in full, so that opening a notebook does not change it."""
    metadata = student_notebook(lab).metadata
    assert metadata.kernelspec == {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    assert metadata.language_info.version == ".".join(map(str, sys.version_info[:3]))
    full = "codemirror_mode file_extension mimetype name nbconvert_exporter pygments_lexer version"
    assert sorted(metadata.language_info) == full.split()


def test_the_text_is_valid_and_ends_in_one_newline(lab):
    """A written notebook is valid by the notebook format and ends as text files do."""
    text = to_text(student_notebook(lab))
    nbformat.validate(nbformat.reads(text, as_version=4))
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")


def test_cleaning_takes_out_clocks_and_live_views():
    """Times of execution go, a widget's live view goes where a page stands in for it, the rest stays."""
    view = "application/vnd.jupyter.widget-view+json"
    output = nbformat.v4.new_output(
        "display_data", data={view: {"model_id": "3f"}, "text/html": "<p>6</p>", "text/plain": "6"}
    )
    alone = nbformat.v4.new_output("display_data", data={view: {"model_id": "3f"}})
    cell = nbformat.v4.new_code_cell(
        "1", outputs=[output, alone], metadata={"execution": {"iopub.status": "x"}}
    )
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {"state": 1}})
    cleaned = json.loads(to_text(clean(notebook)))
    assert cleaned["cells"][0]["metadata"] == {}
    assert set(cleaned["cells"][0]["outputs"][0]["data"]) == {"text/html", "text/plain"}
    assert set(cleaned["cells"][0]["outputs"][1]["data"]) == {view}
    assert "widgets" not in cleaned["metadata"]
