"""One case of the fuzz from two numbers: the same seed and number give the same bytes anywhere."""

from __future__ import annotations

import random
from dataclasses import dataclass

from fuzz_coats import COATS, broken, joined, packed
from fuzz_mutations import OF_LINES
from fuzz_seeds import Seed, seeds

_MOST_BYTES = 400_000  # of a case before it is packed


@dataclass(frozen=True)
class Case:
    """A file to load: what it was made of, its bytes, and its text where packing left it whole."""

    name: str
    data: bytes
    text: bytes | None


def case(seed: int, number: int) -> Case:
    """Make one case."""
    rng = random.Random(f"{seed}/{number}")
    origin = rng.choice(seeds())
    lines = _damaged(rng, _window(rng, origin), 4)
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        coat = rng.choice(COATS)
        lines = [piece for line in lines for piece in coat(rng, line)]
        lines = _damaged(rng, lines, 1)
    text = joined(rng, lines)[:_MOST_BYTES]
    if rng.random() < 0.75:
        return Case(origin.name, text, text)
    data = packed(rng, text)
    return Case(origin.name, broken(rng, data), None) if rng.random() < 0.4 else Case(origin.name, data, text)


def _window(rng: random.Random, origin: Seed) -> list[bytes]:
    """Take some lines of the seed, now and then with lines of another one between them."""
    count = rng.choice([1, 3, 8, 20, 60])
    first = rng.randrange(len(origin.lines)) if rng.random() < 0.7 else 0
    lines = list(origin.lines[first : first + count])
    if rng.random() < 0.1:
        other = rng.choice(seeds()).lines
        at = rng.randrange(len(lines) + 1)
        lines[at:at] = other[: rng.choice([1, 5])]
    return lines


def _damaged(rng: random.Random, lines: list[bytes], most: int) -> list[bytes]:
    for _ in range(rng.randint(0, most) if rng.random() < 0.9 else 20):
        lines = rng.choice(OF_LINES)(rng, lines) if lines else [b"x"]
    return lines
