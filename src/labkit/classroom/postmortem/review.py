"""Read a postmortem by rules: what is missing, and where. Never a mark: prose is for people to judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.classroom.panel import Panel, Table
from labkit.classroom.postmortem import claims, moments, people
from labkit.classroom.postmortem.document import Document, read_document
from labkit.classroom.postmortem.finding import Finding
from labkit.classroom.postmortem.pictures import pictures
from labkit.core.errors import LabError

#: The rules, in the order in which they are told, and what each asks for.
RULES: dict[str, str] = {
    "sections": "every section is there and filled",
    "unfinished": "nothing waits for its text",
    "cited": "each claim cites its evidence",
    "evidence": "each piece of evidence has a query",
    "timeline": "the timeline is in order, with its zone",
    "intervals": "intervals are defined and add up",
    "apart": "trigger, cause and contributing factors are three things",
    "blameless": "no wording judges a person",
    "actions": "actions are specific, owned by a role, testable",
    "pictures": "charts carry words with their numbers",
}
_MOST_BYTES = 300_000


@dataclass(frozen=True, slots=True, repr=False)
class Review:
    """What the rules found in one postmortem; shows as a table.

    Attributes
    ----------
    findings : tuple of Finding
        What is missing or unclear, by rule and line.
    """

    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that found something."""
        told = {finding.rule for finding in self.findings}
        return tuple(rule for rule in RULES if rule in told)

    @property
    def panel(self) -> Panel:
        """The findings as a table; without any, what no rule can see."""
        if not self.findings:
            return Panel(
                "Nothing is missing that a rule can see",
                "good",
                lines=("Now give it to a person who was not there: do they understand it?",),
            )
        heads = ("rule", "line", "what is missing or unclear", "what to do")
        rows = tuple((f.rule, str(f.line), f.problem, f.next_step) for f in self.findings)
        count = len(self.findings)
        title = f"{count} {'place asks' if count == 1 else 'places ask'} for more"
        fine = [asks for rule, asks in RULES.items() if rule not in self.rules]
        lines = (f"In order: {'; '.join(fine)}.",) if fine and "sections" not in self.rules else ()
        return Panel(title, "again", lines=lines, table=Table("Findings by rule and line", heads, rows))

    def __repr__(self) -> str:
        return repr(self.panel)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.panel._repr_mimebundle_(include, exclude)


def review_postmortem(source: str | Path, *, folder: Path | None = None) -> Review:
    """Read a postmortem by rules and say what is missing, and where.

    Parameters
    ----------
    source : str or Path
        The Markdown itself, or a path: a ``Path``, or one line that ends in ``.md``.
    folder : Path, optional
        Where the pictures lie; of a file, its own folder.

    Returns
    -------
    Review
        The findings; it holds no mark.

    Raises
    ------
    LabError
        The file is not there, is no text in UTF-8, or is larger than 300,000 bytes.

    Examples
    --------
    >>> review_postmortem("## Trigger\\nSomebody forgot to test.").rules[-1]
    'pictures'
    """
    if isinstance(source, Path) or (isinstance(source, str) and _names_a_file(source)):
        path = Path(source)
        return _review(read_document(_text_of(path)), folder or path.parent)
    if not isinstance(source, str):
        raise LabError(
            "a postmortem is text or a path",
            found=type(source).__name__,
            next_step="Pass Markdown or a Path.",
        )
    if len(source) > _MOST_BYTES:
        raise LabError("this text is too long for a postmortem", found=len(source), next_step="Shorten it.")
    return _review(read_document(source), folder)


def _names_a_file(source: str) -> bool:
    return "\n" not in source and source.endswith(".md") and not source.startswith("#")


def _review(document: Document, folder: Path | None) -> Review:
    found = [
        *claims.sections(document),
        *claims.unfinished(document),
        *claims.cited(document),
        *claims.evidence(document),
        *moments.timeline(document),
        *moments.intervals(document),
        *claims.apart(document),
        *people.blameless(document),
        *people.actions(document),
        *pictures(document, folder),
    ]
    order = {rule: place for place, rule in enumerate(RULES)}
    return Review(tuple(sorted(found, key=lambda f: (order[f.rule], f.line, f.problem))))


def _text_of(path: Path) -> str:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise LabError("a folder is no postmortem", found=path.name, next_step="Name its .md file.")
        if size > _MOST_BYTES:
            raise LabError(
                "this file is too large for a postmortem",
                found=path.name,
                next_step=f"It has {size} bytes; at most {_MOST_BYTES} are read.",
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise LabError("no such postmortem", found=path.name, next_step="Check the path.") from error
    if b"\0" in data:
        raise LabError("this file is no text", found=path.name, next_step="Save the postmortem as Markdown.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabError(
            "this file is no text in UTF-8",
            found=path.name,
            next_step=f"Byte {error.start} cannot be read: save it as UTF-8.",
        ) from error
