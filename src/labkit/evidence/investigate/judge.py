"""Turn one observation into a prediction that held, failed, or cannot be tested."""

from __future__ import annotations

from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.model import Claim, Prediction

#: Points of a message that says nothing but this cause; of messages that all say something else.
_MESSAGE, _SILENT = 6.0, 4.0
_SLOWER = 3.0


def predict(text: str, held: bool | None, plus: float, minus: float, claim: Claim | None) -> Prediction:
    """Make a prediction: ``plus`` points where it held, ``minus`` lost where it failed."""
    if held is None or claim is None:
        return Prediction(text, "unknown", 0.0)
    return Prediction(text, "held" if held else "failed", plus if held else -minus, claim)


def by_messages(facts: Facts, kind: str, part: str | None, text: str) -> Prediction:
    """Judge a cause by the messages of errors.

    Messages that name other causes speak against it as strongly as they explain the incident.
    """
    weight = facts.complaints.weight(kind, part)
    explained = facts.complaints.strength()
    if weight >= 0.1:
        return predict(text, True, round(_MESSAGE * weight, 2), 0.0, facts.complaints.claim(kind, part))
    if explained < 0.1:
        return predict(text, None, 0.0, 0.0, None)
    return predict(text, False, 0.0, round(_SILENT * explained, 2), _others(facts))


def _others(facts: Facts) -> Claim:
    strongest = max(facts.complaints.telling, key=lambda c: c.strength)
    said = f'what is said is: "{strongest.text}" ({strongest.reading.signature.says})'
    return facts.complaints.answer.claim(said, (strongest.row,))


def slowed_queries(facts: Facts) -> tuple[bool | None, Claim | None]:
    """Tell whether any query takes three times as long as before, and cite the one most slowed."""
    rows = facts.times.where(lambda row: row["during"] >= 10 and row["p50_before_ms"] is not None)
    if not rows:
        return None, None
    worst = max(rows, key=lambda row: row["p50_during_ms"] / max(row["p50_before_ms"], 1e-3))
    slow = tuple(row for row in rows if row["p50_during_ms"] >= _SLOWER * row["p50_before_ms"])
    said = (
        f"the median of the query most slowed is {worst['p50_during_ms']:.3g} ms, "
        f"{worst['p50_before_ms']:.3g} ms before"
    )
    return bool(slow), facts.times.claim(said, slow or rows)


def same_address(facts: Facts) -> Prediction:
    """Predict that the program dials what it always dialled: what is there, or on the way, is at fault."""
    text = "The program dials the address that it always dialled."
    known = [
        item for part in ("host", "port") if (item := facts.endpoints.of(part)) and item.differs is not None
    ]
    if not known:
        return predict(text, None, 0, 0, None)
    moved = [item for item in known if item.differs]
    return predict(text, not moved, 0.5, 2.0, (moved or known)[0].claim)
