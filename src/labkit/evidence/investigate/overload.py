"""The hypothesis of overload: more work than the machines or their connections can carry."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator

from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.judge import by_messages, predict
from labkit.evidence.investigate.model import OVERLOAD, Hypothesis, Prediction

_CPU = re.compile(r"cpu.*(util|usage|load)", re.I)


def overload_hypothesis(facts: Facts) -> Hypothesis:
    """Judge overload by load, shape, resources, and whether more room helped."""
    return Hypothesis(
        OVERLOAD,
        None,
        "More work came than the machines or their connections can carry.",
        tuple(_predictions(facts)),
    )


def _predictions(facts: Facts) -> Iterator[Prediction]:
    shape = facts.shape
    yield by_messages(facts, OVERLOAD, None, "The messages speak of too much work.")
    more = None if shape.load_ratio is None else shape.load_ratio >= 1.3
    yield predict("More requests arrive than before.", more, 2.0, 1.5, shape.load_claim)
    ramp = None if shape.step is None else not shape.step
    yield predict("Failures come as a ramp, not as a step.", ramp, 1.5, 2.5, shape.step_claim)
    yield predict("Answers become slow before they fail.", shape.slower_before, 1.5, 0.5, shape.slower_claim)
    yield _cpu(facts)
    yield predict("More room helps.", shape.capacity_helped, 3.0, 3.0, shape.capacity_claim)
    yield _still_served(facts)


def _cpu(facts: Facts) -> Prediction:
    rows = facts.measures.where(lambda row: bool(_CPU.search(row["name"])))
    before = [row["mean_before"] for row in rows if row["mean_before"] is not None]
    during = [row["mean_during"] for row in rows if row["mean_during"] is not None]
    text = "The machines work harder than before."
    if not before or not during:
        return predict(text, None, 0, 0, None)
    one, two = statistics.fmean(before), statistics.fmean(during)
    claim = facts.measures.claim(f"CPU use is {two:.0%} during the incident, {one:.0%} before", rows)
    if one < 1.3 * two and two < 1.3 * one and two < 0.75:
        return Prediction(text, "failed", -1.0, claim)
    return predict(text, two >= 0.75 or two >= 1.3 * one, 2.0, 2.5, claim)


def _still_served(facts: Facts) -> Prediction:
    """Predict that the database goes on answering some of the work."""
    text = "The database goes on answering queries, as many as it can."
    if not facts.has("queries") or not facts.window.found:
        return predict(text, None, 0, 0, None)
    minutes = max(facts.window.minutes, 1 / 60)
    during = facts.targets.total("during") / minutes
    outside = facts.targets.total("outside") / max(facts.window.minutes_outside, 1 / 60)
    said = f"{during:.1f} queries a minute during the incident, {outside:.1f} otherwise"
    return predict(text, during >= 0.5 * outside, 1.0, 2.0, facts.targets.claim(said))
