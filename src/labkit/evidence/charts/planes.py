"""A chart of all planes of the evidence on one axis of time: who spoke when, and who fell silent."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from labkit.evidence.charts import style
from labkit.evidence.charts.change import Change, read_change
from labkit.evidence.charts.chart import Chart

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from matplotlib.axes import Axes

#: From what people say and do at the top to what the machines measure at the bottom.
_PLANES = (
    "messages",
    "deployments",
    "access log 5xx",
    "failed requests",
    "log errors",
    "log warnings",
    "query spans",
    "PostgreSQL log",
    "waiting for pool",
    "CPU use",
)
_POINTS = ("messages", "deployments")
_SILENT = 0.1  # of a plane's usual presence: what is below counts as silence
_USUAL = 0.1  # share of buckets in which a plane must usually speak before its silence says something


def timeline(con: duckdb.DuckDBPyConnection, *, bucket_seconds: int = 60) -> Chart:
    """Draw what each source of the evidence recorded over time, one row a plane.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned.
    bucket_seconds : int
        Width of one bucket of time, in seconds.

    Returns
    -------
    Chart
        Its table has one row a plane and bucket, as in the query ``timeline``. A plane without a record says
        so on the picture.

    Raises
    ------
    LabError
        When the evidence holds no request.
    """
    from labkit.evidence.queries import query

    change = read_change(con)
    table = query(con, "timeline", bucket_seconds=bucket_seconds).df()
    silent = _silent(table, change, bucket_seconds)
    title = _title(change, silent)
    figure = style.new_figure(6.8)
    style.headline(figure, title)
    rows = figure.subplots(len(_PLANES), 1, sharex=True)
    for number, (axes, plane) in enumerate(zip(rows, _PLANES, strict=True)):
        _frame(axes, plane, change)
        _draw(axes, table[table["plane"] == plane], style.LOOKS[number % 3], bucket_seconds)
    note = f"right: highest in {bucket_seconds} s"
    rows[0].set_title(note, loc="right", fontsize=style.TEXT, color=style.INK)
    minute = dt.timedelta(minutes=1)
    style.time_axis(
        rows[-1], style.whole_minute(change.first_utc), style.whole_minute(change.last_utc) + minute
    )
    return Chart(figure, title, _alt(table, silent, change), table)


def _frame(axes: Axes, plane: str, change: Change) -> None:
    style.plain_axes(axes, "")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", length=0, labelbottom=plane == _PLANES[-1])
    axes.set_ylabel(plane, rotation=0, ha="right", va="center", fontsize=style.TEXT, color=style.INK)
    axes.set_ylim(0, 1.1)
    if change.found:
        axes.axvspan(change.begin, change.end, color=style.SHADE, zorder=0)  # type: ignore[arg-type]


def _draw(axes: Axes, rows: pd.DataFrame, look: style.Look, bucket_seconds: int) -> None:
    beside: dict[str, Any] = {
        "transform": axes.transAxes,
        "va": "center",
        "fontsize": style.TEXT,
        "color": style.INK,
    }
    if rows.empty:
        axes.text(0.5, 0.5, "nothing recorded", ha="center", **beside)
        return
    if rows["plane"].iloc[0] in _POINTS:
        times = rows["time_utc"].to_numpy()
        axes.plot(
            times, [0.5] * len(times), color=look.colour, marker=look.marker, linestyle="", markersize=9
        )
        axes.text(1.01, 0.5, f"{rows['value'].sum():,.0f} in all", **beside)
        return
    filled = style.with_gaps(rows, bucket_seconds).fillna({"value": 0})
    top = float(rows["value"].max()) or 1.0
    axes.fill_between(
        filled["time_utc"].to_numpy(), (filled["value"] / top).to_numpy(), step="post", color=look.colour
    )
    ratio = rows["unit"].iloc[0] == "1"
    axes.text(1.01, 0.5, f"{style.percent(top) if ratio else f'{top:,.0f}'}", **beside)


def _silent(table: pd.DataFrame, change: Change, bucket_seconds: int) -> list[str]:
    """Name the planes that all but stop while requests fail, and that usually do not.

    Buckets in which a plane speaks are counted, not its records: a burst does not make up for a silence.
    """
    if not change.found:
        return []
    in_data = (table["time_utc"] >= change.first_utc) & (table["time_utc"] <= change.last_utc)
    inside = (table["time_utc"] >= change.begin) & (table["time_utc"] < change.end)
    during = (change.end - change.begin).total_seconds() / bucket_seconds
    others = (change.last_utc - change.first_utc).total_seconds() / bucket_seconds - during
    silent = []
    for plane in _PLANES[: _PLANES.index("waiting for pool")]:
        spoke = table["plane"] == plane
        usual = (spoke & in_data & ~inside).sum() / max(others, 1)
        if usual >= _USUAL and (spoke & inside).sum() / max(during, 1) < _SILENT * usual:
            silent.append(plane)
    return silent


def _title(change: Change, silent: list[str]) -> str:
    if not change.found:
        return "No sustained change: what each source recorded, side by side"
    when = f"From {style.clock(change.begin)} {change.until()}"
    if not silent:
        return f"{when} requests fail, and no source falls silent"
    return f"{when} requests fail; silent meanwhile: {style.listed(silent)}"


def _alt(table: pd.DataFrame, silent: list[str], change: Change) -> str:
    words = []
    for plane in _PLANES:
        rows = table[table["plane"] == plane]
        if rows.empty:
            words.append(f"{plane}: nothing recorded")
        elif rows["unit"].iloc[0] == "record":
            words.append(f"{plane}: {style.number(rows['value'].sum(), 'record')}")
        else:
            words.append(f"{plane}: from {rows['value'].min():.2g} to {rows['value'].max():.2g}")
    end = f" Silent during the failures: {style.listed(silent)}." if silent else ""
    span = f"{change.first_utc:%Y-%m-%d %H:%M} to {change.last_utc:%H:%M} UTC"
    return f"One row a source of evidence over {span}. {'; '.join(words)}.{end}"
