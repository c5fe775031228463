"""The hypothesis that the connection is misconfigured, part by part."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.judge import by_messages, predict, slowed_queries
from labkit.evidence.investigate.model import MISCONFIGURED, Claim, Hypothesis, PartChanged, Prediction

#: Parts that are judged whatever is said, in the order in which a person would try them.
USUAL_PARTS = ("host", "port", "dbname", "user", "password")
_NO_PART_OF_A_DSN = ("pool",)
_ON_THE_SERVER = ("user", "dbname")
_WORDS = {
    "host": "the host",
    "dbname": "the name of the database",
    "user": "the role (user)",
    "pool": "the size of the pool",
    "options": "the session's options",
    "text": "the text of the connection string",
    "scheme": "the scheme of the connection string",
}


def connection_hypotheses(facts: Facts) -> tuple[Hypothesis, ...]:
    """Make one hypothesis for each part that anything points at, and for the usual ones."""
    return tuple(
        Hypothesis(
            MISCONFIGURED,
            part,
            f"The connection to the database is misconfigured: {word(part)} is wrong.",
            tuple(_predictions(facts, part)),
        )
        for part in _parts(facts)
    )


def word(part: str) -> str:
    """Name a part in a sentence."""
    return _WORDS.get(part, f"the {part}")


def _parts(facts: Facts) -> list[str]:
    if facts.window.state == "silent":
        return [item.part for item in facts.endpoints.compared if item.differs]
    said = [m.part for c in facts.complaints.all for m in c.reading.meanings if m.part]
    changed = [change.part for change in facts.settings.parts]
    differing = [item.part for item in facts.endpoints.compared if item.differs]
    return list(dict.fromkeys([*changed, *differing, *said, *USUAL_PARTS]))


def _predictions(facts: Facts, part: str) -> Iterator[Prediction]:
    yield by_messages(facts, MISCONFIGURED, part, f"The messages of errors speak of {word(part)}.")
    yield _changed(facts, part)
    if part == "password" or facts.endpoints.of(part) is not None:
        yield _differs(facts, part)
    if facts.complaints.clearing(part):
        yield _accepted(facts, part)
    if part == "options":
        yield _stopped_too_soon(facts)
    yield _put_back(facts, part)
    yield from _common(facts)


def _common(facts: Facts) -> Iterator[Prediction]:
    """Predict what any misconfigured connection would show, whichever part is wrong."""
    yield predict("It begins as a step, not as a ramp.", facts.shape.step, 1.0, 1.0, facts.shape.step_claim)
    yield _after_deployment(facts)
    yield _all_hosts(facts)
    yield _routes(facts)
    if facts.window.state == "silent":
        yield _silent_harm(facts)


def _changed(facts: Facts, part: str) -> Prediction:
    settings = facts.settings
    text = f"A deployment near the onset changed {word(part)}."
    if not settings.recorded:
        return predict(text, None, 0, 0, None)
    change = settings.part(part)
    if change is not None:
        plus = 4.0 if settings.at_onset else 2.0
        return predict(text, True, plus, 0, settings.answer.claim(_said(change), _rows(facts)))
    if part == "password" and settings.dsn_known and settings.secret_may_differ:
        if settings.parts:
            return predict(text, None, 0, 0, None)
        said = "the connection string was written anew, and all that may differ in it is masked"
        return predict(text, True, 3.0, 0, settings.answer.claim(said, _rows(facts)))
    if settings.dsn_known and part not in _NO_PART_OF_A_DSN:
        said = "the recorded connection strings do not differ in it"
        return predict(text, False, 0, 4.0, settings.answer.claim(said, _rows(facts)))
    return predict(text, False, 0, 1.5, settings.answer.claim("no deployment near the onset says so"))


def _said(change: PartChanged) -> str:
    if change.before is None:
        return f"{change.part}: {change.after}"
    return f"{change.part}: {change.before} before, {change.after or 'not set'} after"


def _rows(facts: Facts) -> tuple[dict[str, object], ...]:
    from labkit.evidence.investigate.settings import touches

    return tuple(dict(row) for row in facts.settings.near if row["setting"] and touches(row))


def _differs(facts: Facts, part: str) -> Prediction:
    if part == "password":
        return _same_role(facts)
    item = facts.endpoints.of(part)
    text = f"{word(part).capitalize()} that is dialled is not the one that worked."
    # Roles, rules and databases may change on the server while the program's own settings stay as they are.
    there = part in _ON_THE_SERVER and not facts.settings.parts
    minus = 1.0 if there else 4.0
    return predict(text, item.differs if item else None, 4.0, minus, item.claim if item else None)


def _accepted(facts: Facts, part: str) -> Prediction:
    """Predict what a server that checks one part after the other has ruled out by what it says."""
    complaints = facts.complaints.clearing(part)
    said = f'the server had accepted it before it said: "{complaints[0].text}"'
    claim = facts.complaints.answer.claim(said, tuple(c.row for c in complaints))
    return predict(f"{word(part).capitalize()} is not accepted.", False, 0, 4.0, claim)


def _stopped_too_soon(facts: Facts) -> Prediction:
    """Predict that queries are stopped by a limit of the session although they are as fast as before."""
    stopped = any(
        c.reading.signature.name == "statement-timeout" and c.strength for c in facts.complaints.all
    )
    slow, claim = slowed_queries(facts)
    held = None if slow is None or not stopped else not slow
    return predict("Queries are stopped although they are as fast as before.", held, 1.5, 2.0, claim)


def _same_role(facts: Facts) -> Prediction:
    item = facts.endpoints.of("user")
    known = item is not None and item.differs is not None and not facts.complaints.clearing("user")
    same = not item.differs if known and item else None
    return predict(
        "The role that is turned away is the one that worked.", same, 1.5, 2.0, item.claim if item else None
    )


def _put_back(facts: Facts, part: str) -> Prediction:
    text = "Setting it back ended the failures."
    settings = facts.settings
    if settings.part(part) is None or settings.put_back_answer is None:
        return predict(text, None, 0, 0, None)
    back = part in settings.put_back
    said = (
        "the change was taken back near the recovery"
        if back
        else "near the recovery nobody took the change back"
    )
    return predict(text, back, 2.0, 1.0, settings.put_back_answer.claim(said))


def _after_deployment(facts: Facts) -> Prediction:
    settings = facts.settings
    text = "It follows a deployment."
    if not settings.recorded or facts.window.onset_utc is None:
        return predict(text, None, 0, 0, None)
    rows = tuple(row for row in settings.near if row["minutes_earlier"] <= 15)
    if not rows:
        return predict(
            text,
            False,
            0,
            1.0,
            settings.answer.claim("nothing was deployed in the quarter of an hour before"),
        )
    nearest = min(rows, key=lambda row: abs(row["minutes_earlier"]))
    said = f"{nearest['deployment_name']}, {nearest['minutes_earlier']:.1f} minutes before the first sign"
    return predict(text, True, 1.0, 0, settings.answer.claim(said, rows))


def _all_hosts(facts: Facts) -> Prediction:
    text = "Every machine that got the update fails."
    rows = facts.hosts.where(lambda row: (row["requests_during"] or 0) >= 20 and row["host_name"] is not None)
    if len(rows) < 2 or facts.window.failed == 0:
        return predict(text, None, 0, 0, None)
    ratios = [row["ratio_during"] for row in rows]
    alike = min(ratios) >= 0.3 * max(ratios)
    said = f"of {len(rows)} machines the error ratio lies between {min(ratios):.0%} and {max(ratios):.0%}"
    return predict(text, alike, 0.5, 2.0, facts.hosts.claim(said))


def _routes(facts: Facts) -> Prediction:
    """Predict which requests fail: those that need the connection, and before their first query."""
    text = "Requests that need the database fail, and those that do not go on."
    rows = facts.routes.where(lambda row: row["asks_database"] is not None and row["requests_during"] >= 5)
    with_db = [row for row in rows if row["asks_database"] >= 0.5]
    without = [row for row in rows if row["asks_database"] < 0.05]
    if not facts.has("queries") or not with_db or facts.window.failed == 0:
        return predict(text, None, 0, 0, None)
    failing = [row for row in with_db if row["failed_during"] >= 0.3 * row["requests_during"]]
    others = [row for row in without if row["failed_during"] >= 0.3 * row["requests_during"]]
    said = (
        f"{len(failing)} of {len(with_db)} routes that ask the database fail, "
        f"{len(others)} of {len(without)} that do not"
    )
    return predict(text, len(failing) == len(with_db) and not others, 1.0, 0.5, facts.routes.claim(said))


def _silent_harm(facts: Facts) -> Prediction:
    text = "Somebody notices that the answers are wrong."
    if not facts.has("messages"):
        return predict(text, None, 0, 0, None)
    rows = facts.reports.where(lambda row: facts.window.end is None or row["time_utc"] <= facts.window.end)
    claim: Claim = facts.reports.claim(f"{len(rows)} reports of users while the queries went elsewhere", rows)
    return predict(text, bool(rows), 3.0, 2.0, claim)
