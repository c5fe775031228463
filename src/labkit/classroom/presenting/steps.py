"""Cut a lab into pages and fragments: what is shown at once, one after the other, and what is held back.

A heading begins a page, and a console has one of its own. A fragment is what one key press adds to it.
Answers and thinking time are gates: they open when the teacher opens them, or when the time that the
teacher started is up.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from labkit.classroom.presenting.consoles import makes_console
from labkit.classroom.source import Cell, Lab

#: A paragraph that asks something of the class begins with one of these words.
TASKS = ("Predict", "Your turn", "Explain")
_TASK = re.compile(rf"\n\n(?=\*\*(?:{'|'.join(TASKS)})\.\*\*)")
_HEADING = re.compile(r"#+ +(.+)\n*")
#: Kinds of fragments that wait for the teacher.
GATES = frozenset({"answer", "think", "judged"})
#: Thinking time in seconds that a gate proposes.
THINK_S, WORK_S = 60, 120


@dataclass(frozen=True, slots=True)
class Fragment:
    """What one key press shows.

    Attributes
    ----------
    kind : str
        'text', 'task' (asks the class), 'code', 'answer' (a worked answer), 'think' (time, nothing else),
        'vote', 'asked' (its question once more), 'judged' (the vote beside the evidence) or 'branch'.
    text : str
        Markdown, or code; nothing where the fragment is a `choice`.
    cell : str
        Name of the cell, or of the choice; code finds its outputs by it.
    code : bool
        Whether the text is code.
    think_s : int
        Thinking time that a gate proposes, in seconds.
    """

    kind: str
    text: str = ""
    cell: str = ""
    code: bool = False
    think_s: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One screen: its title, its fragments, and the teacher's notes with their minutes."""

    title: str
    fragments: tuple[Fragment, ...] = ()
    notes: tuple[str, ...] = ()
    minutes: float = 0.0


def cut(lab: Lab, *, answers: bool = True) -> tuple[Page, ...]:
    """Cut a lab into pages, with worked answers or with the unanswered questions in their place.

    Examples
    --------
    >>> cells = (Cell("markdown", "text", "a", "# Sums\\n\\nAdd.\\n\\n**Predict.** More than three?"),)
    >>> [fragment.kind for fragment in cut(Lab("07-sums", cells))[0].fragments]
    ['text', 'task', 'think']
    """
    pages: list[Page] = []
    said: list[Cell] = []
    for cell in lab.cells:
        if cell.role == "notes":
            said.append(cell)
            continue
        title, text = _title(cell)
        if title and pages:
            pages[-1], said = _noted(pages[-1], said), []
        if title or not pages:
            pages.append(Page(title or lab.name))
        elif _begins(cell, pages[-1]):
            pages.append(Page(pages[-1].title))
        pages[-1], said = _noted(_with(pages[-1], cell, text, answers=answers), said), []
    if pages:
        pages[-1] = _noted(pages[-1], said)
    if answers:
        pages = [replace(page, fragments=tuple(_gated(page.fragments))) for page in pages]
    return tuple(page for page in pages if page.fragments)


def _title(cell: Cell) -> tuple[str, str]:
    """Split a heading from what stands below it."""
    heading = _HEADING.match(cell.text) if cell.kind == "markdown" else None
    return (heading[1].strip(), cell.text[heading.end() :]) if heading else ("", cell.text)


def _begins(cell: Cell, page: Page) -> bool:
    """Tell whether a cell needs a new page: a console fills a screen, and what follows it comes after."""
    if not page.fragments:
        return False
    return any(_is_console(one) for one in (*page.fragments, *_fragments(cell, cell.text)))


def _is_console(fragment: Fragment) -> bool:
    return fragment.code and makes_console(fragment.text)


def _noted(page: Page, said: Iterable[Cell]) -> Page:
    """Give a page its notes: those that stand in its text, before what they speak of."""
    for cell in said:
        page = replace(page, notes=(*page.notes, cell.text), minutes=page.minutes + cell.minutes)
    return page


def _with(page: Page, cell: Cell, text: str, *, answers: bool) -> Page:
    shown = "solution" if answers else "prompt"
    if cell.role in ("prompt", "solution") and cell.role != shown:
        return page
    added = tuple(_fragments(cell, text))
    return replace(page, fragments=(*page.fragments, *added))


def _fragments(cell: Cell, text: str) -> Iterator[Fragment]:
    if cell.kind == "code":
        kind = "answer" if cell.role == "solution" else "code"
        yield Fragment(kind, text, cell.name, code=True, think_s=WORK_S if kind == "answer" else 0)
    elif cell.role == "solution":
        yield Fragment("answer", text, cell.name, think_s=THINK_S)
    elif cell.role == "text":  # a prompt in words is a place to write: nothing to show
        for part in filter(str.strip, _TASK.split(f"\n\n{text}" if _is_task(text) else text)):
            yield Fragment("task" if _is_task(part) else "text", part.strip(), cell.name)


def _is_task(text: str) -> bool:
    return text.lstrip().startswith(tuple(f"**{word}.**" for word in TASKS))


def _gated(fragments: Iterable[Fragment]) -> Iterator[Fragment]:
    """Put thinking time behind each task that no answer follows."""
    listed = tuple(fragments)
    for place, fragment in enumerate(listed):
        yield fragment
        if fragment.kind == "task" and not _is_answered(fragment, listed[place + 1 :]):
            yield Fragment("think", cell=fragment.cell, think_s=THINK_S)


def _is_answered(task: Fragment, follows: Iterable[Fragment]) -> bool:
    """Tell whether an answer waits for a task: at once, or behind the code that the task speaks of.

    What follows a prediction is its outcome, so that it is thought about before; all else is thought about
    once everything is there to look at.
    """
    kinds = [one.kind for one in follows]
    if not task.text.startswith(f"**{TASKS[0]}.**"):
        kinds = [*itertools.dropwhile(lambda kind: kind == "code", kinds)]
    return kinds[:1] == ["answer"]


def place_before(pages: Iterable[Page], title: str, page: Page) -> tuple[Page, ...]:
    """Put a page before the first one of a title; the caller has made sure that it is there."""
    placed = list(pages)
    placed.insert(next(n for n, one in enumerate(placed) if one.title == title), page)
    return tuple(placed)
