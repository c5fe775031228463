"""Read a number, with or without its unit."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

from labkit.classroom.checks.durations import unit_us
from labkit.classroom.checks.reading import UnreadableError, is_missing, type_name

_NUMBER = re.compile(r"([+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?|[+-]?\.\d+)\s*(.*)", re.IGNORECASE | re.DOTALL)
_THOUSANDS = re.compile(r"(?<=\d)[_, \u00a0\u2009'](?=\d{3}(?!\d))")


def read_number(value: Any, unit: str = "") -> float:
    """Read a finite number; a length of time is given in `unit`, a text may name the unit.

    Raises
    ------
    UnreadableError
        It is no number, or one in another unit.

    Examples
    --------
    >>> read_number("1,234.5 requests", "requests"), read_number("12 %")
    (1234.5, 0.12)
    """
    if isinstance(value, str):
        return _of_text(value.strip(), unit)
    if isinstance(value, dt.timedelta):
        scale = unit_us(unit)
        if scale is None:
            raise UnreadableError("a length of time, and not a number")
        return value / dt.timedelta(microseconds=scale)
    if is_missing(value) or isinstance(value, (bool, complex, dt.date)):
        raise UnreadableError(f"{type_name(value)}, and not a number")
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise UnreadableError(f"{type_name(value)}, and not a number") from error
    if not math.isfinite(found):
        raise UnreadableError(f"{found}, which is no number to compare")
    return found


def show_number(value: float, unit: str = "") -> str:
    """Show a number with its unit: six digits, whole ones without a point.

    Examples
    --------
    >>> show_number(43.2, "minutes"), show_number(1234.0), show_number(1.038922156)
    ('43.2 minutes', '1,234', '1.03892')
    """
    if value == int(value) and abs(value) < 1e15:
        text = f"{value:,.0f}"
    elif 1e-4 <= abs(value) < 1e15:
        places = max(0, 5 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{places}f}".rstrip("0").rstrip(".") if places else f"{value:,.0f}"
    else:
        text = f"{value:.6g}"
    return f"{text} {unit}".rstrip()


def _of_text(text: str, unit: str) -> float:
    found = _NUMBER.fullmatch(_THOUSANDS.sub("", text))
    if found is None:
        raise UnreadableError("a text that is no clear number")
    number, said = float(found[1]), found[2].strip().lower().rstrip(".")
    own = unit.strip().lower()
    if not math.isfinite(number):
        raise UnreadableError("a number without end")
    if said in ("", own, own.removesuffix("s")):
        return number
    if said in ("%", "per cent", "percent"):
        return number if own in ("%", "per cent", "percent") else number / 100
    of, to = unit_us(said), unit_us(own)
    if of and to:
        return number * of / to
    raise UnreadableError(
        "a number with another unit" + (f" than {unit}" if unit else " than a plain number has")
    )
