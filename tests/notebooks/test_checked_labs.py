"""Questions and notebooks fit: each question is asked once, and each solution's answer is right."""

from __future__ import annotations

import json
import re

import pytest
from built import LABS, ROOT, cells_of

CHECKED = [name for name in LABS if (ROOT / "labs" / name / "checks.toml").is_file()]
ASKED = re.compile(r"""lab\.check\(\s*["']([a-z0-9-]+)["']""")


@pytest.fixture(params=CHECKED)
def name(request):
    """Give the name of each lab with checks in turn."""
    return request.param


@pytest.fixture
def questions(name):
    """List the questions of the lab's sealed file."""
    path = ROOT / "notebooks" / "checks" / f"{name}.json"
    return [one["id"] for one in json.loads(path.read_text(encoding="utf-8"))["questions"]]


def asked(name, kind):
    """List the questions that a notebook's code asks, in its order."""
    sources = ("".join(cell["source"]) for cell in cells_of(name, kind) if cell["cell_type"] == "code")
    return [question for source in sources for question in ASKED.findall(source)]


@pytest.mark.parametrize("kind", ["student", "solutions"])
def test_each_question_is_asked_once_and_in_order(name, questions, kind):
    """No question is left out, none is asked that is not there, and lists follow the notebook's order."""
    assert asked(name, kind) == questions


def test_every_answer_of_a_solution_is_right(name, questions):
    """Beneath each check of the solution stands that its answer is right."""
    shown = [
        "".join(output.get("data", {}).get("text/plain", ""))
        for cell in cells_of(name, "solutions")
        for output in cell.get("outputs", ())
    ]
    right = {found for text in shown for found in re.findall(r"^✓ ([a-z0-9-]+): right$", text, re.MULTILINE)}
    assert set(questions) - right == set()
