"""The file an option names: its place is looked at before the command begins to work."""

from __future__ import annotations

import argparse
from pathlib import Path

from labkit.core.errors import LabError
from labkit.core.writing import require_place


def outfile(text: str) -> Path:
    """Read an option's value as the path of a file that can be written."""
    try:
        return require_place(Path(text))
    except LabError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
