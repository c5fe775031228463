"""Draw a replay's course over the record's, in the console's code: the replay solid, the record dashed.

It is drawn for a third of a screen: its letters are as large as those around it.
"""

from __future__ import annotations

import datetime as dt
import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labkit.replay.result import Replay
    from labkit.replay.series import Series

#: What the two lines are called, here as in the console.
NAMES = {"line": "this replay", "ghost": "as recorded"}
_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _FOOT = 360, 132, 34, 8, 26, 24
_MINUTES = (5, 10, 15, 30, 60, 120, 240, 480, 1440)
_LABELS = 5


def draw_course(recorded: Replay, replayed: Replay) -> str:
    """Draw the share of failed requests by the minute, of a replay and of the record, as SVG.

    Parameters
    ----------
    recorded, replayed : Replay
        The record itself, and what would have been; of one recording.
    """
    now, was = replayed.minutes, recorded.minutes
    paths = (("ghost", was), ("line", now))
    body = "".join(f'<path class="{name}" d="{_steps(series)}"/>' for name, series in paths)
    said = html.escape(_words(now, was), quote=True)
    return (
        f'<svg class="course" viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{said}">'
        f"{_frame()}{''.join(_hours(was))}{body}</svg>"
    )


def key() -> str:
    """Write which line is which, once for all courses of a page."""
    said = "".join(f'<span class="key {name}">{words}</span>' for name, words in NAMES.items())
    return f'<p class="keys" aria-hidden="true">{said}</p>'


def _words(now: Series, was: Series) -> str:
    def total(series: Series) -> str:
        worst = float(max(series.error_ratio, default=0.0))
        failed, requests = int(series.failed.sum()), int(series.requests.sum())
        return f"{failed:,} of {requests:,} requests fail, at most {worst:.0%} in a minute"

    return (
        "Line chart of failed requests (%) by the minute (UTC). "
        f"Solid line, this replay: {total(now)}. Dashed line, as recorded: {total(was)}."
    )


def _y(ratio: float) -> float:
    return _TOP + (_HIGH - _TOP - _FOOT) * (1 - ratio)


def _x(minute: float, minutes: int) -> float:
    return _LEFT + (_WIDE - _LEFT - _RIGHT) * minute / minutes


def _steps(series: Series) -> str:
    """Write the line of steps: each minute keeps its value from its beginning to its end."""
    ratios = [float(one) for one in series.error_ratio]
    ends = [(_x(n, len(ratios)), _x(n + 1, len(ratios)), _y(ratio)) for n, ratio in enumerate(ratios)]
    points = [f"{x:.1f} {y:.1f}" for begin, end, y in ends for x in (begin, end)]
    return f"M{'L'.join(points)}"


def _frame() -> str:
    low, high = _y(0), _y(1)
    return (
        f'<text x="{_LEFT}" y="{_TOP - 11}">failed requests (%) by time (UTC)</text>'
        f'<path class="axis" d="M{_LEFT} {low}H{_WIDE - _RIGHT}"/>'
        f'<text x="{_LEFT - 5}" y="{high + 8}" text-anchor="end">100</text>'
        f'<text x="{_LEFT - 5}" y="{low + 4}" text-anchor="end">0</text>'
    )


def _hours(series: Series) -> Iterator[str]:
    """Mark round times below the axis, as many as have room."""
    minutes = len(series.start_us)
    begin = int(series.start_us[0]) // 60_000_000 if minutes else 0
    apart = next((one for one in _MINUTES if minutes / one <= _LABELS), _MINUTES[-1])
    for at in range(-(-begin // apart) * apart, begin + minutes, apart):
        x = _x(at - begin, minutes)
        words = min(max(x, 18), _WIDE - 20)
        clock = dt.datetime.fromtimestamp(at * 60, dt.UTC)
        yield (
            f'<path class="grid" d="M{x:.1f} {_TOP}V{_HIGH - _FOOT}"/>'
            f'<text x="{words:.1f}" y="{_HIGH - 6}" text-anchor="middle">{clock:%H:%M}</text>'
        )
