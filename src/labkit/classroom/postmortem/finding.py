"""What a rule found in a postmortem: where, what is missing, and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is missing or unclear.

    Attributes
    ----------
    rule : str
        Name of the rule, such as ``cited``.
    line : int
        Line of the document, from 1.
    problem : str
        What is missing or unclear.
    next_step : str
        What can be done.
    """

    rule: str
    line: int
    problem: str
    next_step: str


def shortened(text: str, most: int = 60) -> str:
    """Quote the beginning of a text.

    Examples
    --------
    >>> shortened("The bank was down for two hours", 12)
    'The bank was…'
    """
    one_line = re.sub(r"\s+", " ", text).strip()
    return one_line if len(one_line) <= most else one_line[:most].rstrip() + "…"
