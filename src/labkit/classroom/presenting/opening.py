"""Open a lab for showing: its source, what its cells put out, its evidence, its votes and branches."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.classroom.build import lab_names
from labkit.classroom.notebook import solution_notebook, student_notebook
from labkit.classroom.presenting import steps
from labkit.classroom.presenting.choices import FILE, Choice, read_choices
from labkit.classroom.presenting.consequences import Evidence
from labkit.classroom.presenting.consoles import makes_console, open_console, prepared_pairs, state_of
from labkit.classroom.presenting.steps import Fragment, Page
from labkit.classroom.presenting.writing import Deck
from labkit.classroom.project import find_project, whole_name
from labkit.classroom.seal import EVIDENCE
from labkit.classroom.source import Lab, read_lab
from labkit.classroom.teacher import need
from labkit.core.errors import LabError

if TYPE_CHECKING:
    from labkit.replay.console import ReplayConsole


@dataclass(frozen=True, slots=True)
class Opened:
    """A lab ready to be shown."""

    deck: Deck
    evidence: Evidence
    consoles: tuple[ReplayConsole, ...]
    lab: Lab


def open_lab(name: str, root: Path | None = None, *, answers: bool = True, kernel: bool = True) -> Opened:
    """Open a lab with its answers, or as a student has it after running every cell.

    Parameters
    ----------
    name : str
        Number or name of the lab.
    root : Path, optional
        Folder to find the project from, upwards; the working folder unless given.
    answers : bool
        With worked answers, from the built solution. Without, the student's notebook is run now.
    kernel : bool
        Whether something will compute what the page does not hold; without, it holds more.

    Raises
    ------
    LabError
        No such lab; its solution is not built from its source; its votes or branches are at fault.
    """
    project = find_project(root, holds="labs")
    whole = whole_name(name, lab_names(project))
    lab = read_lab(project / "labs" / whole / "lab.py")
    pages = steps.cut(lab, answers=answers)
    choices = read_choices(project / "labs" / whole / FILE, [page.title for page in pages])
    for choice in choices:
        pages = _placed(pages, choice, answers=answers)
    cells = _solved(project, lab) if answers else _unsolved(project, lab)
    evidence = _evidence(project, lab)
    consoles = tuple(open_console(one.text, evidence.recording) for one in _consoles(pages))
    states = tuple(_state(console, kernel=kernel) for console in consoles)
    deck = Deck(whole, pages, cells, {choice.name: choice for choice in choices}, states)
    return Opened(deck, evidence, consoles, lab)


def _placed(pages: tuple[Page, ...], choice: Choice, *, answers: bool) -> tuple[Page, ...]:
    """Put a choice's pages into the lab; what the evidence says of a vote is an answer."""
    if not choice.judged:
        return steps.place_before(
            pages, choice.before, Page("Your decision", (Fragment("branch", cell=choice.name),))
        )
    vote = Page("Vote", (Fragment("vote", cell=choice.name),))
    placed = steps.place_before(pages, choice.before, vote)
    judged = Page(
        "The vote and the evidence", tuple(Fragment(kind, cell=choice.name) for kind in ("asked", "judged"))
    )
    return steps.place_before(placed, choice.judged, judged) if answers else placed


def _solved(project: Path, lab: Lab) -> Mapping[str, Any]:
    """Read what the built solution put out; it must be the one of this source."""
    path = project / "notebooks" / "solutions" / f"{lab.name}.ipynb"
    built = need("nbformat").read(path, as_version=4) if path.is_file() else None
    wanted = solution_notebook(lab)
    if built is None or [(c.id, c.source) for c in built.cells] != [(c.id, c.source) for c in wanted.cells]:
        raise LabError(
            "the solution is not built from the lab's source" if built else "the lab has no built solution",
            found=lab.name,
            next_step=f"Build it with 'labkit build {lab.name}'.",
        )
    return _by_name(built)


def _unsolved(project: Path, lab: Lab) -> Mapping[str, Any]:
    """Run the student's notebook as it is given out: what it shows, a student sees without an answer."""
    from labkit.classroom.execute import execute

    folder = project / "notebooks"
    done = execute(student_notebook(lab), folder if folder.is_dir() else project, f"hand-out of {lab.name}")
    return _by_name(done)


def _by_name(notebook: Any) -> dict[str, Any]:
    return {cell.id.partition("-")[2]: cell for cell in notebook.cells}


def _evidence(project: Path, lab: Lab) -> Evidence:
    """Load the evidence that the lab itself loads."""
    from labkit.evidence.load import load

    return Evidence(load(project / _loads(lab)))


def _loads(lab: Lab) -> str:
    for cell in lab.cells:
        if cell.kind == "code" and "labkit.load(" in cell.text:
            for node in ast.walk(ast.parse(cell.text)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "labkit.load" and node.args:
                    path = ast.literal_eval(node.args[0])
                    return str(path)
    return EVIDENCE


def _consoles(pages: tuple[Page, ...]) -> list[Fragment]:
    return [one for page in pages for one in page.fragments if one.code and makes_console(one.text)]


def _state(console: ReplayConsole, *, kernel: bool) -> dict[str, Any]:
    state = state_of(console)
    return state if kernel else {**state, "prepared": prepared_pairs(console)}
