"""Rank the hypotheses and name the root cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from labkit.evidence.investigate.code import code_hypothesis
from labkit.evidence.investigate.connection import USUAL_PARTS, connection_hypotheses, word
from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.model import KINDS, MISCONFIGURED, NONE, Hypothesis, RootCause, Verdict
from labkit.evidence.investigate.network import network_hypothesis
from labkit.evidence.investigate.nothing import nothing_hypothesis
from labkit.evidence.investigate.overload import overload_hypothesis
from labkit.evidence.investigate.server import server_hypothesis

#: A hypothesis is refuted by this many points lost on predictions that failed, when nothing outweighs them.
_REFUTED = 2.0


def rank(facts: Facts) -> tuple[Hypothesis, ...]:
    """Judge every hypothesis and put the best first; equal ones in the order of their kinds and parts."""
    nothing = nothing_hypothesis(facts)
    found = [nothing]
    if facts.window.found:
        found += [
            *connection_hypotheses(facts),
            overload_hypothesis(facts),
            network_hypothesis(facts),
            server_hypothesis(facts),
            code_hypothesis(facts),
        ]
    ordered = sorted(found, key=lambda h: (-h.score, KINDS.index(h.kind), _place(h.part), h.part or ""))
    return tuple(replace(h, verdict=_verdict(h, place)) for place, h in enumerate(ordered))


def _place(part: str | None) -> int:
    """Put where and as whom one connects before how: tuning alone seldom keeps anyone out."""
    return USUAL_PARTS.index(part) if part in USUAL_PARTS else len(USUAL_PARTS)


def _verdict(hypothesis: Hypothesis, place: int) -> Verdict:
    if place == 0:
        return "supported"
    lost = -sum(p.points for p in hypothesis.predictions if p.outcome == "failed")
    return "refuted" if hypothesis.score <= 0 and lost >= _REFUTED else "open"


def root_cause(facts: Facts, ranked: Sequence[Hypothesis]) -> RootCause:
    """Name the first candidate, with the values of its part before and after."""
    first = ranked[0]
    if first.kind != MISCONFIGURED:
        return RootCause(first.kind, first.part, None, None, None, None, (), _plain_sentence(facts, first))
    change = facts.settings.part(first.part or "")
    before, after = (change.before, change.after) if change else _observed(facts, first.part or "")
    return RootCause(
        kind=first.kind,
        part=first.part,
        before=before,
        after=after,
        dsn_before=facts.settings.dsn_before,
        dsn_after=facts.settings.dsn_after,
        changes=facts.settings.parts,
        sentence=_connection_sentence(first.part or "", before, after),
    )


def _observed(facts: Facts, part: str) -> tuple[str | None, str | None]:
    item = facts.endpoints.of(part)
    if item is None or not item.differs:
        return None, None
    return next(iter(item.worked), None), next(iter(item.dialled), None)


def _connection_sentence(part: str, before: str | None, after: str | None) -> str:
    head = f"The connection to the database is misconfigured: {word(part)}"
    if before is not None and after is not None:
        return f"{head} is {after}, and was {before} while it worked."
    return f"{head} is wrong." if after is None else f"{head} is wrong ({after})."


def _plain_sentence(facts: Facts, first: Hypothesis) -> str:
    if first.kind == NONE and not facts.window.found:
        return "Nothing is wrong: no sustained rise of failures, and the queries go where they always went."
    return first.statement
