"""What drivers, servers and pools say when a connection fails: causes and the way out of each message."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

#: Where a fault shows that no step of an examination can meet: later, while the program works.
LATER = "later"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can be wrong between a program and its database.

    Attributes
    ----------
    name : str
        Short name, stable enough for programs to ask for.
    step : str
        Step of the examination that finds it, or ``later``.
    message : str
        How libpq, the server or the pool says it; empty for what only the doctor says.
    pattern : str
        Regular expression that knows the message; empty where there is none.
    parts : tuple of str
        libpq's names of what may be wrong in the connection string.
    means : str
        What it says about the state of things, in one sentence.
    causes : tuple of str
        What usually stands behind it, the likeliest first.
    do : str
        The way out.
    """

    name: str
    step: str
    message: str
    pattern: str
    parts: tuple[str, ...]
    means: str
    causes: tuple[str, ...]
    do: str


@cache
def all_faults() -> dict[str, Fault]:
    """Read every fault, by name, in the order of the steps.

    Examples
    --------
    >>> all_faults()["refused"].step
    'reach'
    """
    rows = tomllib.loads((files("labkit.bank.doctor") / "faults.toml").read_text(encoding="utf-8"))["fault"]
    faults = [
        Fault(
            name=row["name"],
            step=row["step"],
            message=row.get("message", ""),
            pattern=row.get("pattern", ""),
            parts=tuple(row.get("parts", ())),
            means=row["means"],
            causes=tuple(row["causes"]),
            do=row["do"],
        )
        for row in rows
    ]
    return {fault.name: fault for fault in faults}


def explain(message: str) -> Fault | None:
    """Find what a driver's message means; ``None`` for one that is not in the catalogue.

    Examples
    --------
    >>> found = explain('FATAL:  database "bankk" does not exist')
    >>> found.name, found.step
    ('no-such-database', 'database')
    """
    known = (fault for fault in all_faults().values() if fault.pattern)
    return next((fault for fault in known if re.search(fault.pattern, message, re.DOTALL)), None)
