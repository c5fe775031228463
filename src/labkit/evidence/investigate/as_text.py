"""Write an investigation as plain text: the answer first, then why."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from labkit.evidence.investigate.model import Hypothesis, Other
from labkit.evidence.investigate.safe import safe

if TYPE_CHECKING:
    from labkit.evidence.investigate.investigation import Investigation

_SHOWN = 8
_MARK = {"held": "+", "failed": "-", "unknown": "?"}


def as_text(found: Investigation) -> str:
    """Write the whole investigation as lines of text."""
    return safe("\n".join(_lines(found)))


def _lines(found: Investigation) -> Iterator[str]:
    yield f"Root cause: {found.root_cause.sentence}"
    for name, time in (
        ("onset", found.onset_utc),
        ("detection", found.detection_utc),
        ("recovery", found.recovery_utc),
    ):
        yield f"  {name:<10} {said_time(time)}"
    yield from _section("Also, at another time", (said_other(other) for other in found.also))
    yield from _section("Impact", (claim.text for claim in found.impact))
    yield from _section("What changed in the connection", _changes(found))
    yield ""
    yield "Hypotheses"
    for place, hypothesis in enumerate(found.hypotheses[:_SHOWN], start=1):
        yield from _hypothesis(place, hypothesis)
    yield from _section("What would decide", found.decides)
    yield from _section("What is missing", (f"{item.plane}: {item.limits}" for item in found.missing))


def said_time(time: dt.datetime | None) -> str:
    """Write a time for people: seconds, UTC; 'not known' where there is none."""
    return "not known" if time is None else f"{time:%Y-%m-%d %H:%M:%S} UTC"


def said_other(other: Other) -> str:
    """Say in one line what else happened, and when."""
    from_utc, until_utc = said_time(other.window.onset_utc), said_time(other.window.recovery_utc)
    return f"{from_utc} to {until_utc}: {other.root_cause.sentence}"


def _changes(found: Investigation) -> Iterator[str]:
    for change in found.root_cause.changes:
        yield f"{change.part}: {change.before or 'not set'} -> {change.after or 'not set'}"


def _section(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = list(items)
    if lines:
        yield ""
        yield title
        yield from (textwrap.fill(line, 110, initial_indent="  ", subsequent_indent="    ") for line in lines)


def _hypothesis(place: int, hypothesis: Hypothesis) -> Iterator[str]:
    yield f"  {place}. {hypothesis.title}: {hypothesis.verdict}, score {hypothesis.score:+.1f}"
    for prediction in hypothesis.predictions:
        because = (
            f" {prediction.claim.text} [{prediction.claim.citation.query}]"
            if prediction.claim
            else " not recorded"
        )
        line = f"{_MARK[prediction.outcome]} {prediction.text} {because.strip()}"
        yield textwrap.fill(line, 110, initial_indent="     ", subsequent_indent="       ")
