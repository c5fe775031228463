"""Build the notebooks of the labs from their sources, or check that they are built."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.classroom.compare import same
from labkit.classroom.execute import execute
from labkit.classroom.leaks.scan import refuse_leaks
from labkit.classroom.leaks.secrets import secrets_of
from labkit.classroom.notebook import clean, solution_notebook, student_notebook, to_text
from labkit.classroom.project import find_project, whole_name
from labkit.classroom.seal import CHECKS, EVIDENCE, lab_references, sealed_text
from labkit.classroom.source import Lab, read_lab
from labkit.core.errors import LabError
from labkit.core.writing import write_text

if TYPE_CHECKING:
    import duckdb


def lab_names(project: Path) -> tuple[str, ...]:
    """List the labs of a project, in order: the folders under ``labs/`` that hold a ``lab.py``."""
    return tuple(sorted(path.parent.name for path in (project / "labs").glob("*/lab.py")))


def build(labs: Iterable[str] = (), *, root: Path | None = None, check: bool = False) -> tuple[str, ...]:
    """Write each lab's sealed checks, student notebook (empty) and solution notebook (executed).

    Parameters
    ----------
    labs : iterable of str
        Names, whole ('01-detection-and-impact') or only the number ('01'); all labs unless given.
    root : Path, optional
        Folder to find the project from, upwards; the working folder unless given.
    check : bool
        Write nothing; compare with what is on disk.

    Returns
    -------
    tuple of str
        One sentence a file: "notebooks/00-start-here.ipynb: written".

    Raises
    ------
    LabError
        No such lab; a source or a cell in it is at fault; with `check`, a notebook differs from its source.

    Examples
    --------
    >>> for said in build(["00"], check=True):
    ...     print(said)
    notebooks/checks/00-start-here.json: as its source says
    notebooks/00-start-here.ipynb: as its source says
    notebooks/solutions/00-start-here.ipynb: as its source says
    """
    project = find_project(root, holds="labs")
    evidence = _Evidence(project / EVIDENCE)
    done: list[str] = []
    stale: list[str] = []
    for name in choose(tuple(labs), lab_names(project)):
        for path, text in _built(read_lab(project / "labs" / name / "lab.py"), project, evidence):
            shown = path.relative_to(project).as_posix()
            if not check:
                _write(path, text)
                done.append(f"{shown}: written")
            elif path.is_file() and same(text, path.read_text(encoding="utf-8")):
                done.append(f"{shown}: as its source says")
            else:
                stale.append(shown)
    _refuse(stale)
    return tuple(done)


def choose(asked: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """Find labs by number or name; all of them where none is asked for."""
    if not known:
        raise LabError("no labs here", next_step="Run this in the folder that holds labs/NAME/lab.py.")
    return tuple(whole_name(name, known) for name in asked) or known


class _Evidence:
    """The course's evidence, loaded when a lab first asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @functools.cached_property
    def con(self) -> duckdb.DuckDBPyConnection:
        from labkit.evidence.load import load

        return load(self._folder)


def _built(lab: Lab, project: Path, evidence: _Evidence) -> Iterator[tuple[Path, str]]:
    """Make the files of a lab; the checks come first, because the solution is run with them.

    What students get is searched for answers before anything is written.
    """
    folder = project / "labs" / lab.name
    found = lab_references(folder, evidence.con) if (folder / CHECKS).is_file() else ()
    if found:
        checks = project / "notebooks" / "checks" / f"{lab.name}.json"
        sealed = sealed_text(lab.name, found, evidence.con)
        refuse_leaks(f"checks/{checks.name}", sealed, secrets_of(found))
        yield checks, sealed
    student = project / "notebooks" / f"{lab.name}.ipynb"
    text = to_text(student_notebook(lab))
    refuse_leaks(student.name, text, secrets_of(found, lab))
    yield student, text
    solution = student.parent / "solutions" / student.name
    solution.parent.mkdir(parents=True, exist_ok=True)
    executed = execute(solution_notebook(lab), solution.parent, f"solution of {lab.name}")
    yield solution, to_text(clean(executed))


def _write(path: Path, text: str) -> None:
    """Write beside and rename, so that a reader never meets half a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)


def _refuse(stale: list[str]) -> None:
    if stale:
        raise LabError(
            "notebooks differ from their labs' sources",
            found=", ".join(stale),
            next_step="Build them again with 'labkit build' and commit the result.",
        )
