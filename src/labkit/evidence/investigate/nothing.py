"""The hypothesis that nothing happened: what is seen is what is seen on any day."""

from __future__ import annotations

from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.judge import predict
from labkit.evidence.investigate.model import NONE, Claim, Hypothesis, Prediction


def nothing_hypothesis(facts: Facts) -> Hypothesis:
    """Judge whether there is an incident at all."""
    window = facts.window
    silent = window.state == "silent"
    quiet = not window.found or silent
    said = (
        "no sustained rise of the error ratio"
        if quiet
        else f"{window.failed:,} of {window.requests:,} requests {window.fails}"
    )
    predictions = [
        predict(
            "Failures and slow answers stay as rare as they always are.",
            quiet,
            4.0,
            10.0,
            Claim(said, window.citation, (window.row,)),
        ),
    ]
    if silent:
        predictions.append(_same_database(facts))
    return Hypothesis(NONE, None, "Nothing is wrong: failures are as rare as on any day.", tuple(predictions))


def _same_database(facts: Facts) -> Prediction:
    moved = [item for item in facts.endpoints.compared if item.differs]
    claim = moved[0].claim if moved else facts.targets.claim("queries go to several databases")
    return predict("Queries go where they always went.", not moved, 0.0, 3.0, claim)
