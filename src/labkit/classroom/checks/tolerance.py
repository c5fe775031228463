"""How near is near enough: a tolerance, and the coarse grid on which its answers are sealed.

An envelope is found by an answer's cell on a fixed grid; what lies in the envelope then judges exactly. The
grid must not tell the answer, so its step depends on the tolerance alone: a fixed step for a plain
tolerance, a fixed *ratio* for one in per cent.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from labkit.core.errors import LabError

#: Microseconds in each unit of time that a text may name.
UNITS_US: dict[str, int] = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "sec": 1_000_000,
    "second": 1_000_000,
    "min": 60_000_000,
    "minute": 60_000_000,
    "h": 3_600_000_000,
    "hour": 3_600_000_000,
    "d": 86_400_000_000,
    "day": 86_400_000_000,
}
_TEXT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(%|[a-z]*)")
_LOG_BLUR = 1e-5  # of one cell: logarithms differ in the last bits between machines


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A distance that still counts as right: absolute, or relative to the right value.

    Attributes
    ----------
    size : float
        In the unit of the values (microseconds for moments and durations); a share where `relative`.
    relative : bool
        Whether `size` is a share of the right value.

    Examples
    --------
    >>> Tolerance(60).near(100, 150), Tolerance(0.01, relative=True).near(100, 102)
    (True, False)
    """

    size: float = 0.0
    relative: bool = False

    def near(self, value: float, right: float) -> bool:
        """Tell whether a value is near enough to the right one."""
        return abs(value - right) <= self._allowed(right)

    def cell(self, value: float) -> str:
        """Name the cell of a value.

        Examples
        --------
        >>> Tolerance(60).cell(119.0), Tolerance(60).cell(120.0)
        ('0', '1')
        """
        return self._named(math.floor(self._place(value)), value)

    def cells(self, right: float) -> tuple[str, ...]:
        """Name every cell that holds a value near enough to the right one.

        Examples
        --------
        >>> Tolerance(60).cells(119.0)
        ('0', '1')
        """
        allowed = self._allowed(right)
        first, last = sorted((self._place(right - allowed), self._place(right + allowed)))
        blur = _LOG_BLUR if self.relative else 0.0
        numbers = range(math.floor(first - blur), math.floor(last + blur) + 1)
        return tuple(dict.fromkeys(self._named(number, right) for number in numbers))

    def _allowed(self, right: float) -> float:
        return (abs(right) * self.size if self.relative else self.size) * (1 + 1e-12)

    def _place(self, value: float) -> float:
        if self.relative:
            return math.log(abs(value)) / (2 * math.log1p(self.size)) if value else 0.0
        return value / (2 * self.size) if self.size else value

    def _named(self, number: int, value: float) -> str:
        if not self.relative:
            return str(number)
        return "zero" if not value else f"{'-' if value < 0 else ''}e{number}"


def time_tolerance(text: object, where: str) -> Tolerance:
    """Read a tolerance in time, such as "60 s"; values are microseconds.

    Examples
    --------
    >>> time_tolerance("2 min", "onset").size
    120000000.0
    """
    found = _TEXT.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None or found[2].removesuffix("s" if len(found[2]) > 2 else "") not in UNITS_US:
        raise LabError(
            f"{where}: no tolerance in time", found=text, next_step='Write it as "60 s" or "2 min".'
        )
    unit = found[2].removesuffix("s" if len(found[2]) > 2 else "")
    return Tolerance(float(found[1]) * UNITS_US[unit])


def number_tolerance(given: object, where: str) -> Tolerance:
    """Read a tolerance of numbers: a number, or a text such as "1 %".

    Without one, only what floating point blurs is forgiven.

    Examples
    --------
    >>> number_tolerance("1 %", "budget")
    Tolerance(size=0.01, relative=True)
    """
    if given is None:
        return Tolerance(1e-9, relative=True)
    if isinstance(given, (int, float)) and not isinstance(given, bool) and given >= 0:
        return Tolerance(float(given))
    found = _TEXT.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is not None and found[2] == "%" and 0 < float(found[1]) < 100:
        return Tolerance(float(found[1]) / 100, relative=True)
    raise LabError(f"{where}: no tolerance of numbers", found=given, next_step='Write it as 0.5 or "1 %".')
