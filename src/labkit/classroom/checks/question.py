"""A question as it is shown to students: everything of a check but its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a lab, without any answer.

    Attributes
    ----------
    id : str
        Its name within the lab.
    kind : str
        What an answer is: one of ``labkit.classroom.checks.kinds.KINDS``.
    asks, expects : str
        The question; and what an answer looks like, for one that nobody foresaw.
    hints : tuple of str
        Three, from a nudge to the method.
    tolerance : object
        As its author wrote it: "60 s", 0.5, "1 %", or a table of these by column.
    unit : str
        Unit of an answer that is a plain number.
    choices, columns, labels : tuple of str
        What may be chosen; the columns of a table; the names of events.
    ordered : bool
        Whether the order of a table's rows counts.
    column_kinds : tuple of str
        For each column 'text', 'number' or 'time'.
    day : str
        The evidence's one day, for answers that give only a time of day; '' where it spans several.
    """

    id: str
    kind: str
    asks: str
    expects: str
    hints: tuple[str, ...]
    tolerance: Any = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    ordered: bool = False
    column_kinds: tuple[str, ...] = ()
    day: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give what is set, ready for a JSON file."""
        values = {name: getattr(self, name) for name in _NAMES}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
            if not (value is None or value is False or value in ("", ()))
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Question:
        """Make a question from what `as_json` gave; other keys are left alone."""
        given = {name: found[name] for name in _NAMES if name in found}
        values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in given.items()}
        return cls(**values)


_NAMES = tuple(Question.__dataclass_fields__)
