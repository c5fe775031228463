"""Draw the labs' small flow charts without a browser's help: boxes in columns, arrows between them.

Only what the labs use of Mermaid's flowchart is read: nodes with their words, ``-->``, ``-. words .->`` and
``&``. What cannot be read is told in the diagram's own words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

_NODE = re.compile(r'(\w+)(?:\[\("?([^")]+)"?\)\]|\["?([^"\]]+)"?\])?')
_ARROW = re.compile(r"\s*(-->|-\.\s*\"?(?P<words>.*?)\"?\s*\.->)\s*")
_WIDE, _HIGH, _GAP_X, _GAP_Y, _LETTERS = 190, 64, 70, 26, 17


@dataclass(frozen=True, slots=True)
class _Edge:
    begin: str
    end: str
    words: str = ""


def draw(source: str, words: str) -> str:
    """Draw a flow chart as SVG; a list of its words where it cannot be read."""
    names: dict[str, str] = {}
    edges: list[_Edge] = []
    for line in source.splitlines():
        stripped = line.strip()
        if stripped and not stripped.startswith(("flowchart", "acc")):
            _read(stripped, names, edges)
    if not edges:
        return f'<p class="diagram">{html.escape(words)}</p>'
    return _svg(names, edges, words)


def _read(line: str, names: dict[str, str], edges: list[_Edge]) -> None:
    """Read one line: groups of nodes with arrows between them."""
    pieces, arrows, at = [], [], 0
    for found in _ARROW.finditer(line):
        pieces.append(line[at : found.start()])
        arrows.append(found["words"] or "" if found[1] != "-->" else "")
        at = found.end()
    pieces.append(line[at:])
    groups = [[_node(one.strip(), names) for one in piece.split("&")] for piece in pieces]
    for place, arrow in enumerate(arrows):
        edges += [_Edge(one, two, arrow) for one in groups[place] for two in groups[place + 1]]


def _node(text: str, names: dict[str, str]) -> str:
    found = _NODE.match(text)
    name, words = (found[1], found[2] or found[3]) if found else (text, None)
    if words or name not in names:
        names[name] = words or name
    return name


def _columns(names: dict[str, str], edges: list[_Edge]) -> dict[str, int]:
    """Give each node the column after the last one that points to it."""
    column = dict.fromkeys(names, 0)
    for _ in names:
        for edge in edges:
            column[edge.end] = max(column[edge.end], column[edge.begin] + 1)
    return column


def _svg(names: dict[str, str], edges: list[_Edge], words: str) -> str:
    column = _columns(names, edges)
    rows: dict[int, list[str]] = {}
    for name in names:
        rows.setdefault(column[name], []).append(name)
    gap = _GAP_X + max((len(edge.words) * 8 for edge in edges), default=0)
    height = max(map(len, rows.values())) * (_HIGH + _GAP_Y) + _GAP_Y
    place = {
        name: (4 + at * (_WIDE + gap), _middle(height, len(listed), row))
        for at, listed in rows.items()
        for row, name in enumerate(listed)
    }
    width = len(rows) * (_WIDE + gap) - gap + 8
    body = "".join(_line(place, edge) for edge in edges) + "".join(_box(place[n], names[n]) for n in names)
    head = (
        '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0L10 5L0 10Z"/></marker></defs>'
    )
    said = f'role="img" aria-label="{html.escape(words, quote=True)}"'
    return f'<svg class="diagram" viewBox="0 0 {width} {height}" {said}>{head}{body}</svg>'


def _middle(height: float, of: int, row: int) -> float:
    return height / 2 + (row - (of - 1) / 2) * (_HIGH + _GAP_Y) - _HIGH / 2


def _box(place: tuple[float, float], words: str) -> str:
    x, y = place
    lines = _wrapped(words)
    first = y + _HIGH / 2 + 6 - (len(lines) - 1) * 10
    texts = "".join(
        f'<text x="{x + _WIDE / 2}" y="{first + n * 20}" text-anchor="middle">{html.escape(line)}</text>'
        for n, line in enumerate(lines)
    )
    return f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="6"/>{texts}'


def _wrapped(words: str) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + len(word) >= _LETTERS + 4:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _line(place: Mapping[str, tuple[float, float]], edge: _Edge) -> str:
    (x1, y1), (x2, y2) = place[edge.begin], place[edge.end]
    middle = _HIGH / 2
    path = f"M{x1 + _WIDE} {y1 + middle}L{x2} {y2 + middle}"
    dashed = ' class="dashed"' if edge.words else ""
    said = (
        f'<text x="{(x1 + _WIDE + x2) / 2}" y="{(y1 + y2) / 2 + middle - 10}" text-anchor="middle">'
        f"{html.escape(edge.words)}</text>"
        if edge.words
        else ""
    )
    return f'<path{dashed} d="{path}" marker-end="url(#arrow)"/>{said}'
