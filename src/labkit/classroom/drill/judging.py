"""Drill many faults one after the other and judge each, going on where an earlier run stopped."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from labkit.classroom.drill.asked import Drill, Tell
from labkit.classroom.drill.play import play
from labkit.classroom.drill.truth import DrillTruth
from labkit.classroom.drill.verdict import DrillVerdict, judge_bundle

Begins = Callable[[str, int, int], None]


def judge_drills(
    names: Sequence[str],
    usual: Drill,
    *,
    keep: Path | None = None,
    begins: Begins = lambda *_: None,
    tell: Tell = lambda _: None,
) -> tuple[DrillVerdict, ...]:
    """Drill and judge.

    Parameters
    ----------
    names : sequence of str
        What to drill.
    usual : Drill
        Minutes, seed, hosts and scale of each; its name is replaced.
    keep : Path, optional
        Folder that keeps each bundle with its truth: what is there is judged, not drilled again.
    begins : callable
        Is told the name, its place and the number of all before each drill.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="labkit-drills-") as temporary:
        folder = Path(temporary) if keep is None else keep
        for place, name in enumerate(names, start=1):
            begins(name, place, len(names))
            found.append(_judged(replace(usual, name=name), folder / name, tell))
    return tuple(found)


def _judged(drill: Drill, folder: Path, tell: Tell) -> DrillVerdict:
    """Drill, unless that was done before, and judge: by the rules of now, also what was drilled before."""
    evidence, kept = folder / "evidence", folder / "truth.json"
    if kept.is_file() and evidence.is_dir():
        return judge_bundle(evidence, DrillTruth.read(kept))
    played = play(drill, evidence, tell=tell)
    played.truth.write(kept)
    return judge_bundle(played.folder, played.truth)
