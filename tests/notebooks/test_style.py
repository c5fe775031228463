"""The labs keep to the house's numbers, so that they stay easy to read and to run in class."""

from __future__ import annotations

import itertools
import re
import statistics

import pytest
from built import LABS, cells_of, code_lines, words

#: The first lab is a warm-up and may be shorter than the others.
LEAST_CELLS = {"00-start-here": 30}


@pytest.fixture(params=LABS)
def name(request):
    """Give each lab's name in turn."""
    return request.param


@pytest.fixture(params=["student", "solutions"])
def cells(request, name):
    """Give the cells of each notebook in turn."""
    return cells_of(name, request.param)


def test_a_lab_has_forty_to_seventy_cells(name):
    """What a student works through fits into one class."""
    assert LEAST_CELLS.get(name, 40) <= len(cells_of(name, "student")) <= 70


def test_prose_cells_are_short(cells):
    """No prose cell has more than 120 words, and an ordinary one has about 40."""
    lengths = [words(cell) for cell in cells if cell["cell_type"] == "markdown"]
    assert max(lengths) <= 120
    assert 15 <= statistics.mean(lengths) <= 60


def test_code_cells_are_short(cells):
    """No code cell has more than 15 lines, and an ordinary one has a handful."""
    lengths = [code_lines(cell) for cell in cells if cell["cell_type"] == "code"]
    assert max(lengths) <= 15
    assert statistics.median(lengths) <= 6


def test_prose_and_code_are_in_balance(cells):
    """There is about as much to read as there is to run, counted in lines as they stand in the source."""
    prose = sum(len("".join(c["source"]).splitlines()) for c in cells if c["cell_type"] == "markdown")
    code = sum(code_lines(cell) for cell in cells if cell["cell_type"] == "code")
    assert 0.5 <= prose / code <= 2


def test_never_three_code_cells_in_a_row(cells):
    """Between runs there is always something said."""
    kinds = "".join(cell["cell_type"][0] for cell in cells)
    assert "ccc" not in kinds


def test_a_heading_comes_about_every_150_words(cells):
    """A reader who lost the thread finds the next heading soon."""
    run, longest = 0, 0
    for cell in (c for c in cells if c["cell_type"] == "markdown"):
        run = words(cell) if "".join(cell["source"]).startswith("#") else run + words(cell)
        longest = max(longest, run)
    assert longest <= 190


def test_headings_make_an_outline(cells):
    """One title, and below it no level is left out."""
    text = [line for c in cells if c["cell_type"] == "markdown" for line in "".join(c["source"]).splitlines()]
    levels = [len(found[1]) for line in text if (found := re.match(r"(#+) ", line))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_student_predicts_runs_and_explains(name):
    """Each lab asks for predictions before a run and for explanations after it."""
    text = "\n".join("".join(cell["source"]) for cell in cells_of(name, "student"))
    assert text.count("**Predict.**") >= 3
    assert text.count("**Your turn.**") >= 5
    assert "xplanation:*" in text
