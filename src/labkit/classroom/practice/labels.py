"""Look for labels: no file of a bundle may name its fault, a secret, or that it is an exercise."""

from __future__ import annotations

import re
from pathlib import Path

from labkit.simulation.faults import ROWS
from labkit.simulation.faults.row import CODE, MISCONFIGURED, SERVER
from labkit.simulation.scenario import scenario_names

#: Kinds that are no words of every day, as "network" and "overload" are.
_KINDS = (MISCONFIGURED, SERVER, CODE)
_OF_AN_EXERCISE = ("practice", "herring", "decoy", "withheld")
_SECRET = re.compile(r"ledger[-@%/]|demo-\d\d|key-52")


def labels_in(folder: Path) -> tuple[str, ...]:
    """List the labels in the files of a bundle and in their names: ``file: word``."""
    words = sorted({*ROWS, *scenario_names(), *_KINDS, *_OF_AN_EXERCISE})
    found = []
    for path in sorted(folder.iterdir()):
        text = f"{path.name}\n{path.read_text(encoding='utf-8')}"
        found += [f"{path.name}: {word}" for word in words if word in text]
        found += [f"{path.name}: a secret"] if _SECRET.search(text) else []
    return tuple(found)
