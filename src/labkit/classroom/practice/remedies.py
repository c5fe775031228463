"""Judge a mitigation: would it have ended this outage, and why."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Judged:
    """What a mitigation is worth, from 0 to 1, and why."""

    worth: float
    why: str


def mitigations() -> Mapping[str, str]:
    """List the mitigations that can be chosen, with what each means.

    Examples
    --------
    >>> mitigations()["wait"]
    'do nothing and watch'
    """
    words: Mapping[str, str] = _table()["words"]
    return words


def judge_mitigation(choice: str, remedy: str) -> Judged:
    """Tell what a mitigation does for an outage that needs a remedy.

    Examples
    --------
    >>> judge_mitigation("restart", "string")
    Judged(worth=0.0, why='The service starts again into the same state of things.')
    """
    known = _table()[remedy].get(choice)
    return (
        Judged(float(known["worth"]), known["why"]) if known else Judged(0.0, _table()["otherwise"][choice])
    )


def best(remedy: str) -> tuple[str, ...]:
    """List the mitigations that end it."""
    return tuple(name for name, found in _table()[remedy].items() if found["worth"] == 1.0)


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    text = (resources.files("labkit.classroom.practice") / "remedies.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
