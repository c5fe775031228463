"""What a check of a connection string found: which part, how bad, what it does and how to write it right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

#: Parts that are none of libpq's: the text as a whole, and the scheme of a URL.
TEXT, SCHEME = "text", "scheme"

REFUSED = "libpq refuses the text before it connects"
QUOTED = f"{REFUSED}; the driver's error, and so the log, quotes it with its password"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about a connection string; it never holds a secret.

    Attributes
    ----------
    rule : str
        Short name of the check, stable enough for programs to ask for.
    part : str
        libpq's name of the part, or ``text`` or ``scheme``.
    severity : {'error', 'warning'}
        ``error``: it cannot connect, or not where it was meant to; ``warning``: it depends on what the text
        does not say, or other programs read the text differently.
    problem : str
        What is wrong.
    consequence : str
        What happens at connect time, in the words of libpq and psycopg.
    fix : str
        How to write it right.

    Examples
    --------
    >>> print(Finding("port-range", "port", "error", "70000 is no port", "it is refused", "Use 1 to 65535."))
    error in port: 70000 is no port (it is refused). Use 1 to 65535.
    """

    rule: str
    part: str
    severity: Severity
    problem: str
    consequence: str
    fix: str

    def __str__(self) -> str:
        return f"{self.severity} in {self.part}: {self.problem} ({self.consequence}). {self.fix}"


def error(rule: str, part: str, problem: str, consequence: str, fix: str) -> Finding:
    """Make a finding that says: this cannot work."""
    return Finding(rule, part, "error", problem, consequence, fix)


def warning(rule: str, part: str, problem: str, consequence: str, fix: str) -> Finding:
    """Make a finding that says: this may not do what was meant."""
    return Finding(rule, part, "warning", problem, consequence, fix)
