"""The hypothesis that the database server is at fault: stopped, restarted, full, or slow by itself."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.judge import by_messages, predict
from labkit.evidence.investigate.model import SERVER, Hypothesis, Prediction


def server_hypothesis(facts: Facts) -> Hypothesis:
    """Judge the database server by its own log and by the time that queries take."""
    return Hypothesis(
        SERVER,
        None,
        "The database server is at fault: stopped, restarted, full, or slow by itself.",
        tuple(_predictions(facts)),
    )


def _predictions(facts: Facts) -> Iterator[Prediction]:
    yield by_messages(
        facts, SERVER, None, "The messages speak of a server that stops, starts or ends sessions."
    )
    yield _own_log(facts)
    yield _queries_slower(facts)
    yield _no_deployment(facts)


def _own_log(facts: Facts) -> Prediction:
    text = "The server's own log tells of a stop, a start, a crash or a shortage."
    if not facts.has("postgres_log") or not facts.window.found:
        return predict(text, None, 0, 0, None)
    lines = [
        c
        for c in facts.complaints.all
        if c.row["source"] == "postgres_log"
        and any(m.kind == SERVER and m.weight >= 0.6 for m in c.reading.meanings)
    ]
    if lines:
        rows = tuple(c.row for c in lines)
        return predict(text, True, 3.0, 0, facts.complaints.answer.claim(f'it says: "{lines[0].text}"', rows))
    own = facts.sessions.where(lambda row: row["user_name"] is None and row["dbname"] is None)
    count = sum(row["lines_during"] for row in own)
    said = f"it has {count:,.0f} lines of its own during the incident, and none of them says so"
    return predict(text, False, 0, 2.5, facts.sessions.claim(said, own))


def _queries_slower(facts: Facts) -> Prediction:
    """Predict that queries take longer while no more of them come."""
    text = "Queries take longer, although no more of them come."
    rows = facts.times.where(lambda row: row["during"] >= 10 and row["p50_before_ms"] is not None)
    if not rows:
        return predict(text, None, 0, 0, None)
    slow = tuple(row for row in rows if row["p50_during_ms"] >= 3 * row["p50_before_ms"])
    more = (facts.shape.load_ratio or 1.0) >= 1.3
    worst = max(rows, key=lambda row: row["p50_during_ms"] / max(row["p50_before_ms"], 1e-3))
    said = (
        f"the median of the query most slowed is {worst['p50_during_ms']:.3g} ms, "
        f"{worst['p50_before_ms']:.3g} ms before"
    )
    return predict(text, bool(slow) and not more, 3.0, 1.0, facts.times.claim(said, slow or rows))


def _no_deployment(facts: Facts) -> Prediction:
    settings = facts.settings
    text = "It begins without a deployment."
    if not settings.recorded or facts.window.onset_utc is None:
        return predict(text, None, 0, 0, None)
    rows = tuple(row for row in settings.near if row["minutes_earlier"] <= 15)
    said = f"{len(rows)} records of deployments in the quarter of an hour before"
    return predict(text, not rows, 0.5, 1.0, settings.answer.claim(said, rows))
