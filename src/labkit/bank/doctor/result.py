"""What one step of an examination found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["passed", "failed", "skipped", "unknown"]

#: The steps in order, each with the question it answers.
STEPS: dict[str, str] = {
    "parse": "Can libpq read the text?",
    "lint": "Does the text say what was meant?",
    "resolve": "Does the host name lead to an address?",
    "reach": "Does a PostgreSQL server answer there?",
    "tls": "Is the connection encrypted and verified as asked?",
    "authenticate": "Does the server let this user in?",
    "session": "Do the session's settings leave room for the work?",
    "database": "Is it the right database, of the right environment?",
    "schema": "Are the tables where names are looked up?",
    "privileges": "May this user do what the program does?",
    "primary": "Is it the primary, where writes go?",
    "writable": "Does it take writes?",
    "capacity": "Is there room for all connections of the pool?",
}


@dataclass(frozen=True, slots=True)
class Result:
    """One step's answer; it never holds a secret.

    Attributes
    ----------
    step : str
        Name of the step, one of ``STEPS``.
    status : {'passed', 'failed', 'skipped', 'unknown'}
        ``skipped``: it was not asked for, or an earlier step stands in the way; ``unknown``: it was to be
        found out and could not be.
    said : str
        What was seen.
    fault : str
        Name of what is wrong: a rule of the lint, or a fault of ``explain``; empty when nothing is.
    means, do : str
        What that means, and what to do about it.
    notes : tuple of str
        What is worth knowing beside it.

    Examples
    --------
    >>> print(Result("reach", "failed", "127.0.0.1 port 5433: connection refused", fault="refused"))
    failed reach (refused): 127.0.0.1 port 5433: connection refused
    """

    step: str
    status: Status
    said: str
    fault: str = ""
    means: str = ""
    do: str = ""
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = f" ({self.fault})" if self.fault else ""
        return f"{self.status} {self.step}{named}: {self.said}"

    @property
    def stands_in_the_way(self) -> bool:
        """Whether this step was to be answered well and was not."""
        return self.status in ("failed", "unknown")

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON knows them."""
        return asdict(self) | {"notes": list(self.notes)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Result:
        """Read what ``to_json`` gave.

        Examples
        --------
        >>> result = Result("parse", "passed", "libpq reads it", notes=("one",))
        >>> Result.from_json(result.to_json()) == result
        True
        """
        return cls(**(fields | {"notes": tuple(fields["notes"])}))


def printable(text: str) -> str:
    """Replace what a terminal would obey, a page would hide and XML cannot hold.

    Examples
    --------
    >>> printable("red: \\x1b[31m")
    'red: ?[31m'
    """
    return "".join(character if character.isprintable() else "?" for character in text)


def passed(step: str, said: str, *notes: str) -> Result:
    """Make the result of a step that found what it should."""
    return Result(step, "passed", said, notes=notes)


def skipped(step: str, why: str, *notes: str) -> Result:
    """Make the result of a step that was not taken."""
    return Result(step, "skipped", why, notes=notes)
