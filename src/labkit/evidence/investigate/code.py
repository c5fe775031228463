"""The hypothesis of a coding error in the program."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.judge import by_messages, predict, slowed_queries
from labkit.evidence.investigate.model import CODE, Hypothesis, Prediction


def code_hypothesis(facts: Facts) -> Hypothesis:
    """Judge the program's code by the classes of errors, the routes, and whether queries were reached."""
    return Hypothesis(CODE, None, "The program's own code is wrong.", tuple(_predictions(facts)))


def _predictions(facts: Facts) -> Iterator[Prediction]:
    yield by_messages(facts, CODE, None, "The errors are of the kind that code makes.")
    yield _few_routes(facts)
    yield _connected(facts)
    yield _as_fast(facts)
    yield predict("It begins as a step, not as a ramp.", facts.shape.step, 0.5, 1.0, facts.shape.step_claim)
    settings = facts.settings
    rows, claim = settings.shortly_before()
    known = settings.recorded and facts.window.onset_utc is not None
    new = bool([row for row in rows if row["service_version"] != row["previous_version"]])
    yield predict("A new release was deployed just before.", new if known else None, 0.5, 1.0, claim)


def _few_routes(facts: Facts) -> Prediction:
    """Predict that what is wrong is in one place: one route, or a few of those that ask the database."""
    text = "One route fails, or a few; others that ask the same database go on."
    asking = facts.has("queries")
    rows = [
        row
        for row in facts.routes.rows
        if row["requests_during"] >= 5
        and (not asking or (row["asks_database"] or 0) >= 0.5 or row["failed_during"] > 0)
    ]
    if len(rows) < 2 or facts.window.failed == 0:
        return predict(text, None, 0, 0, None)
    failing = [row for row in rows if row["failed_during"] >= 0.1 * row["requests_during"]]
    said = f"{len(failing)} of {len(rows)} routes fail" + (
        " of those that ask the database" if asking else ""
    )
    return predict(text, len(failing) <= max(1, len(rows) // 3), 2.0, 2.0, facts.routes.claim(said))


def _connected(facts: Facts) -> Prediction:
    """Predict that failing requests got a connection: code fails with it, not for want of it."""
    text = "Requests that fail had reached the database."
    failed = facts.routes.total("failed_during", lambda row: (row["asks_database"] or 0) >= 0.5)
    if not facts.has("queries") or failed < 1 or facts.window.failed == 0:
        return predict(text, None, 0, 0, None)
    reached = facts.routes.total("failed_with_queries", lambda row: (row["asks_database"] or 0) >= 0.5)
    said = (
        f"{reached:,.0f} of {failed:,.0f} failed requests of routes that ask the database have a query span"
    )
    return predict(text, reached >= 0.5 * failed, 1.5, 3.0, facts.routes.claim(said))


def _as_fast(facts: Facts) -> Prediction:
    """Predict that the database is as fast as before: what is slow by itself is no coding error."""
    slow, claim = slowed_queries(facts)
    return predict("Queries take as long as before.", None if slow is None else not slow, 0.0, 2.0, claim)
