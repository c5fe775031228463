"""What comes of an option: the investigation's verdict on a hypothesis, or the replay of a configuration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from labkit.classroom.presenting.choices import Option
from labkit.core.errors import LabError, unknown_name

if TYPE_CHECKING:
    import duckdb

    from labkit.evidence.investigate.investigation import Investigation
    from labkit.evidence.investigate.model import Hypothesis, Prediction
    from labkit.replay.configuration import Configuration
    from labkit.replay.recording import Recording
    from labkit.replay.result import Replay

#: Predictions that are shown beside a verdict unless the lab names its own.
_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """What the evidence says of an option: a verdict in a few words, and the reasons."""

    verdict: str
    reasons: tuple[str, ...]


class Evidence:
    """The evidence of a lab: investigated once and replayed as often as it is asked."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    @cached_property
    def recording(self) -> Recording:
        """The requests to replay."""
        from labkit.replay.engine import record

        return record(self.con)

    @cached_property
    def recorded(self) -> Replay:
        """The record itself."""
        from labkit.replay.engine import replay

        return replay(self.recording)

    @cached_property
    def _investigation(self) -> Investigation:
        from labkit.evidence.investigate.run import investigate

        return investigate(self.con)

    def judge(self, option: Option) -> Judged:
        """Say what the evidence makes of an option.

        Raises
        ------
        LabError
            No such hypothesis or prediction; the configuration cannot be.
        """
        if option.hypothesis:
            return _verdict(self._hypothesis(option.hypothesis), option.shows)
        result = self.replay(option)
        recorded, saved = self.recorded.failed, result.saved - result.spoiled
        verdict = f"{saved:,} of {recorded:,} failures saved"
        return Judged(verdict, (result.sentence, *self.repair(option)))

    def replay(self, option: Option) -> Replay:
        """Replay an option's configuration."""
        from labkit.replay.engine import replay

        return replay(self.recording, self.configuration(option))

    def configuration(self, option: Option) -> Configuration:
        """Make an option's configuration; the time of a repair follows from the record."""
        from labkit.replay.configuration import Configuration

        parts = dict(option.configuration or {})
        if option.called:
            end = self._at(option.called) + self._repair_takes(option)
            parts["rollback"] = f"{end:%H:%M:%S}".removesuffix(":00")
        return Configuration.from_dict(parts)

    def repair(self, option: Option) -> tuple[str, ...]:
        """Say where the time of a repair comes from; nothing where it does not depend on the record."""
        if not option.called:
            return ()
        minutes = self._repair_takes(option).total_seconds() / 60
        return (
            f"In the record, {minutes:.0f} minutes went by from the call at {option.as_from} to the end. "
            f"The same call at {option.called} is taken to need as long.",
        )

    def _repair_takes(self, option: Option) -> dt.timedelta:
        over = self.recorded.mitigated_utc
        if over is None or over <= self._at(option.as_from):
            raise LabError(
                "the record has no repair after the call",
                found=option.as_from,
                next_step="Name an earlier time.",
            )
        return over - self._at(option.as_from)

    def _at(self, clock: str) -> dt.datetime:
        """Find a time of day on the day of the record's first minute."""
        from labkit.replay.recording import from_us

        begin = from_us(self.recording.begin_us)
        hour, minute = map(int, clock.split(":"))
        return begin.replace(hour=hour, minute=minute, second=0, microsecond=0)

    def _hypothesis(self, kind: str) -> Hypothesis:
        """Find the best hypothesis of a kind; they are ranked, best first."""
        ranked = self._investigation.hypotheses
        found = next((one for one in ranked if one.kind == kind), None)
        if found is None:
            raise unknown_name("hypothesis", kind, {one.kind for one in ranked})
        return found


def _verdict(hypothesis: Hypothesis, shows: Sequence[str]) -> Judged:
    by_text = {one.text: one for one in hypothesis.predictions}
    for text in shows:
        if text not in by_text:
            raise unknown_name(f"prediction of {hypothesis.kind!r}", text, by_text)
    weighty = sorted(hypothesis.predictions, key=lambda one: -abs(one.points))
    chosen = [by_text[text] for text in shows] or weighty[:_SHOWN]
    return Judged(hypothesis.verdict, tuple(_reason(one) for one in chosen))


def _reason(prediction: Prediction) -> str:
    outcome = {"held": "so it is", "failed": "it is not so", "unknown": "nobody can tell"}[prediction.outcome]
    seen = f": {prediction.claim.text}" if prediction.claim else ""
    return f"“{prediction.text}” {outcome[0].upper()}{outcome[1:]}{seen}."
