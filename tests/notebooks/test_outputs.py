"""What the solutions keep of their runs is complete, in words and pictures, and the same everywhere."""

from __future__ import annotations

import re

import pytest
from built import LABS, ROOT, cells_of, notebook

PICTURE = re.compile(r"<img\b[^>]*>")


@pytest.fixture(params=LABS)
def name(request):
    """Give each lab's name in turn."""
    return request.param


@pytest.fixture
def code(name):
    """Give the code cells of the lab's solution."""
    return [cell for cell in cells_of(name, "solutions") if cell["cell_type"] == "code"]


@pytest.fixture
def shown(code):
    """Give every text that a cell left behind, pictures' data left out."""
    found = []
    for output in (o for cell in code for o in cell["outputs"]):
        data = output.get("data", {"text/plain": output.get("text", "")})
        found += ["".join(text) for kind, text in data.items() if kind.startswith("text/")]
    return [re.sub(r"base64,[A-Za-z0-9+/=]+", "base64,", text) for text in found]


def test_every_solution_cell_was_executed(code):
    """A cell that was never run compares with nothing, so nbval would let it pass: it fails here."""
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))


def test_no_output_is_an_error(code):
    """The worked answers work."""
    kinds = {output["output_type"] for cell in code for output in cell["outputs"]}
    assert kinds <= {"execute_result", "display_data", "stream"}


def test_every_picture_has_words_with_numbers(code):
    """A picture stands in HTML with an alternative text; none is a bare PNG."""
    data = [output.get("data", {}) for cell in code for output in cell["outputs"]]
    assert not any("image/png" in kinds for kinds in data)
    tags = [tag for kinds in data for tag in PICTURE.findall("".join(kinds.get("text/html", "")))]
    words = [re.search(r'alt="([^"]*)"', tag) for tag in tags]
    assert all(found and re.search(r"\d", found[1]) and len(found[1]) > 60 for found in words)


def test_outputs_do_not_depend_on_the_machine(shown):
    """No address in memory, no path of a machine, no live view of a kernel that is gone."""
    doubtful = re.compile(r"0x[0-9a-f]{6,}|/home/|/root|/tmp|/Users/|[A-Z]:\\\\|model_id|IPY_MODEL|FloatProgress")
    assert [text for text in shown if doubtful.search(text) or str(ROOT) in text] == []


def test_outputs_show_no_password(shown):
    """Wherever a connection string is shown, three stars stand in the place of its password."""
    assert [text for text in shown if re.search(r"postgresql://[^:@\s]+:(?!\*\*\*@)[^@\s]+@", text)] == []


def test_no_solution_keeps_widget_state(name):
    """The state of widgets carries random ids; a page stands in for it."""
    assert "widgets" not in notebook(name, "solutions")["metadata"]


@pytest.mark.parametrize(("name", "marks"), [("01-detection-and-impact", 0), ("05-replay-the-fix", 2)])
def test_the_console_shows_record_and_replay_without_a_kernel(name, marks):
    """Without a kernel both sentences and one picture with words are there; the strings only in lab 05."""
    cells = cells_of(name, "solutions")
    [console] = [cell for cell in cells if "ReplayConsole" in "".join(cell["source"])]
    [output] = console["outputs"]
    page = "".join(output["data"]["text/html"])
    assert len(PICTURE.findall(page)) == 1
    assert page.count("requests fail") >= 2
    assert page.count("<mark>") == marks and ("5433" in page) == bool(marks)
    assert set(output["data"]) == {"text/html", "text/plain"}
