"""The chart of stretches: what is told follows from the events, and what cannot be drawn is said."""

from __future__ import annotations

import datetime as dt

import pytest

from labkit.core.errors import LabError
from labkit.evidence import charts

DAY = "2024-02-29"
EVENTS = [("onset", f"{DAY} 10:00:00"), ("report", f"{DAY} 10:20:00"), ("end", f"{DAY} 10:25:30")]


def test_the_title_names_the_longest_stretch() -> None:
    """The finding is the longest stretch and its part of the whole, wherever it lies."""
    assert charts.stretches(EVENTS).title == "20 of 26 minutes passed from onset to report"
    late = [*EVENTS, ("review", f"{DAY} 12:00:00")]
    assert charts.stretches(late).title == "94 of 120 minutes passed from end to review"


def test_the_table_has_one_row_a_stretch() -> None:
    """Minutes and shares are those between neighbours, and the shares make one."""
    table = charts.stretches(EVENTS).table
    assert table["stretch"].tolist() == ["onset to report", "report to end"]
    assert table["minutes"].tolist() == [20, 5.5]
    assert table["share"].sum() == pytest.approx(1)


def test_the_words_hold_every_number() -> None:
    """Who cannot see the bars reads each stretch with its minutes and its begin."""
    chart = charts.stretches(EVENTS)
    assert "onset to report, 20 min from 10:00" in chart.alt
    assert "report to end, 5.5 min from 10:20" in chart.alt
    assert chart.png().startswith(b"\x89PNG")


def test_times_with_a_zone_are_turned_to_utc() -> None:
    """A datetime, a text and a text with an offset of the same moments make the same picture."""
    zone = dt.timezone(dt.timedelta(hours=5, minutes=30))
    mixed = [
        ("onset", dt.datetime(2024, 2, 29, 15, 30, tzinfo=zone)),
        ("report", f"{DAY}T10:20:00Z"),
        ("end", dt.datetime(2024, 2, 29, 10, 25, 30)),  # noqa: DTZ001 - no zone means UTC here
    ]
    assert charts.stretches(mixed).alt == charts.stretches(EVENTS).alt


def test_events_of_one_moment_are_drawn() -> None:
    """Two events at the same time make a stretch of 0 minutes, and no error."""
    same = [("trigger", f"{DAY} 10:00:00"), ("onset", f"{DAY} 10:00:00")]
    assert charts.stretches(same).title == "0 of 0 minutes passed from trigger to onset"


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (..., "no list of events"),
        ([("onset", 14)], "no list of events"),
        (["onset"], "no list of events"),
        ([("onset", "half past two"), ("end", "later")], "no list of events"),
        (EVENTS[:1], "needs two events"),
        ([EVENTS[1], EVENTS[0]], "'onset' happened before 'report'"),
    ],
    ids=["ellipsis", "number", "no-pairs", "no-times", "one", "turned"],
)
def test_what_cannot_be_drawn_is_said(events: object, said: str) -> None:
    """Whatever a student passes, the message says what is wrong with it."""
    with pytest.raises(LabError, match=said):
        charts.stretches(events)  # type: ignore[arg-type]
