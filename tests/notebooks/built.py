"""The built notebooks, and how their words and lines are counted."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

#: The project whose notebooks are tried: this one, or another that a test names.
ROOT = Path(os.environ.get("LABKIT_PROJECT", Path(__file__).resolve().parents[2]))
LABS = sorted(path.parent.name for path in (ROOT / "labs").glob("*/lab.py"))
FOLDERS = {"student": ROOT / "notebooks", "solutions": ROOT / "notebooks" / "solutions"}


def notebook(name, kind):
    """Read one built notebook: kind is 'student' or 'solutions'."""
    return json.loads((FOLDERS[kind] / f"{name}.ipynb").read_text(encoding="utf-8"))


def cells_of(name, kind):
    """Read the cells of one built notebook."""
    return notebook(name, kind)["cells"]


def words(cell):
    """Count the words of a prose cell that a person reads: no diagram source, no table rules."""
    text = re.sub(r"```.*?```", "", "".join(cell["source"]), flags=re.DOTALL)
    return len(re.findall(r"\w[\w'.-]*", text))


def code_lines(cell):
    """Count the lines of a code cell that are not blank."""
    return sum(bool(line.strip()) for line in "".join(cell["source"]).splitlines())
