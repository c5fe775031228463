"""Abbreviations of time zones: those that mean one offset, and those that mean several and so mean nothing.

A table and not the system's own: Windows has none, and a file must mean the same everywhere. An abbreviation
is here if the IANA database has used it since 2005; it is ambiguous if places used it for different offsets.
Source: https://www.iana.org/time-zones
"""

from __future__ import annotations

import datetime as dt

_MINUTES = {
    **{"UTC": 0, "GMT": 0, "UCT": 0, "Z": 0, "z": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120},
    **{"MET": 60, "MEST": 120, "EET": 120, "EEST": 180, "BST": 60, "WAT": 60, "CAT": 120, "SAST": 120},
    **{"EAT": 180, "IDT": 180, "PKT": 300, "WIB": 420, "WITA": 480, "WIT": 540, "HKT": 480, "JST": 540},
    **{"AWST": 480, "AWDT": 540, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660, "ChST": 600},
    **{"NZST": 720, "NZDT": 780, "NST": -210, "NDT": -150, "AST": -240, "ADT": -180, "EST": -300},
    **{"EDT": -240, "MST": -420, "MDT": -360, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600},
    **{"HDT": -540, "SST": -660},
}
AMBIGUOUS = frozenset({"CST", "CDT", "IST", "KST", "MSK", "PST"})
NAMES = frozenset(_MINUTES) | AMBIGUOUS
#: A zone as a regular expression: an abbreviation of the table, or an offset from UTC.
PATTERN = "|".join([*sorted(NAMES, key=lambda name: (-len(name), name)), r"[+-]\d\d(?::?\d\d)?"])


class UnknownZone(ValueError):  # noqa: N818 - a verdict on a text, not a failure
    """A zone means no offset, or more than one; the text says which."""


def offset_of(zone: str | None) -> dt.timedelta:
    """Say how far a zone is ahead of UTC; no zone is UTC.

    Raises
    ------
    UnknownZone
        The abbreviation is ambiguous or unknown, or the offset is out of range.

    Examples
    --------
    >>> offset_of("CEST") == offset_of("+02:00") == offset_of("+0200")
    True
    """
    if not zone:
        return dt.timedelta()
    if zone[0] in "+-":
        return _numeric(zone)
    if zone in AMBIGUOUS:
        raise UnknownZone(f"the zone {zone} is ambiguous: it means several offsets")
    if zone not in _MINUTES:
        raise UnknownZone(f"the zone {zone[:20]!r} is unknown")
    return dt.timedelta(minutes=_MINUTES[zone])


def _numeric(zone: str) -> dt.timedelta:
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if hours > 23 or minutes > 59:
        raise UnknownZone(f"the offset {zone} is out of range")
    offset = dt.timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset
