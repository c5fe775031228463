"""The hypothesis that the network loses or delays what is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.judge import by_messages, predict, same_address
from labkit.evidence.investigate.model import NETWORK, Hypothesis, Prediction, Row

_LOSS = re.compile(r"loss|dropped|retrans", re.I)
_ROUND_TRIP = re.compile(r"ping.*(rtt|time|duration)|icmp.*rtt|rtt|round.?trip", re.I)


def network_hypothesis(facts: Facts) -> Hypothesis:
    """Judge the network by pings, timeouts, and by which machines are hit."""
    return Hypothesis(
        NETWORK,
        None,
        "The network between program and database loses or delays what is sent.",
        tuple(_predictions(facts)),
    )


def _predictions(facts: Facts) -> Iterator[Prediction]:
    yield by_messages(facts, NETWORK, None, "The messages speak of timeouts, lost ways or cut connections.")
    yield _measured(facts, _LOSS, "Pings are lost.", _lost)
    yield _measured(facts, _ROUND_TRIP, "Round trips take longer.", _slow)
    yield same_address(facts)
    yield _some_hosts(facts)


def _lost(row: Row) -> bool:
    return bool(row["mean_during"] > 0.02 + 2 * (row["mean_before"] or 0.0))


def _slow(row: Row) -> bool:
    return bool(row["mean_before"] and row["mean_during"] > 2.5 * row["mean_before"])


def _measured(facts: Facts, metric: re.Pattern[str], text: str, bad: Callable[[Row], bool]) -> Prediction:
    rows = facts.measures.where(
        lambda row: bool(metric.search(row["name"])) and row["mean_during"] is not None
    )
    if not rows:
        return predict(text, None, 0, 0, None)
    hit = tuple(row for row in rows if bad(row))
    if hit:
        row = hit[0]
        before = row["mean_before"] or 0
        said = f"{row['name']} from {row['host_name']}: {row['mean_during']:.3g} during, {before:.3g} before"
        return predict(text, True, 4.0, 0, facts.measures.claim(said, hit))
    most = max(row["mean_during"] for row in rows)
    usual = max((row["mean_before"] or 0.0) for row in rows)
    unit = f" {rows[0]['unit']}" if rows[0]["unit"] not in (None, "1") else ""
    said = f"{rows[0]['name']} is at most {most:.3g}{unit} during the incident, {usual:.3g} before"
    return predict(text, False, 0, 2.0, facts.measures.claim(said, rows))


def _some_hosts(facts: Facts) -> Prediction:
    """Predict that machines on other ways go on: a way is seldom lost for all at once."""
    text = "Machines on other ways go on."
    rows = facts.hosts.where(lambda row: (row["requests_during"] or 0) >= 20 and row["host_name"] is not None)
    if len(rows) < 2 or facts.window.failed == 0:
        return predict(text, None, 0, 0, None)
    ratios = sorted(row["ratio_during"] for row in rows)
    said = f"of {len(rows)} machines the error ratio lies between {ratios[0]:.0%} and {ratios[-1]:.0%}"
    return predict(text, ratios[0] < 0.3 * ratios[-1], 2.0, 1.0, facts.hosts.claim(said))
