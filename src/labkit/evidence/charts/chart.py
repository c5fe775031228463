"""A chart as a value: the picture, the finding it shows, the same in words, and the table behind it."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

PIXELS_PER_INCH = 110


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Chart:
    """One finding, drawn.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The picture; it belongs to no global state, so nothing has to be closed.
    title : str
        The finding, as a sentence made from the data.
    alt : str
        The picture in words with its numbers, for those who do not see it.
    table : pandas.DataFrame
        The rows that are drawn, with the grain and units of the named query they come from.
    """

    figure: Figure
    title: str
    alt: str
    table: pd.DataFrame

    def png(self, pixels_per_inch: int = PIXELS_PER_INCH) -> bytes:
        """Return the picture as PNG: the same bytes each time, without date or program."""
        out = io.BytesIO()
        self.figure.savefig(out, format="png", dpi=pixels_per_inch, metadata={"Software": None})
        return out.getvalue()

    def __repr__(self) -> str:
        return f"{self.title}\n{self.alt}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Offer HTML and text: JupyterLab's PNG renderer knows no alt text, its HTML renderer does."""
        del include, exclude
        source = base64.b64encode(self.png()).decode("ascii")
        picture = (
            '<figure style="margin:0">'
            f'<img alt="{html.escape(f"{self.title}. {self.alt}")}" style="max-width:100%;height:auto" '
            f'src="data:image/png;base64,{source}"></figure>'
        )
        return {"text/plain": repr(self), "text/html": picture}
