"""Counter-based random streams: any block of the clock can be drawn alone, on any machine.

A stream is Philox (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11) under a key made of
the seed, the stream's name and the block's number. Only raw bits and uniform doubles are taken from it;
distributions are tables of whole microseconds made once, so no library's ``exp`` or ``log`` is in the way.
"""

from __future__ import annotations

import functools
import hashlib
import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Words = NDArray[np.uint64]

_CELLS = 4096
_TAIL = 2e-5


class Stream:
    """Uniform numbers and raw words for one (seed, name, block).

    Examples
    --------
    >>> float(Stream(1, "arrivals", 0).uniform(1)[0]) == float(Stream(1, "arrivals", 0).uniform(1)[0])
    True
    """

    def __init__(self, seed: int, name: str, block: int) -> None:
        digest = hashlib.blake2b(f"{seed}/{name}/{block}".encode(), digest_size=16).digest()
        key = np.frombuffer(digest, dtype="<u8").astype(np.uint64)
        self._bits = np.random.Philox(key=key)
        self._generator = np.random.Generator(self._bits)

    def uniform(self, *shape: int) -> Floats:
        """Draw doubles in [0, 1)."""
        return self._generator.random(shape)

    def words(self, count: int) -> Words:
        """Draw 64-bit words."""
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64).reshape(count)


def quantile(table: Ints, u: Floats) -> Ints:
    """Look up the quantiles of a distribution: whole numbers, straight lines between the table's points."""
    position = u * _CELLS
    cell = position.astype(np.int64)
    low = table[cell]
    return low + ((table[cell + 1] - low) * (position - cell)).astype(np.int64)


@functools.lru_cache(maxsize=256)
def lognormal_us(median_ms: float, sigma: float) -> Ints:
    """Tabulate a log-normal duration in microseconds."""
    normal = NormalDist()
    return _table(lambda p: median_ms * 1000 * math.exp(sigma * normal.inv_cdf(p)))


@functools.lru_cache(maxsize=16)
def exponential(mean: float) -> Ints:
    """Tabulate an exponential with its mean in the unit of the result."""
    return _table(lambda p: -mean * math.log1p(-p) if p > _TAIL else 0.0)


def _table(inverse: object) -> Ints:
    points = [min(max(k / _CELLS, _TAIL), 1 - _TAIL) for k in range(_CELLS + 1)]
    return np.array([round(inverse(p)) for p in points], dtype=np.int64)  # type: ignore[operator]
