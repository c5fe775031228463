"""Write a lab as a page to hand out: one file that opens from the disk and asks nobody for anything."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path

from labkit.classroom.leaks.secrets import secrets_of, squeeze
from labkit.classroom.notebook import STUDENT_ROLES
from labkit.classroom.presenting import writing
from labkit.classroom.presenting.opening import Opened, open_lab
from labkit.classroom.presenting.rendering import outputs
from labkit.core.errors import LabError

PAGE, MARK = "index.html", "outage-lab-slides.json"


def slides(lab: str, out: Path, *, answers: bool = False, root: Path | None = None) -> Path:
    """Write a lab's hand-out into a folder; return the page.

    Parameters
    ----------
    lab : str
        Number or name of the lab.
    out : Path
        Folder to write: new, empty, or one that this command wrote.
    answers : bool
        With the worked answers. Without, what a student sees who has run every cell and answered nothing.
    root : Path, optional
        Folder to find the project from, upwards; the working folder unless given.

    Raises
    ------
    LabError
        No such lab, or the folder holds something else.
    """
    _refuse_foreign(out)
    opened = open_lab(lab, root, answers=answers, kernel=False)
    page = writing.stage(opened.deck, opened.evidence, handout=True)
    if not answers:
        _refuse_answers(page, opened)
    _write(out, page, {"lab": opened.deck.name, "answers": answers})
    return out / PAGE


def _refuse_answers(page: str, opened: Opened) -> None:
    """Search what can be read on the page for lines of solutions and of the teacher's notes.

    What the student's own cells put out is no secret: they may print a query that a solution uses.
    """
    shown = _text(page.partition("<script")[0])
    own = [cell.name for cell in opened.lab.cells if cell.role in STUDENT_ROLES]
    put_out = _text("\n".join(outputs(opened.deck.cells[name]) for name in own if name in opened.deck.cells))
    found = next(
        (what for what, line in secrets_of((), opened.lab).texts if line in shown and line not in put_out),
        None,
    )
    if found:
        raise LabError(
            "the hand-out would tell students an answer",
            found=found,
            next_step="Mend the lab's source, or hand it out --with-answers.",
        )


def _text(written: str) -> str:
    return squeeze(html.unescape(re.sub(r"<[^>]*>", "", written)))


def _refuse_foreign(out: Path) -> None:
    if out.is_file():
        raise LabError("there is a file of this name", found=str(out), next_step="Name a folder with --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise LabError(
            "the folder holds something else",
            found=str(out),
            next_step="Name a new folder with --out; only a hand-out is written over.",
        )


def _write(out: Path, page: str, said: dict[str, object]) -> None:
    """Write a folder beside and put it in the old one's place, so that nobody meets half of it."""
    whole = out.resolve()
    whole.parent.mkdir(parents=True, exist_ok=True)
    beside, old = (whole.with_name(f".{whole.name}.{word}") for word in ("part", "old"))
    for folder in (beside, old):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        beside.mkdir()
        (beside / PAGE).write_text(page, encoding="utf-8", newline="\n")
        (beside / MARK).write_text(json.dumps(said) + "\n", encoding="utf-8", newline="\n")
        _exchange(beside, whole, old)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _exchange(beside: Path, whole: Path, old: Path) -> None:
    """Put a new folder in the place of another one, which comes back where that cannot be done."""
    if whole.exists():
        whole.rename(old)
    try:
        beside.rename(whole)
    except BaseException:
        if old.exists():
            old.rename(whole)
        raise
