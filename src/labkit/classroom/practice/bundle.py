"""Make the bundle of a seed: only evidence, under a neutral name, and only one that can be solved."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from labkit.classroom.practice.solving import Solved, solve
from labkit.classroom.practice.truth import truth_of
from labkit.core.errors import LabError
from labkit.core.evidence_files import EVIDENCE_FILES
from labkit.simulation import story
from labkit.simulation.practice import Exercise, deal

#: Draws of one seed that are tried; the chance that all fail is small, and it is told.
MOST_ATTEMPTS = 8
_LAST = "messages.jsonl"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that was made: the exercise, where it lies, and how the reference solved it."""

    exercise: Exercise
    folder: Path
    solved: Solved


def make_bundle(seed: int, folder: Path, progress: Progress | None = None) -> Made:
    """Write the evidence of a seed's exercise into a folder, in place of other evidence that was there.

    A draw that the reference investigation cannot solve is left aside and the next one is made. So the same
    seed gives the same bytes with the same version of labkit.

    Raises
    ------
    LabError
        No draw of this seed could be solved, or the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise LabError("the output is no folder", found=folder.name, next_step="Name a folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        for attempt in range(MOST_ATTEMPTS):
            exercise = deal(seed, attempt)
            place = draft / str(attempt)
            write_evidence(exercise, place, progress)
            solved = try_to_solve(exercise, place)
            if solved.done:
                _put(place, folder)
                return Made(exercise, folder, solved)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    raise LabError("no outage of this seed can be solved", found=seed, next_step="Take another seed.")


def write_evidence(exercise: Exercise, folder: Path, progress: Progress | None = None) -> None:
    """Write what a student gets: the evidence, without the files that are withheld."""
    from labkit.simulation.generate import generate

    generate(exercise.scenario, seed=exercise.seed, out=folder, progress=progress)
    for name in exercise.withheld:
        (folder / name).unlink()


def try_to_solve(exercise: Exercise, folder: Path) -> Solved:
    """Let the reference investigate the evidence in a folder."""
    from labkit.evidence.load import load

    with closing(load(folder)) as con:
        return solve(con, truth_of(exercise))


def _put(made: Path, folder: Path) -> None:
    """Move the files of a bundle to their place and take away those of an earlier one; others stay.

    The messages come last: by them a bundle is known, so none is taken for whole before it is.
    """
    folder.mkdir(exist_ok=True)
    fresh = sorted(made.iterdir(), key=lambda path: (path.name == _LAST, path.name))
    for name in EVIDENCE_FILES - {path.name for path in fresh}:
        (folder / name).unlink(missing_ok=True)
    for path in fresh:
        path.replace(folder / path.name)


def find_exercise(seed: int, folder: Path) -> Exercise | None:
    """Find the exercise that a folder holds, by the people's messages in it; None where it is another's."""
    said = folder / _LAST
    if not said.is_file():
        return None
    text = said.read_bytes()
    exercises = (deal(seed, attempt) for attempt in range(MOST_ATTEMPTS))
    return next((one for one in exercises if _is_whole(one, folder, text)), None)


def _is_whole(exercise: Exercise, folder: Path, said: bytes) -> bool:
    """Tell whether a folder has all files of an exercise, no other, and the story that it tells."""
    if story.messages(exercise.scenario) != said:
        return False
    told = story.deployments(exercise.scenario)
    due = EVIDENCE_FILES - {*exercise.withheld} - (set() if told else {"deployments.jsonl"})
    there = {path.name for path in folder.iterdir()} & EVIDENCE_FILES
    recorded = folder / "deployments.jsonl"
    return there == due and (recorded.name not in due or recorded.read_bytes() == told)
