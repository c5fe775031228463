"""Rule on pictures: there is one, it exists, and its words have its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from labkit.classroom.postmortem.document import Document
from labkit.classroom.postmortem.finding import Finding, shortened

_LEAST_LETTERS = 20


def pictures(document: Document, folder: Path | None = None) -> Iterator[Finding]:
    """Ask for a chart with words that carry its numbers; where the folder is known, for its file."""
    if not document.pictures and document.sections:
        told = "there is no chart"
        yield Finding("pictures", document.lines, told, "Show at least the error ratio over time.")
    for picture in document.pictures:
        if len(picture.alt) < _LEAST_LETTERS or not re.search(r"[0-9]", picture.alt):
            told = f"the words of this picture tell too little: '{shortened(picture.alt, 40)}'"
            step = "Say what it shows, with its numbers, for those who do not see it."
            yield Finding("pictures", picture.line, told, step)
        if folder is not None and not _is_there(folder, picture.target):
            told = f"this picture's file is not there: '{shortened(picture.target, 40)}'"
            yield Finding("pictures", picture.line, told, "Save it beside the document.")


def _is_there(folder: Path, target: str) -> bool:
    try:
        return (folder / unquote(target)).is_file()
    except (OSError, ValueError):
        return False
