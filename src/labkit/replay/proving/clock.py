"""Time and traces of one try: what it did last, how long that would have taken, what it left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


class OutOfTimeError(BaseException):
    """The try took longer than a pipeline waits; no ``except Exception`` of the function holds it."""


@dataclass(slots=True)
class Watch:
    """The stopwatch of one try.

    Time is the proving ground's: a connection that would hang for two minutes is told, not waited for.
    """

    patience_s: float
    elapsed_s: float = 0.0
    steps: list[str] = field(default_factory=list)
    left_behind: int = 0
    given_up: Callable[[], bool] = lambda: False

    def step(self, what: str) -> None:
        """Note what is being done."""
        if self.given_up():
            raise OutOfTimeError
        self.steps.append(" ".join(what.split()))

    def passes(self, seconds: float) -> None:
        """Let time pass.

        Raises
        ------
        OutOfTimeError
            When that is more than a pipeline waits.
        """
        self.elapsed_s += seconds
        if self.elapsed_s > self.patience_s:
            self.elapsed_s = self.patience_s
            raise OutOfTimeError
