"""Draw the day of an exercise: when it begins, fails, is noticed, and is repaired."""

from __future__ import annotations

import datetime as dt

from labkit.simulation.model import Fault, Scenario
from labkit.simulation.practice.cards import Card
from labkit.simulation.practice.draws import Draws
from labkit.simulation.practice.exercise import Times
from labkit.simulation.practice.moving import Clock

_FIRST_DAY = dt.datetime(2024, 1, 8, tzinfo=dt.UTC)
_DAYS = 700
_FIRST_HOUR, _LAST_HOUR = 5, 19


def fault_of(scenario: Scenario) -> Fault:
    """Return the fault of a card's scenario; every card has one."""
    assert scenario.fault is not None
    return scenario.fault


def draw_times(card: Card, scenario: Scenario, draws: Draws) -> tuple[Times, Clock]:
    """Draw the times, and the clock that moves the scenario to them."""
    fault = fault_of(scenario)
    start = _FIRST_DAY + dt.timedelta(days=draws.whole(0, _DAYS), hours=draws.whole(_FIRST_HOUR, _LAST_HOUR))
    start += dt.timedelta(minutes=5 * draws.whole(0, 11))
    onset = start + draws.span(26, 44)
    recovered = onset + draws.span(*card.minutes)
    end = recovered + draws.span(15, 24)
    end -= dt.timedelta(seconds=end.second)
    pairs = [(scenario.start, start), (fault.onset, onset)]
    if card.rigid and card.sets_in:
        pairs.append((card.sets_in, onset + (card.sets_in - fault.onset)))
    clock = Clock((*pairs, (fault.recovered, recovered), (scenario.end, end)))
    set_in = clock.moved(card.sets_in or fault.onset)
    fades = clock.moved(card.fades or fault.recovered)
    detected = set_in + _delay(draws, recovered - set_in)
    return Times(start, onset, set_in, detected, fades, recovered, end), clock


def _delay(draws: Draws, left: dt.timedelta) -> dt.timedelta:
    """Draw how long nobody notices: some minutes, and at most a third of what is left."""
    return dt.timedelta(seconds=int(min(draws.span(3, 14), left / 3).total_seconds()))
