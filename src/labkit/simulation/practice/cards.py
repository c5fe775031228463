"""The deck: one card a fault of the catalogue, with what an exercise has to know to be made from it."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from labkit.simulation.faults import ROWS, Row
from labkit.simulation.model import Scenario
from labkit.simulation.practice.draws import Draws
from labkit.simulation.reading import read_value
from labkit.simulation.scenario import build_scenario, overlay, packaged_text, read_table

#: Faults of the scenarios that are not called after them.
_NAMED_OTHERWISE = {"debacle": "wrong-port", "outlived-rule": "hba-rejection"}


@dataclass(frozen=True, slots=True)
class Card:
    """One fault and how an exercise shows it.

    Attributes
    ----------
    scenario : str
        Scenario of the catalogue that has the fault.
    carrier : str
        ``update`` where a deployment brings it, ``live`` where it comes without one.
    symptom : str
        What users write about (a list in phrases.toml).
    remedy : str
        What kind of repair ends it (classroom/practice/mitigations.toml).
    minutes : tuple of int
        Shortest and longest outage.
    variants : tuple
        Texts of the scenario to replace, one table a variant; the scenario as it stands is one more.
    overlay : Mapping
        Keys of the scenario that an exercise has otherwise.
    sets_in, fades : datetime, optional
        Times of the scenario: until when a gradual fault sets in, and since when it fades.
    rigid : bool
        The time in which it sets in must not be stretched: connections have their own age.
    partial : bool
        It hits some of the requests only.
    silent : bool
        It makes no request fail.
    copies : int
        How many of it are in the deck.
    """

    scenario: str
    carrier: str
    symptom: str
    remedy: str
    minutes: tuple[int, int]
    variants: tuple[Mapping[str, str], ...] = ()
    overlay: Mapping[str, Any] | None = None
    sets_in: dt.datetime | None = None
    fades: dt.datetime | None = None
    rigid: bool = False
    partial: bool = False
    silent: bool = False
    copies: int = 1

    def scenario_for(self, draws: Draws) -> Scenario:
        """Read the card's scenario in one of its variants."""
        text = packaged_text(self.scenario)
        for old, new in draws.pick(({}, *self.variants)).items():
            text = text.replace(old, new)
        table = overlay(read_table(text, self.scenario), self.overlay or {})
        return build_scenario(table, where=self.scenario)

    @property
    def row(self) -> Row:
        """The fault's row of the catalogue."""
        return ROWS[_NAMED_OTHERWISE.get(self.scenario, self.scenario)]


@lru_cache(maxsize=1)
def cards() -> tuple[Card, ...]:
    """Read the deck, in the order in which it stands; a card with copies stands there so many times."""
    text = (resources.files("labkit.simulation.practice") / "deck.toml").read_text(encoding="utf-8")
    found: list[Card] = []
    for table in tomllib.loads(text)["cards"]:
        plain = {key: value for key, value in table.items() if key != "overlay"}
        card: Card = read_value(Card, plain | {"overlay": None}, table["scenario"])
        changes = table.get("overlay")
        found += [Card(**{**_fields(card), "overlay": changes})] * card.copies
    return tuple(found)


def _fields(card: Card) -> dict[str, Any]:
    return {name: getattr(card, name) for name in Card.__slots__}
