"""A lab's source says of every cell what it is, or it is refused."""

from __future__ import annotations

import pytest
from small_lab import LAB, write_lab

from labkit.classroom.source import read_lab
from labkit.core.errors import LabError


def test_cells_carry_role_and_name(tmp_path):
    """Roles come from tags; names from titles, or from the section and the place in it."""
    lab = read_lab(write_lab(tmp_path, LAB))
    assert [(cell.role, cell.name) for cell in lab.cells] == [
        ("text", "sums-1"),
        ("scaffold", "numbers"),
        ("text", "sums-3"),
        ("prompt", "total"),
        ("solution", "total-answer"),
        ("prompt", "sums-6"),
        ("solution", "sums-7"),
        ("scaffold", "names"),
    ]


def test_a_cell_in_another_section_changes_no_name(tmp_path):
    """Names hang on their section, so a new cell elsewhere leaves them alone."""
    tail = "\n# %% [markdown]\n# ## Later\n\n# %% [markdown]\n# More.\n"
    more = "\n# %% [markdown]\n# Between.\n"
    plain, longer = (
        read_lab(write_lab(tmp_path, text)).cells[-2:] for text in (LAB + tail, LAB + more + tail)
    )
    assert plain == longer


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("# %% lost\n1\n", r"cell 1 \(1\): a code cell needs exactly one role as its tag: \[\]"),
        ('# %% lost tags=["answer"]\n1\n', r"\['answer'\]\. Possible: scaffold, prompt, solution"),
        ('# %% both tags=["prompt", "solution"]\n1\n', "exactly one role"),
        ('# %% [markdown] tags=["scaffold"]\n# Hi\n', "Possible: text, prompt, solution"),
        ("# %% [raw]\n# Hi\n", "no such kind of cell: 'raw'. Possible: markdown, code"),
    ],
)
def test_a_cell_without_a_clear_role_is_refused(tmp_path, cell, said):
    """A missing, unknown or double tag is an error that names file and cell and the roles there are."""
    with pytest.raises(LabError, match=said) as caught:
        read_lab(write_lab(tmp_path, cell))
    assert "07-sums/lab.py, cell 1" in str(caught.value)


def test_two_cells_of_one_name_are_refused(tmp_path):
    """A name that is there twice would make one cell id twice."""
    cell = '# %% same tags=["scaffold"]\n1\n\n'
    with pytest.raises(LabError, match=r"cell 2 \(1\): two cells of one name: 'same'"):
        read_lab(write_lab(tmp_path, cell + cell))


@pytest.mark.parametrize("after", ["", '\n# %% next tags=["prompt"]\n2\n\n# %% a tags=["solution"]\n2\n'])
def test_a_prompt_needs_an_answer(tmp_path, after):
    """A question in code whose worked answer is missing is refused by name."""
    with pytest.raises(LabError, match="a prompt has no solution after it: 'ask'"):
        read_lab(write_lab(tmp_path, '# %% ask tags=["prompt"]\n1\n' + after))
