"""The one look of all charts: sizes, colours with a second signal beside each, UTC axes, numbers in words."""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Sizes in points; the smallest is legible from the last row of a classroom.
TEXT, TITLE = 12, 15
#: Inches.
WIDTH, HEIGHT = 10.0, 5.2
_LINE = 78  # letters of a title that fit beside each other
INK, GRID, SHADE = "#222222", "#d9d9d9", "#f3e6c8"


@dataclass(frozen=True, slots=True)
class Look:
    """How one series is told from the others: by colour, line, marker and hatch at once."""

    colour: str
    line: str
    marker: str
    hatch: str


# The palette of Okabe and Ito (https://jfly.uni-koeln.de/color/), strongest contrast first, without yellow.
LOOKS = (
    Look("#D55E00", "-", "o", ""),
    Look("#0072B2", "--", "s", "//"),
    Look("#009E73", "-.", "^", "xx"),
    Look("#CC79A7", ":", "D", ".."),
    Look("#56B4E9", "-", "v", "\\\\"),
    Look("#E69F00", "--", "P", "++"),
    Look("#000000", "-.", "X", "oo"),
)


def new_figure(height: float = HEIGHT) -> Figure:
    """Make an empty figure of the house's width; no pyplot, so no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")
    figure.get_layout_engine().set(h_pad=0.03, w_pad=0.1, hspace=0)  # type: ignore[union-attr, call-arg]
    FigureCanvasAgg(figure)
    return figure


def headline(figure: Figure, title: str) -> None:
    """Write the finding over the picture, in lines of about the same length that fit."""
    lines = math.ceil(len(title) / _LINE)
    text = textwrap.fill(title, min(_LINE, len(title) // lines + 8))
    figure.suptitle(text, x=0.01, ha="left", fontsize=TITLE, fontweight="bold", color=INK)


def plain_axes(axes: Axes, ylabel: str) -> None:
    """Give axes the house's ink, grid and letter size."""
    axes.set_ylabel(ylabel, fontsize=TEXT, color=INK)
    axes.tick_params(labelsize=TEXT, colors=INK)
    axes.grid(True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def time_axis(axes: Axes, first: dt.datetime, last: dt.datetime) -> None:
    """Label the horizontal axis with UTC times and the date, or dates, that they belong to."""
    from matplotlib.dates import AutoDateLocator, DateFormatter

    one_day = first.date() == last.date()
    short = last - first < dt.timedelta(minutes=5)
    axes.set_xlim(first, last)  # type: ignore[arg-type]
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=4, maxticks=8))  # type: ignore[no-untyped-call]
    pattern = ("%H:%M:%S" if short else "%H:%M") if one_day else "%m-%d %H:%M"
    axes.xaxis.set_major_formatter(DateFormatter(pattern))  # type: ignore[no-untyped-call]
    dates = f"{first:%Y-%m-%d}" if one_day else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    axes.set_xlabel(f"time (UTC), {dates}", fontsize=TEXT, color=INK)


def percent_axis(axes: Axes) -> None:
    """Show ratios as per cent, from 0 to a little over 100."""
    from matplotlib.ticker import PercentFormatter

    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0])
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))


def whole_minute(moment: dt.datetime) -> dt.datetime:
    """Cut a time to its minute."""
    return moment.replace(second=0, microsecond=0)


def span_of(table: pd.DataFrame, bucket_seconds: int) -> tuple[dt.datetime, dt.datetime]:
    """Tell the time that the buckets of a table cover: from the first one's start to the last one's end."""
    first, last = table["time_utc"].min(), table["time_utc"].max()
    return first.to_pydatetime(), last.to_pydatetime() + dt.timedelta(seconds=bucket_seconds)


def steps(axes: Axes, rows: pd.DataFrame, column: str, look: Look, label: str = "") -> None:
    """Draw one value a bucket as steps; a series with a name also has markers, a second signal."""
    axes.plot(
        rows["time_utc"].to_numpy(),
        rows[column].to_numpy(),
        drawstyle="steps-post",
        color=look.colour,
        linestyle=look.line,
        marker=look.marker if label else None,
        markevery=max(1, len(rows) // 24),
        markersize=6,
        linewidth=2.2,
        label=label or None,
        clip_on=False,
        zorder=3,
    )


def legend(figure: Figure) -> None:
    """Name the series below the picture, where the names cover nothing."""
    figure.legend(
        loc="outside lower center",
        ncols=4,
        fontsize=TEXT,
        labelcolor=INK,
        frameon=False,
        handlelength=3.2,
    )


def percent(ratio: float) -> str:
    """Say a ratio in per cent: two significant digits below 10 %, whole numbers above.

    Examples
    --------
    >>> percent(0.0042), percent(0.83), percent(0), percent(1), percent(0.9996)
    ('0.42 %', '83 %', '0 %', '100 %', '99.96 %')
    """
    value = 100 * float(ratio)
    if 99 < value < 100:
        return f"{min(value, 99.99):.2f} %"
    return f"{value:.2g} %" if 0 < value < 9.95 else f"{value:.0f} %"


def milliseconds(value: float) -> str:
    """Say a duration given in ms, with its unit.

    Examples
    --------
    >>> milliseconds(3.14159), milliseconds(42.4), milliseconds(2003)
    ('3.1 ms', '42 ms', '2,003 ms')
    """
    return f"{value:.2g} ms" if 0 < value < 9.95 else f"{value:,.0f} ms"


def number(count: float, noun: str = "") -> str:
    """Say a count with its noun: '1 request', '20,012 requests'."""
    text = f"{int(count):,}"
    if not noun:
        return text
    return f"{text} {noun}" if int(count) == 1 else f"{text} {noun}s"


def clock(moment: dt.datetime) -> str:
    """Say a time of day: with seconds only where they are not zero."""
    return f"{moment:%H:%M}" if moment.second == 0 else f"{moment:%H:%M:%S}"


def listed(parts: Iterable[str]) -> str:
    """Join with commas and a last 'and'."""
    items = list(parts)
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def with_gaps(frame: pd.DataFrame, bucket_seconds: int) -> pd.DataFrame:
    """Put an empty row after the last bucket before each gap and after the last of all.

    Drawn in steps, each bucket then reaches to its own end, and no line bridges a gap.
    """
    import pandas as pd

    times = frame["time_utc"]
    step = pd.Timedelta(seconds=bucket_seconds)
    ends = times[~(times + step).isin(times)] + step
    return pd.concat([frame, pd.DataFrame({"time_utc": ends})]).sort_values(
        "time_utc", kind="stable", ignore_index=True
    )
