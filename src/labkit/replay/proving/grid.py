"""A small table with a caption, as text and as HTML that a screen reader can follow."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

_LEFT = 'style="text-align:left;vertical-align:top"'


@dataclass(frozen=True, slots=True, repr=False)
class Grid:
    """Rows of texts below column heads; the first column names its row."""

    caption: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()

    def text(self) -> str:
        """Write it as plain text; the caption alone where there is no row."""
        if not self.rows:
            return self.caption
        lines = [self.head, *self.rows]
        widths = [min(70, max(len(line[k]) for line in lines)) for k in range(len(self.head))]
        body = [
            "  ".join(f"{c[:w]:<{w}}" for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
        ]
        return "\n".join([self.caption, "", *body])

    def html(self) -> str:
        """Write it as an HTML table."""
        if not self.rows:
            return f"<p>{html.escape(self.caption)}</p>"
        head = "".join(f'<th scope="col" {_LEFT}>{html.escape(cell)}</th>' for cell in self.head)
        body = "".join(
            f'<tr><th scope="row" {_LEFT}>{html.escape(row[0])}</th>'
            + "".join(f"<td {_LEFT}>{html.escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        caption = f'<caption style="text-align:left">{html.escape(self.caption)}</caption>'
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
