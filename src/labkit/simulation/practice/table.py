"""Deal an exercise: one card, a day of its own, red herrings, and what is missing."""

from __future__ import annotations

from dataclasses import replace

from labkit.core.errors import LabError
from labkit.simulation.model import Scenario
from labkit.simulation.practice.cards import Card, cards
from labkit.simulation.practice.difficulty import rate
from labkit.simulation.practice.draws import Draws
from labkit.simulation.practice.exercise import Exercise, Times
from labkit.simulation.practice.herrings import add_herrings, set_clocks
from labkit.simulation.practice.moving import moved
from labkit.simulation.practice.people import phrases, talk
from labkit.simulation.practice.rollout import (
    Setting,
    draw_rollout,
    fault_and_repair,
    numbered,
    with_rollout,
)
from labkit.simulation.practice.surroundings import draw_withheld, with_surroundings
from labkit.simulation.practice.times import draw_times, fault_of
from labkit.simulation.scenario import validate


def deal(seed: int, attempt: int = 0) -> Exercise:
    """Draw the exercise of a seed.

    Seeds that follow each other go through the whole deck before a card comes again, in an order that is new
    each time. A draw that turns out to be unsolvable is left aside: the next `attempt` has another card.

    Parameters
    ----------
    seed : int
        0 or more; same seed and attempt, same exercise.
    attempt : int
        Number of draws to leave aside.

    Raises
    ------
    LabError
        A seed that is no whole number of 0 or more.

    Examples
    --------
    >>> deal(7) == deal(7), deal(7).signature == deal(8).signature
    (True, False)
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise LabError("a seed is a whole number of 0 or more", found=seed, next_step="Try 7.")
    card = _card(seed, attempt)
    scenario = card.scenario_for(Draws(seed, attempt, "variant"))
    times, clock = draw_times(card, scenario, Draws(seed, attempt, "times"))
    scenario = with_surroundings(moved(scenario, clock), card, times, Draws(seed, attempt, "day"))
    draws = Draws(seed, attempt, "rollout")
    rollout = draw_rollout(scenario, card, phrases(), draws)
    scenario = with_rollout(scenario, card, times, rollout)
    setting = Setting(card, times, rollout, phrases())
    scenario, herrings = add_herrings(scenario, setting, Draws(seed, attempt, "herrings"))
    scenario, clocks = set_clocks(scenario, Draws(seed, attempt, "clocks"))
    scenario = replace(
        scenario,
        deployments=numbered(
            (*scenario.deployments, *fault_and_repair(scenario, setting, draws)), rollout.number
        ),
        messages=_in_order(scenario, card, times, Draws(seed, attempt, "talk")),
        fault=replace(
            fault_of(scenario), onset=times.onset, detected=times.detected, recovered=times.recovered
        ),
    )
    validate(scenario)
    withheld = draw_withheld(Draws(seed, attempt, "withheld"))
    herrings = (*(clocks if "app.log.jsonl" not in withheld else ()), *herrings)
    return Exercise(
        seed, attempt, card, scenario, times, herrings, withheld, rate(card, times, herrings, withheld)
    )


def _card(seed: int, attempt: int) -> Card:
    """Take the seed's card from a deck that is shuffled anew for each round, and for each attempt."""
    deck = cards()
    round_, place = divmod(seed, len(deck))
    return Draws(round_, attempt, "deck").shuffled(deck)[place]


def _in_order(scenario: Scenario, card: Card, times: Times, draws: Draws) -> tuple:  # type: ignore[type-arg]
    said = (*scenario.messages, *talk(card.symptom, times, draws))
    return tuple(sorted(said, key=lambda message: message.at))
