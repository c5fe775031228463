"""Read the one source of a lab: percent cells, each with a role and a name.

A lab is a Python file in percent format (https://jupytext.readthedocs.io). A tag is a cell's role:

========== ========= =====================================================
role       cells     where it goes
========== ========= =====================================================
(no tag)   markdown  both notebooks
scaffold   code      both notebooks
prompt     either    student notebook: a question and a place to write
solution   either    solution notebook: the worked answer in its place
notes      markdown  no notebook: the teacher's window of ``labkit present``
========== ========= =====================================================

Notes may say how long a step takes: ``# %% [markdown] tags=["notes"] minutes=4``.

Whatever carries another tag, or a code cell without one, is an error: nothing reaches students by accident.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.classroom.teacher import need
from labkit.core.errors import LabError

#: Roles by kind of cell; "text" is a markdown cell without a tag.
ROLES: dict[str, tuple[str, ...]] = {
    "markdown": ("text", "prompt", "solution", "notes"),
    "code": ("scaffold", "prompt", "solution"),
}
#: Longest time that one step of a lab may be planned for.
MOST_MINUTES = 120


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a lab: its kind ('markdown', 'code'), role, name within the lab, and text.

    Notes may carry the minutes that their step takes; 0 where nothing is said.
    """

    kind: str
    role: str
    name: str
    text: str
    minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab: its name ('01-detection-and-impact') and its cells in reading order."""

    name: str
    cells: tuple[Cell, ...]


def read_lab(path: Path) -> Lab:
    """Read ``labs/NN-name/lab.py``; the folder's name is the lab's name.

    Raises
    ------
    LabError
        A cell has no role, two roles or an unknown one; two cells share a name; a code prompt has no answer.

    Examples
    --------
    >>> lab = read_lab(Path("labs/00-start-here/lab.py"))
    >>> lab.name, lab.cells[0].role
    ('00-start-here', 'text')
    """
    lab = path.parent.name
    notebook = need("jupytext").reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    names = _Names(f"{lab}/{path.name}")
    cells = tuple(_cell(raw, names, ordinal) for ordinal, raw in enumerate(notebook.cells, start=1))
    _require_answers(f"{lab}/{path.name}", cells)
    return Lab(lab, cells)


def _cell(raw: Any, names: _Names, ordinal: int) -> Cell:
    where = f"{names.file}, cell {ordinal} ({_first_line(raw.source)})"
    role = _role(raw.cell_type, tuple(raw.metadata.get("tags", ())), where)
    if role == "notes":  # in no notebook: other cells keep their names when notes come or go
        return Cell(raw.cell_type, role, names.note(), raw.source, _minutes(raw.metadata, where))
    name = names.take(raw.metadata.get("title", ""), raw.source if raw.cell_type == "markdown" else "", where)
    return Cell(raw.cell_type, role, name, raw.source)


def _role(kind: str, tags: tuple[str, ...], where: str) -> str:
    if kind not in ROLES:
        raise LabError(f"{where}: no such kind of cell", found=kind, allowed=tuple(ROLES))
    tags = tags or (("text",) if kind == "markdown" else ())
    if len(tags) != 1 or tags[0] not in ROLES[kind]:
        raise LabError(
            f"{where}: a {kind} cell needs exactly one role as its tag",
            found=list(tags),
            allowed=ROLES[kind],
            next_step='Write it as # %% name tags=["scaffold"].',
        )
    return tags[0]


def _minutes(metadata: dict[str, Any], where: str) -> float:
    said = metadata.get("minutes", 0)
    if isinstance(said, bool) or not isinstance(said, (int, float)) or not 0 <= said <= MOST_MINUTES:
        raise LabError(f"{where}: minutes of a step must be a number from 0 to {MOST_MINUTES}", found=said)
    return float(said)


class _Names:
    """Give each cell a name that stays when cells elsewhere come or go."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._section = "start"
        self._count = 0
        self._notes = 0
        self._taken: set[str] = set()

    def note(self) -> str:
        """Name a cell of notes by its place among the notes."""
        self._notes += 1
        return f"notes-{self._notes}"

    def take(self, own: str, markdown: str, where: str) -> str:
        heading = re.match(r"#+ +(.+)", markdown)
        if heading:
            self._section, self._count = _slug(heading[1]), 0
        self._count += 1
        name = _slug(own) or f"{self._section}-{self._count}"
        if name in self._taken:
            raise LabError(
                f"{where}: two cells of one name", found=name, next_step="Give one of them another title."
            )
        self._taken.add(name)
        return name


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:48].rstrip("-")


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "empty")[:60]


def _require_answers(file: str, cells: tuple[Cell, ...]) -> None:
    """Every question to answer in code has its answer before the next question."""
    open_prompt: Cell | None = None
    for cell in (c for c in cells if c.kind == "code" and c.role != "scaffold"):
        if cell.role == "prompt" and open_prompt:
            break
        open_prompt = cell if cell.role == "prompt" else None
    if open_prompt:
        raise LabError(
            f"{file}: a prompt has no solution after it",
            found=open_prompt.name,
            next_step='Add a cell tagged "solution" below it.',
        )
