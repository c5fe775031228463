"""Keep docs/catalogue.md in two parts: the list of faults, and what the trials showed."""

from __future__ import annotations

from pathlib import Path

from labkit.classroom.trials.table import HEADING
from labkit.core.writing import write_text


def with_report(listing: str, before: str, report: str | None = None) -> str:
    """Put the list of faults before a report of trials: the one given, else the one that was there.

    Examples
    --------
    >>> old = with_report("faults 1", "", HEADING + " of Monday")
    >>> with_report("faults 2", old).splitlines()
    ['faults 2', '', '## Found from the evidence alone of Monday']
    """
    place = before.find(HEADING)
    kept = report if report is not None else before[place:] if place >= 0 else ""
    return f"{listing.rstrip()}\n\n{kept.rstrip()}\n" if kept else f"{listing.rstrip()}\n"


def write_document(path: Path, listing: str, report: str | None = None) -> None:
    """Write the file; without a report the one it has stays."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    write_text(path, with_report(listing, before, report))
