"""The note of which books a journal's orders are for: an id that every database has of its own."""

from __future__ import annotations

import json
from pathlib import Path

from labkit.bank.books.journal.errors import unusable
from labkit.core.writing import write_private


def read_pin(file: Path) -> tuple[str, str | None] | None:
    """Read the books' id and environment; ``None`` where it was never noted.

    Raises
    ------
    JournalError
        For a note that can't be read: nothing is guessed then.
    """
    try:
        found = json.loads(file.read_bytes())
        return str(found["books_id"]), found["environment"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise unusable(file, error) from error


def write_pin(file: Path, books_id: str, environment: str | None) -> None:
    """Note which books they are, so that it outlasts a loss of power; ``OSError`` where that fails."""
    write_private(file, json.dumps({"books_id": books_id, "environment": environment}) + "\n")
