"""A postmortem while it is written: texts, times, actions, charts, and the evidence that all of them cite."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.classroom.checks.moments import as_utc, read_moment
from labkit.classroom.checks.reading import UnreadableError, unwrap
from labkit.classroom.ledger import Entry, make_entry
from labkit.classroom.postmortem.document import SECTIONS
from labkit.classroom.postmortem.review import Review, review_postmortem
from labkit.classroom.postmortem.worked import worked_entries
from labkit.core.errors import LabError, unknown_name
from labkit.core.writing import write_text

if TYPE_CHECKING:
    import datetime as dt

    import duckdb

    from labkit.classroom.lab import Lab
    from labkit.evidence.charts.chart import Chart

FOLDER, FILE = "postmortem", "postmortem.md"
_TITLES = {name: name.capitalize() for name in SECTIONS}
_WRITTEN = tuple(name for name in SECTIONS if name != "evidence")


@dataclass(frozen=True, slots=True)
class Saved:
    """The files of a saved postmortem; shows them without the machine's path."""

    folder: Path
    files: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(
            ["Saved in the folder of your work:", *(f"  {FOLDER}/{name}" for name in self.files)]
        )


@dataclass(frozen=True, slots=True, repr=False)
class Preview:
    """Markdown that a notebook shows as a page."""

    markdown: str

    def __repr__(self) -> str:
        return self.markdown

    def _repr_markdown_(self) -> str:
        return self.markdown


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """A postmortem so far; each change gives a new draft, so cells may be run again.

    Attributes
    ----------
    title : str
        Title of the document.
    evidence : tuple of Entry
        What is cited: the first is E1.
    origin : str
        Where the evidence comes from.
    parts : tuple of (str, str)
        Name and text of each section that is written.
    charts : tuple of (str, Chart)
        File name and chart.
    """

    title: str
    evidence: tuple[Entry, ...]
    origin: str
    con: duckdb.DuckDBPyConnection
    work: Path
    parts: tuple[tuple[str, str], ...] = ()
    charts: tuple[tuple[str, Chart], ...] = ()

    def prove(self, name: str, query: str, shows: str) -> Draft:
        """Add a piece of evidence: a name, a query that is run, and what it shows.

        Raises
        ------
        LabError
            The query does not run, or a text is empty.
        """
        entry = make_entry(
            self.con, "07-postmortem", name, prediction=name, query=query, verdict="supported", because=shows
        )
        kept = [one for one in self.evidence if (one.lab, one.name) != (entry.lab, entry.name)]
        return replace(self, evidence=(*kept, entry))

    def number(self, name: str) -> str:
        """Give the number under which a piece of evidence is cited, such as ``[E2]``."""
        names = [entry.name for entry in self.evidence]
        if name not in names:
            raise unknown_name("evidence", name, names)
        return f"[E{names.index(name) + 1}]"

    def write(self, section: str, text: str) -> Draft:
        """Write a section; one that was written before is replaced.

        Raises
        ------
        LabError
            No such section, or no text.
        """
        if section not in _WRITTEN:
            raise unknown_name("section", section, _WRITTEN)
        if not isinstance(text, str):
            raise LabError("a section is text", found=type(text).__name__)
        parts = {**dict(self.parts), section: text.strip()}
        return replace(self, parts=tuple(parts.items()))

    def timeline(self, rows: Iterable[Sequence[Any]]) -> Draft:
        """Write the timeline: rows of time (UTC), what happened, and its evidence."""
        lines = [(_clock(time), what, cited) for time, what, cited in _rows(rows, 3, "time, what, evidence")]
        return self.write("timeline", _table(("time (UTC)", "what happened", "evidence"), lines))

    def intervals(self, rows: Iterable[Sequence[Any]]) -> Draft:
        """Write the intervals: rows of name, first event, its time, last event, its time.

        The length is computed from the times.
        """
        lines = []
        for name, first, begin, last, end in _rows(rows, 5, "name, event, time, event, time"):
            minutes = f"{(_moment(end) - _moment(begin)).total_seconds() / 60:.1f}"
            lines.append((name, f"{first} {_clock(begin)}", f"{last} {_clock(end)}", minutes))
        return self.write("intervals", _table(("interval", "from", "until", "minutes"), lines))

    def actions(self, rows: Iterable[Sequence[str]]) -> Draft:
        """Write the actions: rows of action, owner (a role), and when it is done."""
        return self.write(
            "actions", _table(("action", "owner", "done when"), _rows(rows, 3, "action, owner, done when"))
        )

    def chart(self, name: str, chart: Chart) -> Draft:
        """Add a chart under a file name without its ending."""
        if not name.replace("-", "").isalnum():
            raise LabError("no name for a file", found=name, next_step="Use letters, digits and hyphens.")
        kept = {**dict(self.charts), f"{name}.png": chart}
        return replace(self, charts=tuple(kept.items()))

    @property
    def text(self) -> str:
        """The document as Markdown."""
        written = dict(self.parts)
        sections = [f"## {_TITLES[name]}\n\n{written.get(name, '')}".rstrip() for name in _WRITTEN]
        pictures = [
            f"![{_one_line(chart.alt)}]({name})\n\n*{_one_line(chart.title)}*" for name, chart in self.charts
        ]
        if pictures:
            sections.insert(2, "## Charts\n\n" + "\n\n".join(pictures))
        return "\n\n".join([f"# {self.title}", *sections, f"## Evidence\n\n{self._evidence()}"]) + "\n"

    def _evidence(self) -> str:
        rows = [
            (f"E{k}", e.name, f"`{_one_line(e.query)}`", e.because, e.verdict)
            for k, e in enumerate(self.evidence, start=1)
        ]
        return f"{self.origin}\n\n" + _table(("", "what", "query", "what it showed", "verdict"), rows)

    @property
    def preview(self) -> Preview:
        """The document as a notebook can show it; a picture stands there in its words."""
        return Preview(re.sub(r"!\[(.*?)\]\(.*?\)", r"*Picture:* \1", self.text))

    def review(self) -> Review:
        """Say what is missing, by rules."""
        return review_postmortem(self.text)

    def save(self) -> Saved:
        """Save the document and its charts in the student's folder; what was there before is replaced.

        Raises
        ------
        LabError
            The folder cannot be written to.
        """
        folder = self.work / FOLDER
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_text(folder / FILE, self.text)
            for name, chart in self.charts:
                (folder / name).write_bytes(chart.png())
        except OSError as error:
            raise LabError(
                "the postmortem cannot be saved",
                found=FOLDER,
                next_step="Is the folder writable, the disk full?",
            ) from error
        return Saved(folder, (FILE, *(name for name, _ in self.charts)))

    def __repr__(self) -> str:
        open_parts = [name for name in _WRITTEN if not dict(self.parts).get(name)]
        return (
            f"Draft '{self.title}': {len(self.evidence)} pieces of evidence, {len(self.charts)} charts; "
            f"still to write: {', '.join(open_parts) or 'nothing'}\n{self.origin}"
        )


def postmortem(lab: Lab, title: str = "The Database Disconnect Debacle") -> Draft:
    """Begin a postmortem from the student's own ledger, over all labs.

    Where the ledger is empty, a worked set of entries stands in, and the document says so.

    Parameters
    ----------
    lab : Lab
        What ``labkit.lab`` returned.
    title : str
        Title of the document.

    Raises
    ------
    LabError
        ``lab`` is no lab.

    Examples
    --------
    >>> import labkit
    >>> draft = postmortem(labkit.lab("07", labkit.load("data/debacle")))
    >>> len(draft.evidence) > 0
    True
    """
    from labkit.classroom.lab import Lab

    if not isinstance(lab, Lab):
        raise LabError(
            "this is no lab", found=type(lab).__name__, next_step='Make it with lab = labkit.lab("07", con).'
        )
    own = tuple(entry for name in _labs(lab.notebooks) for entry in lab.ledger(name))
    if own:
        origin = f"From the evidence ledger: {len(own)} entries."
        return Draft(title, own, origin, lab.con, lab.store.path.parent)
    entries = worked_entries(lab.con)
    origin = f"A worked set of {len(entries)} entries: the ledger was empty when this was written."
    return Draft(title, entries, origin, lab.con, lab.store.path.parent)


def _labs(notebooks: Path) -> list[str]:
    return sorted(path.stem for path in notebooks.glob("[0-9]*-*.ipynb"))


def _rows(rows: Iterable[Sequence[Any]], width: int, heads: str) -> list[tuple[Any, ...]]:
    found = [tuple(row) for row in rows]
    for row in found:
        if len(row) != width:
            raise LabError(f"a row needs {width} parts: {heads}", found=len(row))
    return found


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_cell(str(cell)) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _moment(value: Any) -> dt.datetime:
    try:
        return as_utc(read_moment(unwrap(value)))
    except UnreadableError:
        raise LabError(
            "this is no moment", found=value, next_step="Write it as 2023-12-01 14:30:00."
        ) from None


def _clock(value: Any) -> str:
    return f"{_moment(value):%H:%M:%S}"
