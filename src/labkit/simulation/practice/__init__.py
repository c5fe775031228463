"""Deal unseen outages: a fault of the catalogue on a day of its own, drawn from a seed."""

from labkit.simulation.practice.cards import Card, cards
from labkit.simulation.practice.exercise import Exercise, Herring
from labkit.simulation.practice.table import deal

__all__ = ["Card", "Exercise", "Herring", "cards", "deal"]
