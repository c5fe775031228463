"""The one error of a journal: its files cannot be used, and nothing was taken."""

from __future__ import annotations

from pathlib import Path

from labkit.core.errors import LabError


class JournalError(LabError):
    """The journal cannot take what it was given; then it has not taken it."""


def unusable(path: Path, error: Exception) -> JournalError:
    """Build the error for a file or folder that is in the way."""
    return JournalError(
        f"the journal cannot be used: {error}",
        found=path.name,
        next_step="Look at the disk's space and the folder's rights.",
    )
