"""What a check or a test caught, what slipped through, and when it cried wolf: a value with its table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.replay.proving.cases import Case, Place
from labkit.replay.proving.grid import Grid
from labkit.replay.proving.trial import Trial

if TYPE_CHECKING:
    import pandas as pd

_WORDS = {"alarm": "caught", "quiet": "slipped through"}


@dataclass(frozen=True, slots=True)
class Report:
    """The result of running one function over the proving ground.

    ``a | b`` is the report of a pipeline that runs both: a case is caught when one of them objects.

    Attributes
    ----------
    name : str
        Name of the function.
    cases : tuple of Case
        The cases, in order.
    trials : tuple of Trial
        What the function did on each.
    sound : tuple of (Place, Trial)
        What it did on strings that are sound.
    """

    name: str
    cases: tuple[Case, ...]
    trials: tuple[Trial, ...]
    sound: tuple[tuple[Place, Trial], ...]

    def _numbers(self, *outcomes: str) -> tuple[int, ...]:
        pairs = zip(self.cases, self.trials, strict=True)
        return tuple(case.number for case, trial in pairs if trial.outcome in outcomes)

    @property
    def caught(self) -> tuple[int, ...]:
        """Numbers of the cases that it objected to."""
        return self._numbers("alarm")

    @property
    def slipped(self) -> tuple[int, ...]:
        """Numbers of the cases in which it found nothing."""
        return self._numbers("quiet")

    @property
    def unfinished(self) -> tuple[int, ...]:
        """Numbers of the cases in which it hung, broke, or was not tried."""
        return self._numbers("hung", "broke", "not tried")

    @property
    def false_alarms(self) -> int:
        """How many sound strings it objected to, or did not come back from."""
        return sum(trial.outcome != "quiet" for _, trial in self.sound)

    @property
    def left_behind(self) -> int:
        """How many writing statements it committed, over all cases and sound strings."""
        return sum(t.left_behind for t in (*self.trials, *(trial for _, trial in self.sound)))

    @property
    def by_step(self) -> dict[str, int]:
        """How many cases were caught at which step, most first."""
        steps = Counter(t.step for t in self.trials if t.outcome == "alarm")
        return dict(sorted(steps.items(), key=lambda item: (-item[1], item[0])))

    @property
    def sentence(self) -> str:
        """Say the result in one sentence."""
        text = f"{self.name}: {len(self.caught)} of {len(self.cases)} faults caught, "
        text += f"{len(self.slipped)} slipped through"
        if self.unfinished:
            text += f", {len(self.unfinished)} without a result"
        text += f"; {self.false_alarms} false alarms on {len(self.sound)} sound strings"
        if self.left_behind:
            text += f"; {self.left_behind} writes were left behind in the books"
        return text + "."

    @property
    def table(self) -> pd.DataFrame:
        """One row a case: number, what was wrong, outcome, step, what was said, seconds."""
        import pandas as pd

        rows = [
            (c.number, c.truth, _WORDS.get(t.outcome, t.outcome), t.step, t.said, t.seconds)
            for c, t in zip(self.cases, self.trials, strict=True)
        ]
        return pd.DataFrame(rows, columns=["case", "what_was_wrong", "outcome", "step", "said", "seconds"])

    def __or__(self, other: Report) -> Report:
        if not isinstance(other, Report):
            return NotImplemented
        trials = tuple(_first(a, b) for a, b in zip(self.trials, other.trials, strict=True))
        both = zip(self.sound, other.sound, strict=True)
        sound = tuple((place, _first(a, b)) for (place, a), (_, b) in both)
        return Report(f"{self.name} and {other.name}", self.cases, trials, sound)

    def _rows(self) -> list[tuple[str, ...]]:
        pairs = [p for p in zip(self.cases, self.trials, strict=True) if p[1].outcome != "alarm"]
        rows: list[tuple[str, ...]] = [
            (f"case {c.number}", c.truth, _WORDS.get(t.outcome, t.outcome), t.step, t.said) for c, t in pairs
        ]
        wolf = [(place, t) for place, t in self.sound if t.outcome != "quiet"]
        return rows + [("sound", p.shown, f"false alarm ({t.outcome})", t.step, t.said) for p, t in wolf]

    @property
    def _grid(self) -> Grid:
        steps = "; ".join(f"{count} at '{step}'" for step, count in self.by_step.items())
        caption = self.sentence + (f" Caught: {steps}." if steps else "")
        return Grid(caption, ("", "what was wrong", "outcome", "last step", "what it said"), self._rows())

    def __repr__(self) -> str:
        return self._grid.text()

    def _repr_html_(self) -> str:
        return self._grid.html()


def _first(one: Trial, other: Trial) -> Trial:
    """Take the trial that decides a pipeline which runs one after the other."""
    if one.outcome == "quiet":
        return other
    return one if one.outcome == "alarm" or other.outcome != "alarm" else other
