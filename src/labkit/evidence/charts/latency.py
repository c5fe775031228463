"""A chart of how long requests take: median and tail over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.evidence.charts import style
from labkit.evidence.charts.change import Change, read_change
from labkit.evidence.charts.chart import Chart

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from matplotlib.axes import Axes

_BANDS = (
    ("p99_ms", "99 in 100 take no longer"),
    ("p95_ms", "95 in 100"),
    ("p50_ms", "half of them (median)"),
)


def latency_bands(con: duckdb.DuckDBPyConnection, *, bucket_seconds: int = 60) -> Chart:
    """Draw the median and the 95th and 99th percentile of the requests' time, on a logarithmic axis.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned.
    bucket_seconds : int
        Width of one bucket of time, in seconds.

    Returns
    -------
    Chart
        Its table has one row a bucket, as in the query ``latency_over_time``; times in ms.

    Raises
    ------
    LabError
        When no request has a duration.
    """
    from labkit.evidence.queries import query

    change = read_change(con)
    table = query(con, "latency_over_time", bucket_seconds=bucket_seconds).df()
    if table.empty:
        raise LabError("no request in the evidence has a duration, so there is nothing to draw")
    phases = _medians(con, change)
    title = _title(change, phases)
    figure = style.new_figure()
    style.headline(figure, title)
    axes = figure.subplots()
    style.time_axis(axes, *style.span_of(table, bucket_seconds))
    style.plain_axes(axes, "time of a request (ms)")
    _scale(axes, table)
    if change.found:
        axes.axvspan(change.begin, change.end, color=style.SHADE, zorder=0)  # type: ignore[arg-type]
    rows = style.with_gaps(table, bucket_seconds)
    for (column, label), look in zip(_BANDS, style.LOOKS, strict=False):
        style.steps(axes, rows, column, look, label)
    style.legend(figure)
    return Chart(figure, title, _alt(table, phases, bucket_seconds), table)


def _scale(axes: Axes, table: pd.DataFrame) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    positive = table["p50_ms"][table["p50_ms"] > 0]
    low = float(positive.min()) if len(positive) else 1.0
    high = max(float(table["p99_ms"].max()), low)
    axes.set_ylim(low / 2, high * 2)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda ms, _: f"{ms:,g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _medians(con: duckdb.DuckDBPyConnection, change: Change) -> dict[str, tuple[float, float]]:
    """Read median and 95th percentile of each phase, in ms."""
    from labkit.evidence.queries import query

    onset = change.begin if change.found else None
    rows = query(con, "before_during_after", onset_utc=onset, recovery_utc=change.recovery_utc)
    found = rows.project("phase, p50_ms, p95_ms").fetchall()
    return {phase: (p50, p95) for phase, p50, p95 in found if p50 is not None}


def _title(change: Change, phases: dict[str, tuple[float, float]]) -> str:
    if "before" in phases and "during" in phases and change.onset_utc is not None:
        before, during = phases["before"][0], phases["during"][0]
        verb = "rises" if during > 1.2 * before else "falls" if during < before / 1.2 else "hardly moves:"
        return (
            f"The median request {verb} from {style.milliseconds(before)} to {style.milliseconds(during)} "
            f"at {style.clock(change.onset_utc)} UTC"
        )
    p50, p95 = phases.get("all") or next(iter(phases.values()))
    return f"Half of the requests take up to {style.milliseconds(p50)}, 95 % up to {style.milliseconds(p95)}"


def _alt(table: pd.DataFrame, phases: dict[str, tuple[float, float]], bucket_seconds: int) -> str:
    words = [
        f"{phase}: median {style.milliseconds(p50)}, 95 % within {style.milliseconds(p95)}"
        for phase, (p50, p95) in phases.items()
    ]
    return (
        f"Line chart of the time of requests in buckets of {bucket_seconds} s, logarithmic axis, "
        f"longest 99th percentile {style.milliseconds(table['p99_ms'].max())}. {'; '.join(words)}."
    )
