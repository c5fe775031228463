"""Mark what happened on a time axis, with labels that never lie upon each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labkit.evidence.charts.style import INK, TEXT, clock

if TYPE_CHECKING:
    import duckdb
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LANE_INCHES = 0.27
_MOST = 10
_PAD = 0.006  # of the width of the axes
_AXES_SHARE = 0.86  # of the width of the picture, at the least


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened at one time."""

    time_utc: dt.datetime
    label: str

    @property
    def short(self) -> str:
        """The event with hour and minute, for a mark."""
        return f"{self.time_utc:%H:%M} {self.label}"

    def __str__(self) -> str:
        return f"{clock(self.time_utc)} {self.label}"


@dataclass(frozen=True, slots=True)
class Placed:
    """One label on the strip: where its line stands and what it covers, as shares of the width."""

    x: float
    left: float
    right: float
    lane: int = 0


def read_events(con: duckdb.DuckDBPyConnection, onset_utc: dt.datetime | None) -> tuple[Event, ...]:
    """Read the events worth a mark: deployments, the first report and the first page after onset."""
    from labkit.evidence.queries import query

    rows = query(con, "events", onset_utc=onset_utc).project("time_utc, label").fetchall()
    return tuple(Event(time, label) for time, label in rows)


def within(events: Sequence[Event], first: dt.datetime, last: dt.datetime) -> tuple[Event, ...]:
    """Keep the events that lie on the axis; the first ones, where there are too many to be told apart."""
    return tuple(e for e in events if first <= e.time_utc <= last)[:_MOST]


def place(spans: Sequence[tuple[float, float]]) -> tuple[Placed, ...]:
    """Give each label, from its place and width, the lowest lane where nothing crosses it.

    A label stands right of its line, or left of it where it would leave the axes.

    Examples
    --------
    >>> [p.lane for p in place([(0.1, 0.3), (0.2, 0.3), (0.9, 0.3)])]
    [1, 0, 0]
    """
    labels = [_beside(x, width) for x, width in spans]
    leftward = sorted((i for i, p in enumerate(labels) if p.left < p.x), key=lambda i: labels[i].x)
    rightward = sorted((i for i, p in enumerate(labels) if p.left >= p.x), key=lambda i: -labels[i].x)
    done: dict[int, Placed] = {}
    for i in [*leftward, *rightward]:
        lanes = (replace(labels[i], lane=lane) for lane in range(len(spans)))
        free = (tried for tried in lanes if not any(_meet(tried, other) for other in done.values()))
        done[i] = next(free, replace(labels[i], lane=len(spans) - 1))
    return tuple(done[i] for i in range(len(spans)))


def _beside(x: float, width: float) -> Placed:
    return Placed(x, x, x + width) if x + width <= 1 else Placed(x, x - width, x)


def _meet(one: Placed, other: Placed) -> bool:
    low, high = sorted((one, other), key=lambda p: p.lane)
    if low.lane == high.lane:
        return low.left < high.right and high.left < low.right
    return low.left - _PAD < high.x < low.right + _PAD


def mark(figure: Figure, strip: Axes, axes: Axes, events: Sequence[Event]) -> int:
    """Draw the events' lines through the axes and their labels on the strip above; return the lanes used."""
    from matplotlib.dates import date2num

    first, last = axes.get_xlim()
    days = [float(date2num(event.time_utc)) for event in events]  # type: ignore[no-untyped-call]
    shares = ((day - first) / (last - first) for day in days)
    placed = place([(x, _width(figure, event.short)) for x, event in zip(shares, events, strict=True)])
    lanes = max((p.lane for p in placed), default=-1) + 1
    strip.set(xlim=(0, 1), ylim=(0, max(lanes, 1)))
    strip.axis("off")
    for event, day, label in zip(events, days, placed, strict=True):
        axes.axvline(day, color=INK, linewidth=1, linestyle=(0, (4, 2)), zorder=1.5)
        strip.plot([label.x, label.x], [0, label.lane + 0.8], color=INK, linewidth=1, clip_on=False)
        _write(strip, event.short, label)
    return lanes


def _write(strip: Axes, text: str, label: Placed) -> None:
    left = label.left < label.x
    x, side = (label.x - _PAD, "right") if left else (label.x + _PAD, "left")
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    strip.text(x, label.lane + 0.45, text, fontsize=TEXT, color=INK, va="center", ha=side, bbox=box)


def _width(figure: Figure, text: str) -> float:
    """Measure a label as a share of the width of the axes, before the picture is laid out."""
    from matplotlib.textpath import TextPath

    inches = TextPath((0, 0), text, size=TEXT).get_extents().width / 72
    return float(inches / (_AXES_SHARE * figure.get_figwidth())) + 2 * _PAD
