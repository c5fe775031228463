"""A chart of the errors by cause: what is reported often, beside what is reported rarely."""

from __future__ import annotations

import datetime as dt
import textwrap
from typing import TYPE_CHECKING, Any

from labkit.core.errors import LabError
from labkit.evidence.charts import style
from labkit.evidence.charts.change import read_change
from labkit.evidence.charts.chart import Chart

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from matplotlib.axes import Axes

_SOURCES = ("request", "query", "log", "postgres_log")
_WORDS = {
    "request": "server span",
    "query": "query span",
    "log": "log of the program",
    "postgres_log": "log of PostgreSQL",
}


def errors_by_cause(
    con: duckdb.DuckDBPyConnection,
    *,
    from_utc: dt.datetime | str | None = None,
    until_utc: dt.datetime | str | None = None,
    most: int = 10,
) -> Chart:
    """Draw how often each error is reported, by whom, and which server it names.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned.
    from_utc, until_utc : datetime or str, optional
        Window of time (UTC); by default the run of failures that the query ``onset_and_recovery`` finds, or
        all of the data where it finds none.
    most : int
        Bars to draw at the most; the table has all rows.

    Returns
    -------
    Chart
        Its table has one row a distinct cause, as in the query ``errors_by_cause``.

    Raises
    ------
    LabError
        When the evidence holds no request, or no source reports an error in the window.
    """
    from labkit.evidence.queries import query

    if from_utc is None and until_utc is None:
        change = read_change(con)
        if change.found:
            from_utc, until_utc = change.begin, change.end
    table = query(con, "errors_by_cause", from_utc=from_utc, until_utc=until_utc).df()
    if table.empty:
        raise LabError(
            "no source reports an error in that window, so there is nothing to draw",
            next_step="Choose a wider window with from_utc and until_utc.",
        )
    drawn = table.head(max(1, most))
    title = _title(table)
    figure = style.new_figure(2.2 + 0.55 * len(drawn))
    style.headline(figure, title)
    axes = figure.subplots()
    style.plain_axes(axes, "")
    _bars(axes, drawn)
    style.legend(figure)
    return Chart(figure, title, _alt(drawn, len(table)), table)


def _bars(axes: Axes, drawn: pd.DataFrame) -> None:
    looks = dict(zip(_SOURCES, style.LOOKS, strict=False))
    top = float(drawn["count"].max())
    for source in [s for s in _SOURCES if s in set(drawn["source"])]:
        rows = drawn[drawn["source"] == source]
        look = looks[source]
        axes.barh(
            rows.index,
            rows["count"],
            color=look.colour,
            hatch=look.hatch,
            edgecolor="white",
            label=_WORDS[source],
            height=0.7,
        )
    for place, count in enumerate(drawn["count"]):
        axes.text(count * 1.15, place, style.number(count), va="center", fontsize=style.TEXT, color=style.INK)
    axes.set_yticks(range(len(drawn)), [_name(row) for _, row in drawn.iterrows()], fontsize=style.TEXT)
    axes.set_xscale("log")
    axes.set_xlim(0.5, top * 6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.set_xlabel("records (logarithmic)", fontsize=style.TEXT, color=style.INK)
    axes.invert_yaxis()
    axes.grid(False, axis="y")


def _cause(row: pd.Series[Any]) -> str:
    """Name a cause in one line: the error, its SQLSTATE and the server, as far as they are known."""
    parts = [_text(row["error"]) or "unnamed error"]
    if sqlstate := _text(row["sqlstate"]):
        parts.append(f"({sqlstate})")
    if server := _text(row["server"]):
        parts.append(f"at {server}")
    return " ".join(parts)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""  # a missing text is None or NaN in a DataFrame


def _name(row: pd.Series[Any]) -> str:
    return textwrap.fill(_cause(row), 30, break_long_words=True, max_lines=2, placeholder=" …")


def _title(table: pd.DataFrame) -> str:
    top = table.iloc[0]
    said = f"{style.number(top['count'], 'record')} say {_cause(top)}"
    if int(top["count"]) == 1:
        said = said.replace(" say ", " says ")
    named = table[table["server"].map(_text) != ""]
    if _text(top["server"]) or named.empty:
        return said
    row = named.iloc[0]
    few = "only " if row["count"] < 0.2 * top["count"] else ""
    verb = "names" if int(row["count"]) == 1 else "name"
    return f"{said}; {few}{style.number(row['count'])} {verb} a server: {_text(row['server'])}"


def _alt(drawn: pd.DataFrame, causes: int) -> str:
    bars = [
        f"{_WORDS[row['source']]}, {_cause(row)}: {style.number(row['count'])}" for _, row in drawn.iterrows()
    ]
    return f"Bar chart of errors by cause, {len(drawn)} of {causes} causes. {'; '.join(bars)}."
