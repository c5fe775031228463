"""Search a built file for secrets: every text in it, under every encoding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from labkit.classroom.leaks.secrets import Secrets
from labkit.classroom.leaks.views import views
from labkit.core.errors import LabError


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that was found: where in the file, what it is, and how it was written."""

    where: str
    what: str
    how: str

    def __str__(self) -> str:
        return f"{self.where} holds {self.what} ({self.how})"


def scan(text: str, secrets: Secrets) -> tuple[Leak, ...]:
    """List every secret in a file, once for each place.

    Parameters
    ----------
    text : str
        The file: JSON (a notebook, sealed checks), or any other text.
    secrets : Secrets
        What must not be in it.
    """
    try:
        pieces = list(_pieces(json.loads(text), ""))
    except ValueError:
        pieces = [("the file", text)]
    found: dict[tuple[str, str], Leak] = {}
    for where, piece in pieces:
        for how, view in views(piece):
            for what in secrets.found_in(view):
                found.setdefault((where, what), Leak(where, what, how))
    return tuple(found.values())


def refuse_leaks(name: str, text: str, secrets: Secrets) -> None:
    """Raise a LabError that names every place of a file where a secret was found."""
    leaks = scan(text, secrets)
    if leaks:
        shown = "; ".join(map(str, leaks[:5])) + (f"; and {len(leaks) - 5} more" if len(leaks) > 5 else "")
        raise LabError(
            f"{name} would tell students an answer: {shown}",
            next_step="Take it out, or list a text that is no secret under 'public' in checks.toml.",
        )


def _pieces(node: Any, where: str) -> Iterator[tuple[str, str]]:
    """Walk through JSON: keys, texts, numbers; a list of lines is one text."""
    if isinstance(node, dict):
        for key, value in node.items():
            place = f"{where}.{key}" if where else key
            yield f"{place} (its name)", key
            yield from _pieces(value, place)
    elif isinstance(node, list) and node and all(isinstance(item, str) for item in node):
        yield where, "".join(node)
        if not all(item.endswith("\n") for item in node[:-1]):
            yield from ((f"{where}[{n}]", item) for n, item in enumerate(node))
    elif isinstance(node, list):
        for n, item in enumerate(node):
            yield from _pieces(item, f"{where}[{_named(item, n)}]")
    elif node is not None and not isinstance(node, bool):
        yield where, str(node)


def _named(item: Any, number: int) -> str:
    return str(item["id"]) if isinstance(item, dict) and "id" in item else str(number)
