"""Read a choice, or a set of them: case, quotes and space around it do not count."""

from __future__ import annotations

from typing import Any

from labkit.classroom.checks.reading import (
    MOST,
    UnreadableError,
    as_rows,
    is_missing,
    type_name,
)


def plain(text: str) -> str:
    """Bring a word to the form in which it is compared.

    Examples
    --------
    >>> plain("  'Wrong  Port' ")
    'wrong port'
    """
    return " ".join(text.strip().strip("'\"`").split()).casefold()


def read_choice(value: Any, choices: tuple[str, ...]) -> str:
    """Read one of the choices; give it as it is written there, or any word where there is no list.

    Raises
    ------
    UnreadableError
        It is none of them.

    Examples
    --------
    >>> read_choice(" RAMP", ("ramp", "step"))
    'ramp'
    """
    if is_missing(value) or not isinstance(value, (str, int, float, bool)):
        raise UnreadableError(f"{type_name(value)}, and not a choice." + _listed(choices))
    known = {plain(choice): choice for choice in choices}
    for word in _spellings(value):
        if word in known or not choices:
            return known.get(word, word)
    raise UnreadableError("an answer that is none of the choices." + _listed(choices))


def read_set(value: Any, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Read a set of choices from a set, a list, a column, or a text with commas; sorted.

    Examples
    --------
    >>> read_set("step, RAMP", ("ramp", "step"))
    ('ramp', 'step')
    """
    return tuple(sorted({read_choice(item, choices) for item in _items(value, choices)}))


def _items(value: Any, choices: tuple[str, ...]) -> list[Any]:
    rows = as_rows(value)
    if rows is not None:
        if len(rows[0]) != 1:
            raise UnreadableError(f"a table of {len(rows[0])} columns, and not one column of choices")
        return [row[0] for row in rows[1]]
    if isinstance(value, str):
        whole = {plain(choice) for choice in choices}
        return [value] if plain(value) in whole else [part for part in value.split(",") if part.strip()]
    if isinstance(value, dict) or type(value).__module__.partition(".")[0] in ("numpy", "pandas"):
        value = list(value)[: MOST + 1]
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise UnreadableError(f"{type_name(value)}, and not a set of choices." + _listed(choices))
    if len(value) > MOST:
        raise UnreadableError(f"a set of {len(value):,} things, and no answer is that long")
    return [item[0] if isinstance(item, tuple) and len(item) == 1 else item for item in value]


def _spellings(value: str | float) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("yes", "true") if value else ("no", "false")
    return (plain(str(value)),)


def _listed(choices: tuple[str, ...]) -> str:
    return f" Choices: {', '.join(choices)}." if choices else ""
