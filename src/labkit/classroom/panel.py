"""A small panel: what a check, a hint or a list says, as accessible HTML and as plain text."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: A mark beside the word, and JupyterLab's colour for the edge with one for pages that have none.
_LOOKS: dict[str, tuple[str, str]] = {
    "good": ("✓", "var(--jp-success-color1, #2e7d32)"),
    "partly": ("◐", "var(--jp-warn-color1, #b26a00)"),
    "again": ("↻", "var(--jp-warn-color1, #b26a00)"),
    "plain": ("·", "var(--jp-border-color1, #8a8a8a)"),
}
_BOX = (
    "border:1px solid var(--jp-border-color2,#bdbdbd);border-left:.35em solid {edge};"
    "padding:.4em .8em;margin:.3em 0;max-width:56em"
)
#: A long query breaks anywhere, so that a table fits on a narrow page; a head keeps its words whole.
_HEAD = "text-align:left;vertical-align:top;padding:.2em .8em .2em 0"
_CELL = f"{_HEAD};overflow-wrap:anywhere"


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """Rows of text under their heads, with a caption that says what they are."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def html(self) -> str:
        """Write the table with a scope for every head; what a narrow page has no room for is scrolled to."""
        heads = "".join(f'<th scope="col" style="{_HEAD}">{html.escape(head)}</th>' for head in self.heads)
        body = "".join(f"<tr>{_row(row)}</tr>" for row in self.rows)
        caption = html.escape(self.caption)
        return (
            f'<div role="region" aria-label="{caption}" tabindex="0" style="overflow-x:auto">'
            '<table style="border-collapse:collapse;margin:.4em 0">'
            f'<caption style="text-align:left">{caption}</caption>'
            f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def __str__(self) -> str:
        lines = [self.heads, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.heads))]
        shown = ("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)
        return "\n".join([self.caption, *shown])


def _row(row: Sequence[str]) -> str:
    first, *rest = (html.escape(cell).replace("\n", "<br>") for cell in row)
    cells = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in rest)
    return f'<th scope="row" style="{_HEAD}">{first}</th>{cells}'


@dataclass(frozen=True, slots=True, repr=False)
class Panel:
    """One thing said to a student.

    Parameters
    ----------
    title : str
        What it is about, and how it stands: "onset: right".
    look : str
        'good', 'partly', 'again' or 'plain': the colour of the edge, and a mark; the title says the same.
    lines : tuple of str
        Paragraphs; `text between backquotes` is code, and *between stars* emphasised.
    table : Table, optional
        Rows below the paragraphs.

    Examples
    --------
    >>> Panel("onset: right", "good", ("The first failed request.",))
    ✓ onset: right
      The first failed request.
    """

    title: str
    look: str = "plain"
    lines: tuple[str, ...] = ()
    table: Table | None = None

    def __repr__(self) -> str:
        mark = _LOOKS[self.look][0]
        below = [*self.lines, *(str(self.table).splitlines() if self.table else ())]
        return "\n".join(
            [f"{mark} {self.title}", *(f"  {line}" for text in below for line in text.splitlines())]
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Offer HTML and its plain text twin."""
        del include, exclude
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        mark, edge = _LOOKS[self.look]
        paragraphs = "".join(f'<p style="margin:.3em 0">{_inline(line)}</p>' for line in self.lines)
        return (
            f'<div role="status" style="{_BOX.format(edge=edge)}">'
            f'<p style="margin:.3em 0"><span aria-hidden="true">{mark} </span>'
            f"<strong>{html.escape(self.title)}</strong></p>"
            f"{paragraphs}{self.table.html() if self.table else ''}</div>"
        )


def _inline(text: str) -> str:
    """Write a paragraph: escaped, with code and emphasis."""
    pieces = html.escape(text).split("`")
    for place, piece in enumerate(pieces):
        if place % 2 and place < len(pieces) - 1:
            pieces[place] = f"<code>{piece}</code>"
        elif place % 2:
            pieces[place] = f"`{piece}"
        else:
            stars = piece.split("*")
            pieces[place] = "".join(
                f"<em>{part}</em>" if n % 2 and n < len(stars) - 1 else ("*" if n % 2 else "") + part
                for n, part in enumerate(stars)
            )
    return "".join(pieces).replace("\n", "<br>")
