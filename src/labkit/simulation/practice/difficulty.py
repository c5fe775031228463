"""How hard an exercise is, counted from what makes it hard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from labkit.simulation.faults import ROWS, Row
from labkit.simulation.practice.cards import Card
from labkit.simulation.practice.exercise import Difficulty, Herring, Times

_NEAR = dt.timedelta(minutes=10)
_CHANGES = ("harmless-update", "edge-update", "visitors")
_MISSING = {"deployments.jsonl": 2, "app.log.jsonl": 2, "metrics.otlp.jsonl": 1, "postgresql.json": 1}
_CROWD = 4


def rate(card: Card, times: Times, herrings: Sequence[Herring], withheld: Sequence[str]) -> Difficulty:
    """Count the points of an exercise; each reason says what it stands for."""
    near = sum(one.name in _CHANGES and times.onset - one.at <= _NEAR for one in herrings)
    missing = sum(_MISSING.get(name, 0) for name in withheld)
    alike = len(neighbours(card.row))
    reasons = (
        ("no request fails", 3 * card.silent),
        ("it sets in slowly", 2 * times.gradual),
        ("only some of the requests are hit", int(card.partial)),
        ("no deployment stands at the onset", int(card.carrier == "live")),
        ("other changes stand within ten minutes before the onset", near),
        ("parts of the evidence are missing", missing),
        (f"{alike} other faults look the same to requests and to the server", int(alike >= _CROWD)),
        ("some fault cannot be told from it at all", int(bool(card.row.alike))),
    )
    return Difficulty(tuple((text, points) for text, points in reasons if points))


def neighbours(row: Row) -> tuple[str, ...]:
    """List the faults whose requests and server log look the same; only the driver's words differ."""
    return tuple(
        other.name
        for other in ROWS.values()
        if other.name != row.name and (other.spans, other.log) == (row.spans, row.log)
    )
