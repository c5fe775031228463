"""A lab is cut into pages and fragments, and what is an answer waits."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_lab import LAB, write_lab

from labkit.classroom.leaks.secrets import secrets_of
from labkit.classroom.notebook import solution_notebook, student_notebook, to_text
from labkit.classroom.presenting.diagrams import draw
from labkit.classroom.presenting.rendering import markdown, outputs
from labkit.classroom.presenting.steps import cut, place_before
from labkit.classroom.source import read_lab
from labkit.core.errors import LabError

ROOT = Path(__file__).resolve().parents[2]
NOTES = '\n# %% [markdown] tags=["notes"] minutes=3\n# Ask somebody who has not spoken yet.\n'
CONSOLE = """
# %% [markdown]
# ## The switch
#
# Look.

# %% console tags=["scaffold"]
labkit.ReplayConsole(con)

# %% [markdown]
# **Explain.** Why?
"""


def kinds(page):
    """Name the kinds of a page's fragments."""
    return [fragment.kind for fragment in page.fragments]


def test_answers_and_thinking_time_are_gates(tmp_path):
    """A question is followed by its answer; where it has none, by time to think."""
    (page,) = cut(read_lab(write_lab(tmp_path, LAB + "\n# %% [markdown]\n# **Predict.** More?\n")))
    assert page.title == "Sums"
    assert kinds(page) == ["text", "code", "task", "answer", "answer", "code", "task", "think"]
    assert [fragment.think_s for fragment in page.fragments if fragment.think_s] == [120, 60, 60]


@pytest.mark.parametrize(
    ("word", "wanted"),
    [("Explain", ["task", "code", "answer"]), ("Predict", ["task", "think", "code", "answer"])],
)
def test_time_begins_when_what_is_asked_about_is_there(tmp_path, word, wanted):
    """What a question speaks of is shown before its time to think; what a prediction speaks of, after it."""
    text = (
        f"# %% [markdown]\n# # Lists\n#\n# **{word}.** Which one?\n\n"
        '# %% list tags=["scaffold"]\nprint("one")\n\n'
        '# %% [markdown] tags=["prompt"]\n# *Mine:*\n\n# %% [markdown] tags=["solution"]\n# The first.\n'
    )
    (page,) = cut(read_lab(write_lab(tmp_path, text)))
    assert kinds(page) == wanted


def test_without_answers_the_questions_stand_in_their_place(tmp_path):
    """A hand-out has the prompt's cell, no worked answer and no gate."""
    (page,) = cut(read_lab(write_lab(tmp_path, LAB)), answers=False)
    assert kinds(page) == ["text", "code", "task", "code", "code"]
    assert "sum(numbers)" not in str(page)


def test_a_task_in_the_middle_of_a_text_is_a_step_of_its_own(tmp_path):
    """The paragraph that asks something comes after the text before it."""
    text = "# %% [markdown]\n# # Sums\n#\n# Add.\n#\n# **Predict.** Will it be six?\n"
    (page,) = cut(read_lab(write_lab(tmp_path, text)))
    assert [fragment.text for fragment in page.fragments] == ["Add.", "**Predict.** Will it be six?", ""]


def test_a_console_has_a_page_of_its_own(tmp_path):
    """What stands before and after the console is on other pages with the same title."""
    pages = cut(read_lab(write_lab(tmp_path, LAB + CONSOLE)))[1:]
    assert [page.title for page in pages] == ["The switch"] * 3
    assert [kinds(page) for page in pages] == [["text"], ["code"], ["task", "think"]]


def test_notes_belong_to_the_step_they_stand_before(tmp_path):
    """Notes before a console are on its page; notes before a heading are on the page that ends there."""
    before_console = CONSOLE.replace("\n# %% console", NOTES + "\n# %% console")
    pages = cut(read_lab(write_lab(tmp_path, LAB + NOTES + before_console)))
    assert [len(page.notes) for page in pages] == [1, 0, 1, 0]
    assert [page.minutes for page in pages] == [3, 0, 3, 0]


def test_notes_are_in_no_notebook_and_change_none(tmp_path):
    """Both notebooks are the same bytes with and without notes."""
    with_notes = read_lab(write_lab(tmp_path, LAB.replace("\n# %% total tags", NOTES + "\n# %% total tags")))
    without = read_lab(write_lab(tmp_path, LAB))
    assert any(cell.role == "notes" for cell in with_notes.cells)
    for make in (student_notebook, solution_notebook):
        assert to_text(make(with_notes)) == to_text(make(without))


def test_a_line_of_the_notes_in_a_students_file_is_a_leak(tmp_path):
    """The scan that guards student notebooks knows the teacher's notes as well."""
    lab = read_lab(write_lab(tmp_path, LAB + NOTES))
    found = list(secrets_of((), lab).found_in("... Ask somebody who has not spoken yet. ..."))
    assert found == ["a line of the teacher's notes 'notes-1'"]


@pytest.mark.parametrize("minutes", ["-1", '"long"', "true", "500"])
def test_minutes_that_cannot_be_are_refused(tmp_path, minutes):
    """A step takes between no time and two hours."""
    text = LAB + NOTES.replace("minutes=3", f"minutes={minutes}")
    with pytest.raises(LabError, match="minutes of a step must be a number from 0 to 120"):
        read_lab(write_lab(tmp_path, text))


@pytest.mark.parametrize("lab", sorted((ROOT / "labs").glob("*/lab.py")), ids=lambda path: path.parent.name)
def test_every_lab_can_be_cut(lab):
    """Each lab has a first page with its own title, and no page is empty."""
    pages = cut(read_lab(lab))
    assert pages[0].title.startswith(lab.parent.name[:2])
    assert all(page.fragments for page in pages)
    first = place_before(pages, pages[1].title, pages[0])
    assert first[1] is pages[0]
    assert len(first) == len(pages) + 1


def test_what_a_cell_put_out_can_be_read_by_everyone():
    """An empty head of a table is no head; wide tables scroll by keyboard; a text's quotes are taken away."""
    from nbformat import v4

    table = '<table><tr><th scope="col"></th><th>n</th></tr></table>'
    cell = v4.new_code_cell(
        "",
        outputs=[
            v4.new_output("display_data", {"text/html": table}),
            v4.new_output("execute_result", {"text/plain": "'a <b>'"}),
            v4.new_output("stream", text="\x1b[31mred\x1b[0m\n"),
            v4.new_output("error", ename="ValueError", evalue="no"),
            v4.new_output("display_data", {"image/png": "aGk=", "text/plain": "<Figure>"}),
        ],
    )
    written = outputs(cell)
    assert "<td></td><th>n</th>" in written
    assert 'tabindex="0" role="group" aria-label="Table"' in written
    assert ">a &lt;b&gt;</pre>" in written
    assert ">red</pre>" in written
    assert "ValueError: no" in written
    assert 'alt="&lt;Figure&gt;" src="data:image/png;base64,aGk="' in written


def test_a_flow_chart_is_drawn_with_its_words():
    """Boxes, arrows and the words on them are there; the picture says what it shows."""
    source = """```mermaid
flowchart LR
    accTitle: The bank
    accDescr: Web asks the database.
    web1[bank-web-1] --> db[("db-primary: PostgreSQL")]
    web2[bank-web-2] -. "asks" .-> db
```"""
    drawn = markdown(source)
    assert 'role="img" aria-label="The bank: Web asks the database."' in drawn
    assert drawn.count("<rect") == 3
    assert drawn.count("marker-end") == 2
    assert "asks</text>" in drawn
    assert draw("sequenceDiagram", "A talks to B") == '<p class="diagram">A talks to B</p>'
