"""A chart of the stretches of an incident: what lies between each event of a timeline and the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.evidence.charts import style
from labkit.evidence.charts.chart import Chart

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Moment = dt.datetime | str


def stretches(events: Iterable[tuple[str, Moment]]) -> Chart:
    """Draw how long each stretch of an incident took, one bar from each event to the next.

    Parameters
    ----------
    events : iterable of (str, datetime or str)
        What happened and when, in order; a time is a ``datetime`` or ISO text, and without a zone it is UTC.
        At least two.

    Returns
    -------
    Chart
        Its table has one row a stretch: ``stretch``, ``from_utc``, ``until_utc``, ``minutes`` and ``share``
        of the whole.

    Raises
    ------
    LabError
        Fewer than two events, a pair or a time that cannot be read, or an event before the one above it.

    Examples
    --------
    >>> day = "1970-01-01"
    >>> chart = stretches([("onset", f"{day} 10:00"), ("report", f"{day} 10:20"), ("end", f"{day} 10:30")])
    >>> chart.title
    '20 of 30 minutes passed from onset to report'
    """
    table = _table(_read(events))
    longest = int(table["minutes"].argmax())
    minutes, whole = _minutes(table["minutes"].iloc[longest]), _minutes(table["minutes"].sum())
    title = f"{minutes} of {whole} minutes passed from {table['stretch'].iloc[longest]}"
    figure = style.new_figure(1.8 + 0.42 * len(table))
    style.headline(figure, title)
    axes = figure.subplots()
    style.plain_axes(axes, "")
    _bars(axes, table)
    return Chart(figure, title, _alt(table), table)


def _read(events: Iterable[tuple[str, Moment]]) -> list[tuple[str, dt.datetime]]:
    try:
        read = [(str(name), _moment(time)) for name, time in events]
    except (TypeError, ValueError) as error:
        raise LabError(
            "this is no list of events",
            found=type(events).__name__,
            next_step='Write it as [("onset", "1970-01-01 10:00:00"), ...].',
        ) from error
    if len(read) < 2:
        raise LabError("a stretch needs two events", found=len(read))
    for (before, earlier), (after, later) in pairwise(read):
        if later < earlier:
            raise LabError(f"{after!r} happened before {before!r}", next_step="Put the events in order.")
    return read


def _moment(value: Moment) -> dt.datetime:
    moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, dt.datetime):
        raise TypeError(type(value).__name__)
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def _table(events: list[tuple[str, dt.datetime]]) -> pd.DataFrame:
    import pandas as pd

    rows = [(f"{a} to {b}", begin, end) for (a, begin), (b, end) in pairwise(events)]
    table = pd.DataFrame(rows, columns=["stretch", "from_utc", "until_utc"])
    table["minutes"] = (table["until_utc"] - table["from_utc"]).dt.total_seconds() / 60
    table["share"] = table["minutes"] / max(table["minutes"].sum(), 1e-9)
    return table


def _bars(axes: Axes, table: pd.DataFrame) -> None:
    from matplotlib.dates import date2num

    first, last = table["from_utc"].iloc[0], table["until_utc"].iloc[-1]
    longest = table["minutes"].idxmax()
    for row, (begin, end, minutes) in enumerate(
        zip(table["from_utc"], table["until_utc"], table["minutes"], strict=True)
    ):
        look = style.LOOKS[0 if row == longest else 1]
        left, right = float(date2num(begin)), float(date2num(end))  # type: ignore[no-untyped-call]
        axes.barh(
            row, right - left, left=left, color=look.colour, hatch=look.hatch, edgecolor="white", height=0.7
        )
        axes.text(right, row, f" {_minutes(minutes)} min", va="center", fontsize=style.TEXT, color=style.INK)
    axes.set_yticks(range(len(table)), list(table["stretch"]), fontsize=style.TEXT)
    axes.invert_yaxis()
    room = max((last - first) * 0.09, dt.timedelta(minutes=1))  # for the minutes right of the last bar
    style.time_axis(axes, first.to_pydatetime(), (last + room).to_pydatetime())


def _minutes(value: float) -> str:
    """Say minutes: whole ones from ten up, one digit below.

    Examples
    --------
    >>> _minutes(15.17), _minutes(8), _minutes(0.007)
    ('15', '8', '0')
    """
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")


def _alt(table: pd.DataFrame) -> str:
    said = [
        f"{stretch}, {_minutes(minutes)} min from {style.clock(begin)}"
        for stretch, begin, minutes in zip(table["stretch"], table["from_utc"], table["minutes"], strict=True)
    ]
    return f"Bars on an axis of UTC time, one a stretch between two events: {'; '.join(said)}."
