"""A chart of what was different: each measure before, during and after the run of failures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from labkit.evidence.charts import style
from labkit.evidence.charts.change import Change, read_change
from labkit.evidence.charts.chart import Chart

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from matplotlib.axes import Axes

_PANELS = (
    ("error_ratio", "failed requests"),
    ("p95_ms", "95 % of requests\nwithin (ms)"),
    ("requests_per_min", "requests\na minute"),
    ("queries_per_min", "query spans\na minute"),
    ("error_records_per_min", "error records\na minute"),
    ("postgres_lines_per_min", "PostgreSQL log\nlines a minute"),
)
_RATES = ("queries", "error_records", "postgres_lines")


def before_during_after(con: duckdb.DuckDBPyConnection) -> Chart:
    """Draw six measures side by side: before, during and after the run of failures.

    Counts are drawn per minute, because the phases differ in length.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned.

    Returns
    -------
    Chart
        Its table has one row a phase, as in the query ``before_during_after``, with rates a minute beside the
        counts. Without a run of failures there is one phase, 'all'.

    Raises
    ------
    LabError
        When the evidence holds no request.
    """
    from labkit.evidence.queries import query

    change = read_change(con)
    onset = change.begin if change.found else None
    table = query(con, "before_during_after", onset_utc=onset, recovery_utc=change.recovery_utc).df()
    for count in _RATES:
        table[f"{count}_per_min"] = table[count] / table["minutes"]
    title = _title(change, table)
    figure = style.new_figure(6.2)
    style.headline(figure, title)
    for axes, (column, label) in zip(figure.subplots(2, 3).flat, _PANELS, strict=True):
        _panel(axes, table, column, label)
    return Chart(figure, title, _alt(table), table)


def _panel(axes: Axes, table: pd.DataFrame, column: str, label: str) -> None:
    values = table[column].fillna(0)
    order = {"before": 1, "during": 0, "after": 2, "all": 0}
    style.plain_axes(axes, "")
    for place, (phase, value) in enumerate(zip(table["phase"], values, strict=True)):
        look = style.LOOKS[order[phase]]
        axes.bar(place, value, color=look.colour, hatch=look.hatch, edgecolor="white", width=0.75)
        axes.text(
            place, value, _said(column, value), ha="center", va="bottom", fontsize=style.TEXT, color=style.INK
        )
    axes.set_xticks(range(len(table)), list(table["phase"]))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(False)
    axes.set_ylim(0, (float(values.max()) or 1) * 1.2)
    axes.set_title(label, loc="left", fontsize=style.TEXT, color=style.INK)


def _said(column: str, value: float) -> str:
    if math.isnan(value):
        return "unknown"
    if column == "error_ratio":
        return style.percent(value)
    return f"{value:.2g}" if 0 < value < 9.95 else f"{value:,.0f}"


def _title(change: Change, table: pd.DataFrame) -> str:
    rows = {row["phase"]: row for _, row in table.iterrows()}
    if "before" not in rows or "during" not in rows:
        return "No phases to compare: the data show no begin of a run of failures"
    before, during = rows["before"], rows["during"]
    return (
        f"During the failures {style.percent(during['error_ratio'])} of requests fail "
        f"(before: {style.percent(before['error_ratio'])}), at {_traffic(before, during)} traffic, "
        f"with {_said('', during['queries_per_min'])} queries a minute "
        f"(before: {_said('', before['queries_per_min'])})"
    )


def _traffic(before: pd.Series[float], during: pd.Series[float]) -> str:
    ratio = during["requests_per_min"] / max(before["requests_per_min"], 1e-9)
    if 0.8 <= ratio <= 1.25:
        return "about the same"
    return f"{ratio:.1f} times the"


def _alt(table: pd.DataFrame) -> str:
    words = []
    for _, row in table.iterrows():
        values = (f"{label.replace(chr(10), ' ')} {_said(column, row[column])}" for column, label in _PANELS)
        words.append(f"{row['phase']} ({row['minutes']:.0f} min): {', '.join(values)}")
    return f"Six small bar charts. {'; '.join(words)}."
