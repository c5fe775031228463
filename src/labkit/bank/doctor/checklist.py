"""The deployment checklist: one text for the documentation, the labs and the wall of the office."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Checklist:
    """A Markdown text that a notebook shows as such.

    Examples
    --------
    >>> checklist().markdown.splitlines()[0]
    '# Before a change of the connection goes out'
    """

    markdown: str

    def __str__(self) -> str:
        return self.markdown

    def _repr_markdown_(self) -> str:
        return self.markdown


def checklist() -> Checklist:
    """Read the deployment checklist; docs/checklist.md is the same text."""
    return Checklist((files("labkit.bank.doctor") / "checklist.md").read_text(encoding="utf-8"))
