"""Charts of the error ratio over time: as it was, and as recorded beside replayed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.evidence.charts import style
from labkit.evidence.charts.change import Change, read_change
from labkit.evidence.charts.chart import Chart
from labkit.evidence.charts.events import LANE_INCHES, Event, mark, read_events, within

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = ("time_utc", "requests", "failed", "error_ratio")


def error_ratio(con: duckdb.DuckDBPyConnection, *, bucket_seconds: int = 60) -> Chart:
    """Draw the share of failed requests over time, with what happened marked on it.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned.
    bucket_seconds : int
        Width of one bucket of time, in seconds.

    Returns
    -------
    Chart
        Its table has one row a bucket, as in the query ``error_ratio``.

    Raises
    ------
    LabError
        When the evidence holds no request.
    """
    from labkit.evidence.queries import query

    change = read_change(con)
    table = query(con, "error_ratio", bucket_seconds=bucket_seconds).df()
    if table.empty:
        raise LabError("every request in the evidence is a health check, so there is nothing to draw")
    span = style.span_of(table, bucket_seconds)
    events = within(read_events(con, change.onset_utc), *span)
    title = _title(con, change, table)
    figure, axes = _frame(title, span, events)
    if change.found:
        axes.axvspan(change.begin, change.end, color=style.SHADE, zorder=0)  # type: ignore[arg-type]
    style.steps(axes, style.with_gaps(table, bucket_seconds), "error_ratio", style.LOOKS[0])
    return Chart(figure, title, _alt(change, table, events, bucket_seconds), table)


def compare_error_ratio(
    recorded: pd.DataFrame,
    replayed: pd.DataFrame,
    *,
    recorded_label: str = "as recorded",
    replayed_label: str = "replayed",
    title: str | None = None,
    bucket_seconds: int = 60,
    events: Sequence[Event] = (),
) -> Chart:
    """Draw two courses of the error ratio on one picture.

    Parameters
    ----------
    recorded, replayed : pandas.DataFrame
        One row a bucket of time: ``time_utc``, ``requests``, ``failed``, ``error_ratio``, as the query
        ``error_ratio`` returns them.
    recorded_label, replayed_label : str
        Names of the two in the legend.
    title : str, optional
        The finding; by default a sentence with the failed requests of both.
    bucket_seconds : int
        Width of one bucket of time, in seconds.
    events : sequence of Event
        What to mark.

    Returns
    -------
    Chart
        Its table holds the rows of both, told apart by the column ``series``.

    Raises
    ------
    LabError
        When a column is missing, or both tables are empty.
    """
    import pandas as pd

    both = {recorded_label: recorded, replayed_label: replayed}
    for frame in both.values():
        _check(frame)
    table = pd.concat([f.loc[:, list(_COLUMNS)].assign(series=n) for n, f in both.items()], ignore_index=True)
    if table.empty:
        raise LabError("both tables are empty, so there is nothing to draw")
    said = title or _comparison(both)
    span = style.span_of(table, bucket_seconds)
    figure, axes = _frame(said, span, within(events, *span))
    for look, (name, frame) in zip(style.LOOKS, both.items(), strict=False):
        style.steps(axes, style.with_gaps(frame, bucket_seconds), "error_ratio", look, name)
    style.legend(figure)
    return Chart(figure, said, _comparison_alt(both, bucket_seconds), table)


def _frame(title: str, span: tuple[dt.datetime, dt.datetime], events: Sequence[Event]) -> tuple[Figure, Axes]:
    """Make the picture with its axes, the events' labels on a strip above them."""
    figure = style.new_figure()
    style.headline(figure, title)
    strip, axes = figure.subplots(2, 1, gridspec_kw={"height_ratios": [1, 9], "hspace": 0})
    style.time_axis(axes, *span)
    style.plain_axes(axes, "failed requests")
    style.percent_axis(axes)
    lanes = mark(figure, strip, axes, events)
    share = max(lanes * LANE_INCHES, 0.01)
    strip.get_gridspec().set_height_ratios([share, style.HEIGHT - share - 1.3])
    return figure, axes


def _title(con: duckdb.DuckDBPyConnection, change: Change, table: pd.DataFrame) -> str:
    requests, failed = int(table["requests"].sum()), int(table["failed"].sum())
    if not change.found:
        if failed == 0:
            return f"None of {style.number(requests, 'request')} fails"
        ratio = style.percent(failed / requests)
        return f"No sustained change: {ratio} of {style.number(requests, 'request')} fail"
    usual, during = style.percent(change.error_ratio_outside or 0), style.percent(change.error_ratio or 0)
    if change.onset_utc is None:
        return f"Errors stand at {during} when the data begin and stay {change.until()}, then {usual}"
    verb = "step" if _is_step(con, change) else "rise"
    at = f"{style.clock(change.onset_utc)} UTC"
    return f"Errors {verb} from {usual} to {during} at {at} and stay {change.until()}"


def _is_step(con: duckdb.DuckDBPyConnection, change: Change) -> bool:
    """Tell a step from a ramp: of the five minutes on either side of the onset none is half-way."""
    from labkit.evidence.queries import query

    begin, reach, level = change.begin, dt.timedelta(minutes=5), change.error_ratio or 0
    before = query(con, "error_ratio", from_utc=begin - reach, until_utc=begin).df()["error_ratio"]
    after = query(con, "error_ratio", from_utc=begin, until_utc=min(begin + reach, change.end)).df()[
        "error_ratio"
    ]
    return bool((before <= 0.4 * level).all() and (after >= 0.6 * level).all())


def _alt(change: Change, table: pd.DataFrame, events: Sequence[Event], bucket_seconds: int) -> str:
    top = table.sort_values(["error_ratio", "time_utc"], ascending=[False, True]).iloc[0]
    failed, requests = int(table["failed"].sum()), int(table["requests"].sum())
    parts = [
        f"Line chart of the error ratio in buckets of {bucket_seconds} s "
        f"from {change.first_utc:%Y-%m-%d %H:%M} to {change.last_utc:%H:%M} UTC: "
        f"{style.number(failed)} of {style.number(requests, 'request')} failed, "
        f"at most {style.percent(top['error_ratio'])} at {style.clock(top['time_utc'])}."
    ]
    if change.found:
        parts.append(
            f"Shaded: {style.clock(change.begin)} to {style.clock(change.end)}, with "
            f"{style.percent(change.error_ratio or 0)} failed against "
            f"{style.percent(change.error_ratio_outside or 0)} outside."
        )
    if events:
        parts.append(f"Marked: {style.listed(str(e) for e in events)}.")
    return " ".join(parts)


def _check(frame: pd.DataFrame) -> None:
    for name in _COLUMNS:
        if name not in frame.columns:
            raise LabError(
                "a table of the error ratio lacks a column",
                found=name,
                allowed=_COLUMNS,
                next_step="Take what labkit.query(con, 'error_ratio').df() returns.",
            )


def _totals(both: dict[str, pd.DataFrame]) -> list[tuple[str, int, int]]:
    return [(name, int(f["failed"].sum()), int(f["requests"].sum())) for name, f in both.items()]


def _comparison(both: dict[str, pd.DataFrame]) -> str:
    (one, failed, requests), (other, failed2, requests2) = _totals(both)
    ratio = [style.percent(k / n) if n else "none" for k, n in ((failed, requests), (failed2, requests2))]
    return f"{one[:1].upper()}{one[1:]}, {ratio[0]} of all requests fail; {other}, {ratio[1]}"


def _comparison_alt(both: dict[str, pd.DataFrame], bucket_seconds: int) -> str:
    words = [
        f"{name}: {style.number(k)} of {style.number(n, 'request')} failed" for name, k, n in _totals(both)
    ]
    return f"Line chart of the error ratio in buckets of {bucket_seconds} s. {'; '.join(words)}."
