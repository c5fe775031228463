"""Score an answer in the field's measures: when, what, how sure, on what evidence, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.classroom.panel import Panel, Table
from labkit.classroom.practice.answer import Answer
from labkit.classroom.practice.citations import LEAST, Shown, share, show
from labkit.classroom.practice.measures import accuracy_at, average_accuracy, named_share
from labkit.classroom.practice.remedies import judge_mitigation
from labkit.classroom.practice.truth import LIMIT_S, Truth, seconds_off

if TYPE_CHECKING:
    import datetime as dt

    import duckdb

_DEPTHS = (1, 3, 5)


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of the score card: a measure, the points it gave of those it could give, and why."""

    measure: str
    points: float
    possible: float
    why: str


@dataclass(frozen=True, slots=True, repr=False)
class ScoreCard:
    """What an answer was worth; shows as a table.

    Attributes
    ----------
    marks : tuple of Mark
        Ten points in all.
    solved : bool
        OpenRCA's strict rule: the onset within 60 s, and the one named cause is the true one.
    accuracy : dict
        AC@k of the ranked candidates for k = 1, 3 and 5, and ``Avg@5``.
    notes : tuple of str
        How often this case was handed in, and whether the truth had been seen.
    """

    case: str
    marks: tuple[Mark, ...]
    solved: bool
    accuracy: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """Sum of the points."""
        return round(sum(mark.points for mark in self.marks), 2)

    @property
    def possible(self) -> float:
        """Points that could be had."""
        return sum(mark.possible for mark in self.marks)

    @property
    def panel(self) -> Panel:
        """The card for the screen."""
        title = f"Case {self.case}: {self.points:g} of {self.possible:g} points"
        solved = "time and cause are right (OpenRCA, strict)" if self.solved else "not yet solved"
        ranked = ", ".join(f"{name} {value:g}" for name, value in self.accuracy.items())
        rows = tuple((m.measure, f"{m.points:.2g} of {m.possible:g}", m.why) for m in self.marks)
        look = "good" if self.points >= self.possible - 1 else "partly"
        lines = (f"{solved[0].upper()}{solved[1:]}. Ranking: {ranked}.", *self.notes)
        return Panel(title, look, lines, Table("Score card", ("measure", "points", "why"), rows))

    def __repr__(self) -> str:
        return repr(self.panel)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.panel._repr_mimebundle_()


def score(con: duckdb.DuckDBPyConnection, case: str, answer: Answer, truth: Truth) -> ScoreCard:
    """Score an answer against what is true."""
    right = (truth.kind, truth.part)
    onset = _time("onset", answer.onset, truth.onset, truth.set_in, 2)
    marks = (
        onset,
        _time("detection", answer.detection, truth.detected, truth.detected, 1),
        _time("recovery", answer.recovery, truth.fades, truth.recovered, 1),
        _component(answer, truth),
        _ranking(answer, truth),
        _evidence(show(con, answer.evidence)),
        _mitigation(answer, truth),
    )
    accuracy = {f"AC@{k}": accuracy_at(k, answer.ranked, [right]) for k in _DEPTHS}
    accuracy["Avg@5"] = average_accuracy(5, answer.ranked, [right])
    return ScoreCard(case, marks, onset.points > 0 and answer.causes == (right,), accuracy)


def _time(name: str, said: dt.datetime | None, low: dt.datetime, high: dt.datetime, worth: float) -> Mark:
    """Judge a time by OpenRCA's rule; a gradual change is right anywhere within it."""
    if said is None:
        return Mark(name, 0, worth, "nothing was said")
    off = seconds_off(said, low, high)
    if off <= LIMIT_S:
        return Mark(name, worth, worth, f"within {LIMIT_S:g} s")
    early = "early" if said < low else "late"
    size = "some minutes" if off <= 900 else "more than a quarter of an hour"
    return Mark(name, 0, worth, f"{size} too {early}")


def _component(answer: Answer, truth: Truth) -> Mark:
    kind, cause = named_share(answer.causes, (truth.kind, truth.part))
    points = kind + 2 * cause
    count = len(answer.causes)
    if count > 1:
        return Mark("cause", points, 3, f"{count} causes are named, and there was one: each counts a part")
    said = {(True, True): "kind and part are right", (True, False): "the kind is right, the part is not"}
    return Mark("cause", points, 3, said.get((kind == 1, cause == 1), "another kind of cause"))


def _ranking(answer: Answer, truth: Truth) -> Mark:
    value = average_accuracy(5, answer.ranked, [(truth.kind, truth.part)])
    why = "Avg@5: the mean of AC@1 to AC@5 over your ranked candidates"
    return Mark("ranking", value, 1, why)


def _evidence(shown: Sequence[Shown]) -> Mark:
    failed = [f"`{_short(one.query)}`: {one.problem}" for one in shown if not one.rows]
    good = sum(one.rows for one in shown)
    why = f"{good} of {len(shown)} cited queries show rows; {LEAST} are the least"
    return Mark("evidence", share(shown), 1, "\n".join([why, *failed]))


def _short(query: str) -> str:
    words = " ".join(query.split())
    return words if len(words) <= 50 else f"{words[:49]}…"


def _mitigation(answer: Answer, truth: Truth) -> Mark:
    if answer.mitigation is None:
        return Mark("mitigation", 0, 1, "none was chosen")
    judged = judge_mitigation(answer.mitigation, truth.remedy)
    points = judged.worth if answer.because else judged.worth / 2
    why = judged.why if answer.because else f"{judged.why} Half of it: you gave no reason."
    return Mark("mitigation", points, 1, why)
