"""Make the cases of many seeds and tell, fault by fault, that each can be solved and none is like another.

Which seed has which fault stands nowhere in it: students may read it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.classroom.practice.bundle import make_bundle
from labkit.classroom.practice.labels import labels_in
from labkit.classroom.practice.solving import BY_CORRECTNESS, BY_FAILURES
from labkit.simulation.practice import Card, cards, deal
from labkit.simulation.practice.exercise import LEVELS

_HEADS = (
    "fault",
    "cases",
    "solved from failures",
    "needs the correctness indicator",
    "draws left aside",
    "levels",
)


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What one seed's case is like."""

    seed: int
    scenario: str
    by: str
    onset_off_s: float
    left_aside: tuple[str, ...]
    level: int
    signature: str
    herrings: int
    missing: int
    labels: tuple[str, ...]


def survey_seed(seed: int) -> Surveyed:
    """Make one case in a folder that goes away, and describe it."""
    with tempfile.TemporaryDirectory() as folder:
        made = make_bundle(seed, Path(folder) / f"{seed:04d}")
        labels = labels_in(made.folder)
    exercise = made.exercise
    return Surveyed(
        seed,
        exercise.card.scenario,
        made.solved.by,
        made.solved.onset_off_s,
        tuple(deal(seed, attempt).card.scenario for attempt in range(exercise.attempt)),
        exercise.difficulty.rank,
        exercise.signature,
        len(exercise.herrings),
        len(exercise.withheld),
        labels,
    )


def survey(
    seeds: Sequence[int], *, workers: int = 1, progress: Callable[[int, int], None] | None = None
) -> tuple[Surveyed, ...]:
    """Describe the cases of many seeds, in their order."""
    found: list[Surveyed] = []
    for one in _mapped(seeds, workers):
        found.append(one)
        if progress:
            progress(len(found), len(seeds))
    return tuple(found)


def _mapped(seeds: Sequence[int], workers: int) -> Iterable[Surveyed]:
    if workers == 1:
        yield from map(survey_seed, seeds)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(survey_seed, seeds)


def as_markdown(found: Sequence[Surveyed]) -> str:
    """Write the survey: what holds for all, then one row a fault."""
    lines = [
        "# The practice cases, surveyed",
        "",
        *_overall(found),
        "",
        _row(_HEADS),
        _row(["---"] * len(_HEADS)),
    ]
    lines += [_row(_of_fault(card, found)) for card in {one.scenario: one for one in cards()}.values()]
    return "\n".join(lines) + "\n"


def _overall(found: Sequence[Surveyed]) -> list[str]:
    first, last = found[0].seed, found[-1].seed
    by = {how: sum(one.by == how for one in found) for how in (BY_FAILURES, BY_CORRECTNESS)}
    first_draw = sum(not one.left_aside for one in found)
    levels = ", ".join(
        f"{sum(one.level == k for one in found)} {name}" for k, name in enumerate(LEVELS, start=1)
    )
    off = max(one.onset_off_s for one in found)
    return [
        f"Made by `labkit practice --survey {first}-{last} --out docs/practice-survey.md`. It does not say "
        "which seed has which fault.",
        "",
        f"- {len(found)} cases. {by[BY_FAILURES]} are solved by the reference investigation: kind, part, and "
        f"onset, detection and recovery within 60 s. {by[BY_CORRECTNESS]} are silent: no request fails, and "
        "the indicator of correctness shows when they began and ended.",
        f"- {first_draw} were solved as drawn first; in {len(found) - first_draw} a draw was left aside.",
        f"- {len({one.signature for one in found})} different combinations of fault, time and red herrings.",
        f"- {sum(len(one.labels) for one in found)} labels in files or file names.",
        f"- Difficulty: {levels}.",
        f"- The onset was found {off:.0f} s off at most.",
        f"- Red herrings in a case: {_span(one.herrings for one in found)}. "
        f"Files missing: {_span(one.missing for one in found)}.",
    ]


def _of_fault(card: Card, found: Sequence[Surveyed]) -> list[str]:
    mine = [one for one in found if one.scenario == card.scenario]
    aside = sum(one.left_aside.count(card.scenario) for one in found)
    by = [sum(one.by == how for one in mine) for how in (BY_FAILURES, BY_CORRECTNESS)]
    levels = ", ".join(LEVELS[k - 1] for k in sorted({one.level for one in mine}))
    of = "" if card.scenario in (card.row.name, "debacle") else f" ({card.scenario})"
    return [f"`{card.row.name}`{of}", str(len(mine)), *map(str, by), str(aside), levels or "—"]


def _span(counts: Iterable[int]) -> str:
    known = sorted(counts)
    return f"{known[0]} to {known[-1]}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
