"""Write an investigation as the documented JSON object (docs/investigate.md)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from labkit.evidence.investigate.model import Citation, Claim, Happened, Hypothesis, Prediction, RootCause
from labkit.evidence.investigate.safe import iso, plain, plain_row, safe

if TYPE_CHECKING:
    from labkit.evidence.investigate.investigation import Investigation


def as_json(found: Investigation) -> dict[str, Any]:
    """Turn an investigation into plain values."""
    return {
        "state": found.window.state,
        "onset_utc": _time(found.onset_utc),
        "detection_utc": _time(found.detection_utc),
        "recovery_utc": _time(found.recovery_utc),
        "root_cause": _cause(found.root_cause),
        "also": [
            {
                "onset_utc": _time(other.window.onset_utc),
                "recovery_utc": _time(other.window.recovery_utc),
                "root_cause": _cause(other.root_cause),
            }
            for other in found.also
        ],
        "candidates": [_candidate(place, h) for place, h in enumerate(found.hypotheses, start=1)],
        "impact": [_claim(claim) for claim in found.impact],
        "timeline": [_happened(row) for row in found.timeline],
        "evidence": _evidence(found),
        "decides": list(found.decides),
        "missing": [{"plane": item.plane, "limits": item.limits} for item in found.missing],
    }


def _cause(cause: RootCause) -> dict[str, Any]:
    return {
        "kind": cause.kind,
        "part": cause.part,
        "before": plain(cause.before),
        "after": plain(cause.after),
        "dsn_before": cause.dsn_before,
        "dsn_after": cause.dsn_after,
        "changes": [
            {"part": c.part, "before": plain(c.before), "after": plain(c.after)} for c in cause.changes
        ],
        "sentence": safe(cause.sentence),
    }


def _time(time: dt.datetime | None) -> str | None:
    return None if time is None else iso(time)


def _candidate(rank: int, hypothesis: Hypothesis) -> dict[str, Any]:
    return {
        "rank": rank,
        "kind": hypothesis.kind,
        "part": hypothesis.part,
        "score": hypothesis.score,
        "verdict": hypothesis.verdict,
        "statement": hypothesis.statement,
        "predictions": [_prediction(prediction) for prediction in hypothesis.predictions],
    }


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "text": prediction.text,
        "outcome": prediction.outcome,
        "points": prediction.points,
        "claim": None if prediction.claim is None else _claim(prediction.claim),
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "text": safe(claim.text),
        **citation(claim.citation),
        "rows": [plain_row(row) for row in claim.rows],
    }


def citation(cited: Citation) -> dict[str, Any]:
    """Write a citation: the query's name and its parameters."""
    return {"query": cited.query, "parameters": {name: plain(value) for name, value in cited.parameters}}


def _happened(row: Happened) -> dict[str, Any]:
    return {
        "time_utc": iso(row.time_utc),
        "plane": row.plane,
        "text": safe(row.text),
        **citation(row.citation),
    }


def _evidence(found: Investigation) -> list[dict[str, Any]]:
    """List every query that a claim stands on, once."""
    cited = [found.window.citation, *(claim.citation for claim in found.impact)]
    cited += [p.claim.citation for h in found.hypotheses for p in h.predictions if p.claim is not None]
    cited += [row.citation for row in found.timeline]
    return [citation(one) for one in dict.fromkeys(cited)]
