"""The hypothesis that the database server is at fault: stopped, restarted, full, or slow by itself."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.judge import by_messages, predict, same_address, slowed_queries
from labkit.evidence.investigate.model import SERVER, Hypothesis, Prediction, Row

#: Lines of its own that would be usual in the time, before their absence says anything.
_EXPECTED = 3.0
_STATEMENTS = {
    None: "The database server is at fault: stopped, restarted, full, or slow by itself.",
    "max_connections": "The database server is full: all connections that max_connections allows are taken.",
}


def server_hypothesis(facts: Facts) -> Hypothesis:
    """Judge the database server by its own log and by the time that queries take."""
    part = _part(facts)
    return Hypothesis(SERVER, part, _STATEMENTS[part], tuple(_predictions(facts, part)))


def _part(facts: Facts) -> str | None:
    """Give what of the server the messages speak of most: a limit by its name, or the server as a whole."""
    return max(_STATEMENTS, key=lambda part: facts.complaints.weight(SERVER, part))


def _predictions(facts: Facts, part: str | None) -> Iterator[Prediction]:
    yield by_messages(facts, SERVER, part, "The messages speak of a server that stops, starts or is full.")
    yield _own_log(facts)
    yield _alive(facts)
    yield _queries_slower(facts)
    yield same_address(facts)
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
    own = _own_lines(facts)
    count = sum(row["lines_during"] for row in own)
    if count == 0:
        return predict(text, None, 0, 0, None)
    said = f"it has {count:,.0f} lines of its own during the incident, and none of them says so"
    return predict(text, False, 0, 1.5, facts.sessions.claim(said, own))


def _queries_slower(facts: Facts) -> Prediction:
    """Predict that queries take longer while no more of them come."""
    slow, claim = slowed_queries(facts)
    more = (facts.shape.load_ratio or 1.0) >= 1.3
    held = None if slow is None else slow and not more
    return predict("Queries take longer, although no more of them come.", held, 3.0, 1.0, claim)


def _own_lines(facts: Facts) -> tuple[Row, ...]:
    return facts.sessions.where(lambda row: bool(row["own"]))


def _alive(facts: Facts) -> Prediction:
    """Predict that a server that is down writes nothing, not even about itself; an idle one writes little."""
    text = "The server writes nothing about its own work."
    own = _own_lines(facts)
    during, outside = sum(row["lines_during"] for row in own), sum(row["lines_outside"] for row in own)
    expected = outside * facts.window.minutes / max(facts.window.minutes_outside, 1 / 60)
    if not facts.window.found or expected < _EXPECTED:
        return predict(text, None, 0, 0, None)
    said = f"{during:,} lines of its own during the incident, about {expected:,.0f} would be usual"
    return predict(text, during <= 0.1 * expected, 1.0, 1.0, facts.sessions.claim(said, own))


def _no_deployment(facts: Facts) -> Prediction:
    settings = facts.settings
    text = "It begins without a deployment."
    if not settings.recorded or facts.window.onset_utc is None:
        return predict(text, None, 0, 0, None)
    rows, claim = settings.shortly_before()
    return predict(text, not rows, 0.5, 1.0, claim)
