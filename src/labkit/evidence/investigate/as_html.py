"""Write an investigation as HTML for people: the answer first, then why, every claim with its query."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from labkit.evidence.investigate.as_text import said_time
from labkit.evidence.investigate.model import Citation, Claim, Hypothesis, Prediction
from labkit.evidence.investigate.safe import plain_row, safe

if TYPE_CHECKING:
    from labkit.evidence.investigate.investigation import Investigation

_WORDS = {"held": "for", "failed": "against", "unknown": "not known"}
_CELLS = 8


def fragment(found: Investigation) -> str:
    """Write what a notebook shows: the answer, the times and the ranking, without charts."""
    return "".join(
        [
            f"<div><p><strong>{_text(found.root_cause.sentence)}</strong></p>",
            times_table(found),
            changes_table(found),
            ranking_table(found),
            "</div>",
        ]
    )


def _text(value: object) -> str:
    return html.escape(safe(str(value)))


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table whose first column names the row; cells are HTML already."""
    titles = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{html.escape(caption)}"><table>'
        f"<caption>{html.escape(caption)}</caption><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def times_table(found: Investigation) -> str:
    """Write onset, detection and recovery."""
    who = found.detection.text if found.detection else "no report and no page in the evidence"
    rows = [
        ("onset", said_time(found.onset_utc), call(found.window.citation)),
        ("detection", said_time(found.detection_utc), _text(who)),
        ("recovery", said_time(found.recovery_utc), call(found.window.citation)),
    ]
    return table("Onset, detection and recovery", ("moment", "time", "shown by"), rows)


def changes_table(found: Investigation) -> str:
    """Write what changed in the connection, part by part; nothing where nothing is recorded."""
    cause = found.root_cause
    rows = [(_text(c.part), _text(c.before or "not set"), _text(c.after or "not set")) for c in cause.changes]
    if not rows and cause.part and (cause.before or cause.after):
        rows = [(_text(cause.part), _text(cause.before or "not known"), _text(cause.after or "not known"))]
    if not rows:
        return ""
    return table("What changed in the connection", ("part", "before", "after"), rows)


def ranking_table(found: Investigation) -> str:
    """Write the candidates, best first."""
    rows = [
        (f"{place}. {_text(h.title)}", f"{h.score:+.1f}", h.verdict, _because(h))
        for place, h in enumerate(found.hypotheses, start=1)
    ]
    return table("Candidates, best first", ("cause", "score", "verdict", "what weighs most"), rows)


def _because(hypothesis: Hypothesis) -> str:
    weighing = [p for p in hypothesis.predictions if p.claim is not None]
    if not weighing:
        return "nothing recorded"
    first = max(weighing, key=lambda p: abs(p.points))
    return f"{_WORDS[first.outcome]}: {_text(first.claim.text if first.claim else '')}"


def call(citation: Citation) -> str:
    """Write the call that shows the rows."""
    return f"<code>{_text(citation.call)}</code>"


def claims_list(claims: Iterable[Claim]) -> str:
    """Write claims, each with its query."""
    items = "".join(f"<li>{_text(claim.text)}<br>{call(claim.citation)}</li>" for claim in claims)
    return f"<ul>{items}</ul>"


def hypothesis_section(place: int, hypothesis: Hypothesis) -> str:
    """Write one candidate: its predictions, what became of each, and the rows."""
    number = f"candidate-{place}"
    rows = [
        (_text(p.text), _WORDS[p.outcome], f"{p.points:+.1f}" if p.claim else "0", _shown(p))
        for p in hypothesis.predictions
    ]
    body = table(
        f"Predictions of candidate {place}", ("prediction", "speaks", "points", "what is seen"), rows
    )
    return (
        f'<section aria-labelledby="{number}"><h3 id="{number}">{place}. {_text(hypothesis.title)}: '
        f"{hypothesis.verdict}, score {hypothesis.score:+.1f}</h3><p>{_text(hypothesis.statement)}</p>{body}"
        f"{''.join(_rows(place, n, p) for n, p in enumerate(hypothesis.predictions, start=1))}</section>"
    )


def _shown(prediction: Prediction) -> str:
    if prediction.claim is None:
        return "not in the evidence"
    return f"{_text(prediction.claim.text)}<br>{call(prediction.claim.citation)}"


def _rows(place: int, number: int, prediction: Prediction) -> str:
    """Write the cited rows under a fold, so that the page stays short."""
    claim = prediction.claim
    if claim is None or not claim.rows or not prediction.points:
        return ""
    rows = [plain_row(row) for row in claim.rows]
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)][:_CELLS]
    cells = [[_text("" if row[name] is None else row[name]) for name in names] for row in rows]
    caption = f"Rows of {claim.citation.query} for prediction {number} of candidate {place}"
    return f"<details><summary>{html.escape(caption)}</summary>{table(caption, names, cells)}</details>"
