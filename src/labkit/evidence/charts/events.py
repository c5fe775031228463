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

LANE_INCHES = 0.22
_MOST = 10
_LETTERS = 26
_PAD = 0.006  # of the width of the axes
_AXES_SHARE = 0.86  # of the width of the picture, at the least


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened at one time."""

    time_utc: dt.datetime
    label: str

    @property
    def short(self) -> str:
        """The event with hour and minute, in the few words that a mark has room for.

        Examples
        --------
        >>> Event(dt.datetime(2031, 5, 6, 9, 0), "Longer sessions, more memory and a new font").short
        '09:00 Longer sessions …'
        """
        return f"{self.time_utc:%H:%M} {_in_short(self.label)}"

    def __str__(self) -> str:
        return f"{clock(self.time_utc)} {self.label}"


def _in_short(label: str) -> str:
    """Keep whole words: of several things the first, of a long one its beginning."""
    if len(label) <= _LETTERS:
        return label
    first = label[: _LETTERS - 1].partition(",")[0]
    whole = first if "," in label[: _LETTERS - 1] else first.rpartition(" ")[0] or first
    return f"{whole.rstrip(' ,;:')} …"


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
    """Give each label, from its place and width, a side and a lane where nothing crosses it.

    The first labels stand right of their lines and the last ones left of them; as many as can stand right do.
    Where no such order fits into the axes, each label has a lane of its own and is moved inside.

    Examples
    --------
    >>> [p.lane for p in place([(0.1, 0.3), (0.2, 0.3), (0.9, 0.3)])]
    [1, 0, 0]
    """
    rank = {i: n for n, i in enumerate(sorted(range(len(spans)), key=lambda i: spans[i][0]))}
    for rightward in range(len(spans), -1, -1):
        labels = [
            Placed(x, x, x + width) if rank[i] < rightward else Placed(x, x - width, x)
            for i, (x, width) in enumerate(spans)
        ]
        lanes = _stack(labels)
        if lanes is not None:
            return tuple(replace(label, lane=lane) for label, lane in zip(labels, lanes, strict=True))
    moved = (max(0.0, min(x, 1 - width)) for x, width in spans)
    return tuple(
        Placed(x, left, left + width, len(spans) - 1 - rank[i])
        for i, ((x, width), left) in enumerate(zip(spans, moved, strict=True))
    )


def _stack(labels: Sequence[Placed]) -> list[int] | None:
    """Find lanes such that no line, on its way down, runs through a label; None where there are none."""
    if any(p.left < 0 or p.right > 1 for p in labels):
        return None
    pairs = [(i, j) for i in range(len(labels)) for j in range(len(labels)) if i != j]
    above = [(i, j) for i, j in pairs if _must_stand_above(labels[i], labels[j])]
    lanes = [0] * len(labels)
    for _ in range(len(labels) + 1):
        before = list(lanes)
        for high, low in above:
            lanes[high] = max(lanes[high], lanes[low] + 1)
        if lanes == before:
            return lanes
    return None  # two lines run through each other's labels


def _must_stand_above(one: Placed, other: Placed) -> bool:
    """Tell whether the other's line would run through this label, were it not below; ties go to the first."""
    if one.right + _PAD <= other.left or other.right + _PAD <= one.left:
        return False
    hit = one.left - _PAD < other.x < one.right + _PAD
    hits = other.left - _PAD < one.x < other.right + _PAD
    return hit or (not hits and one.x < other.x)


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
