"""Make notebooks from a lab's cells: for students by allow-list, for teachers with the answers.

The same lab always makes the same text: cell ids come from the cells' names, metadata is written in full
(a notebook with less of it is marked as changed when JupyterLab opens it) and carries no clock.
"""

from __future__ import annotations

import sys
from typing import Any

from labkit.classroom.kernel import KERNELSPEC
from labkit.classroom.source import Cell, Lab
from labkit.classroom.teacher import need

#: Roles that may reach each kind of reader; what is not named here stays out.
STUDENT_ROLES = frozenset({"text", "scaffold", "prompt"})
SOLUTION_ROLES = frozenset({"text", "scaffold", "solution"})
#: Tags that students' cells keep; checks and hints find their cell by them.
_STUDENT_TAGS = frozenset({"scaffold", "prompt"})
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def student_notebook(lab: Lab) -> Any:
    """Make the student's notebook: text, scaffold and prompts, no outputs."""
    return _notebook(lab, STUDENT_ROLES)


def solution_notebook(lab: Lab) -> Any:
    """Make the solution notebook, not yet run: text, scaffold and worked answers."""
    return _notebook(lab, SOLUTION_ROLES)


def clean(notebook: Any) -> Any:
    """Take out of an executed notebook what differs from run to run; return the same notebook.

    Gone are the times of execution and the live views of widgets, which mean nothing without the kernel
    that made them: a widget's picture and text stay.
    """
    notebook.metadata = _metadata()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if len(data) > 1:
                data.pop(_WIDGET_VIEW, None)
    return notebook


def to_text(notebook: Any) -> str:
    """Write a notebook as the text of its file, valid by the notebook format and ending in one newline."""
    nbformat = need("nbformat")
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook, version=4, indent=1, ensure_ascii=False)).rstrip("\n") + "\n"


def _notebook(lab: Lab, roles: frozenset[str]) -> Any:
    v4 = need("nbformat").v4
    cells = [_cell(v4, lab, cell) for cell in lab.cells if cell.role in roles]
    return v4.new_notebook(cells=cells, metadata=_metadata())


def _cell(v4: Any, lab: Lab, cell: Cell) -> Any:
    make = v4.new_markdown_cell if cell.kind == "markdown" else v4.new_code_cell
    tags = {"tags": [cell.role]} if cell.kind == "code" and cell.role in _STUDENT_TAGS else {}
    return make(cell.text, id=f"lab{lab.name.partition('-')[0]}-{cell.name}", metadata=tags)


def _metadata() -> dict[str, Any]:
    version = sys.version_info
    return {
        "kernelspec": dict(KERNELSPEC),
        "language_info": {
            "codemirror_mode": {"name": "ipython", "version": version.major},
            "file_extension": ".py",
            "mimetype": "text/x-python",
            "name": "python",
            "nbconvert_exporter": "python",
            "pygments_lexer": f"ipython{version.major}",
            "version": ".".join(map(str, version[:3])),
        },
    }
