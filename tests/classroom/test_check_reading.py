"""Values of many types and spellings are read as moments, lengths of time, numbers, words and parts."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.classroom.checks.connection import read_parts
from labkit.classroom.checks.durations import read_duration, show_duration
from labkit.classroom.checks.figures import read_number, show_number
from labkit.classroom.checks.moments import read_moment, show_moment
from labkit.classroom.checks.reading import UnreadableError, as_rows, unwrap
from labkit.classroom.checks.tables import read_table
from labkit.classroom.checks.words import read_choice, read_set
from labkit.core.dsn import Dsn

MOMENTS = st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@settings(deadline=None)
@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_in_every_zone(moment, minutes):
    """A moment written in any zone, with any separator, is the same moment."""
    local = moment.astimezone(dt.timezone(dt.timedelta(minutes=minutes)))
    us = (moment - EPOCH) // dt.timedelta(microseconds=1)
    for value in (
        local,
        local.isoformat(),
        local.isoformat(" "),
        str(moment.replace(tzinfo=None)),
        show_moment(us),
    ):
        assert read_moment(value) == us


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12))
def test_a_length_of_time_survives_its_showing(us):
    """What is shown of a length of time reads back as the same."""
    assert read_duration(show_duration(us)) == us
    assert read_duration(dt.timedelta(microseconds=us)) == us


@settings(deadline=None)
@given(st.floats(-1e12, 1e12).map(lambda x: round(x, 3)))
def test_a_number_survives_its_showing(number):
    """What is shown of a number reads back as nearly the same."""
    assert read_number(show_number(number, "requests"), "requests") == pytest.approx(number, rel=1e-5)


@pytest.mark.parametrize(
    ("value", "unit", "us"),
    [
        ("90", "seconds", 90e6),
        (1.5, "minutes", 90e6),
        ("1.5", "minutes", 90e6),
        ("1:30", "", 5400e6),
        ("0:01:30.5", "", 90.5e6),
        ("1 day, 2:00:00", "", 93600e6),
        ("-0:01:30", "", -90e6),
        ("PT1M30S", "", 90e6),
        ("P1DT1H", "", 90000e6),
        ("-PT2S", "", -2e6),
        ("1 h 30 min", "", 5400e6),
        ("1 hour and 1 second", "", 3601e6),
        ("2,5 s", "", 2.5e6),
        ("- 3 s", "", -3e6),
        ("150 ms", "", 150e3),
        (dt.time(0, 1, 30), "", 90e6),
        (np.float64(3), "hours", 10800e6),
    ],
)
def test_lengths_of_time_come_in_many_spellings(value, unit, us):
    """Clocks, ISO durations, words with units and plain numbers are read."""
    assert read_duration(value, unit) == us


@pytest.mark.parametrize(
    "value", ["1 fortnight", "", "P", "PT1.2.3S", None, True, dt.date(2023, 1, 1), [], object()]
)
def test_what_is_no_length_of_time_is_told(value):
    """Everything else is refused with how to write it."""
    with pytest.raises(UnreadableError, match="Write it as a timedelta"):
        read_duration(value)


@pytest.mark.parametrize(
    ("value", "unit", "number"),
    [
        ("43.2", "", 43.2),
        ("43.2 minutes", "minutes", 43.2),
        ("43.2 min", "minutes", 43.2),
        ("2 h", "minutes", 120),
        ("1 234 567", "", 1234567),
        ("1'234", "", 1234),
        ("12.5 %", "", 0.125),
        ("12.5 %", "%", 12.5),
        ("12.5", "%", 12.5),
        ("1e3", "", 1000),
        (".5", "", 0.5),
        ("-7.", "", -7),
        (dt.timedelta(hours=1), "minutes", 60),
        (np.timedelta64(90, "s").item(), "seconds", 90),
        ("1 request", "requests", 1),
    ],
)
def test_numbers_come_with_or_without_their_unit(value, unit, number):
    """Separators, per cent, and units of time are understood."""
    assert read_number(value, unit) == pytest.approx(number)


@pytest.mark.parametrize(
    "value", ["", "1.2.3", "twelve", "1e999", dt.timedelta(1), 1j, [], 10**400, "5 s", object()]
)
def test_what_is_no_number_is_told(value):
    """Everything else is refused with what it is."""
    with pytest.raises(UnreadableError, match="number"):
        read_number(value, "requests")


@pytest.mark.parametrize(
    "value", [dt.time(14, 30), "14:30", "2.30 pm", "12/01/2023 14:30", "1 Dec 2023", 1e5, [], object()]
)
def test_what_is_no_clear_moment_is_told(value):
    """A time without its date, an ambiguous date and other things are refused with how to write it."""
    with pytest.raises(UnreadableError, match="Write it in UTC"):
        read_moment(value)


def test_days_and_halves_of_days_are_understood():
    """A time of day is taken on the day that is given; noon and midnight are where they should be."""
    hour = 3_600_000_000
    assert [read_moment(text, "1970-01-01") // hour for text in ("12:00 am", "12:00 pm", "11:00 PM")] == [
        0,
        12,
        23,
    ]


@pytest.mark.parametrize(
    "value", [np.datetime64("1970-01-01T00:00:02"), np.array(["1970-01-01T00:00:02"], "M8[ns]")]
)
def test_numpy_times_are_moments(value):
    """numpy's times are taken out of their arrays."""
    assert read_moment(unwrap(value)) == 2_000_000


def test_numpy_times_in_rows_are_moments():
    """In a list of rows numpy's times and lengths are read as those of a frame; NaT is nothing."""
    rows = [("a", np.datetime64("1970-01-01T00:00:02")), ("b", np.datetime64("NaT"))]
    assert read_table(rows, ("host", "at"), ("text", "time")) == (("a", 2_000_000), ("b", None))
    lengths = [("a", np.timedelta64(5, "m"))]
    assert read_table(lengths, ("host", "seconds"), ("text", "number")) == (("a", 300.0),)


def test_words_are_compared_without_their_dress():
    """Case, quotes, space and the yes of a truth value do not count."""
    assert read_choice(True, ("yes", "no")) == "yes"
    assert read_choice(0, ("0", "1")) == "0"
    assert read_choice("`Wrong  Port`", ("wrong port",)) == "wrong port"
    assert read_choice("anything", ()) == "anything"
    assert read_set("a, b", ("a, b", "c")) == ("a, b",)
    assert read_set(np.array(["B", "a"]), ("a", "b")) == ("a", "b")
    assert read_set([("a",), "a"], ("a", "b")) == ("a",)


@pytest.mark.parametrize("value", [["z"], [["a"]], pd.DataFrame({"a": [1], "b": [2]}), ["a"] * 2000, 7, None])
def test_what_is_no_set_of_choices_is_told(value):
    """Unknown words, tables and other things are refused."""
    with pytest.raises(UnreadableError):
        read_set(value, ("a", "b"))


def test_parts_are_read_without_their_secrets():
    """A connection string in any form gives its parts by libpq's names, and never a password."""
    dsn = "postgresql://bank_app:pw@DB.example:5432/bank"
    parts = (("dbname", "bank"), ("host", "db.example"), ("port", "5432"), ("user", "bank_app"))
    assert read_parts(dsn) == read_parts(Dsn.parse(dsn)) == parts
    assert read_parts("host=DB.example port=5432 user=bank_app dbname=bank password=pw") == parts
    assert (
        read_parts(["port", 5432])
        == read_parts("port 5432")
        == read_parts("port: 5432")
        == (("port", "5432"),)
    )
    assert read_parts({"sslmode": None}) == read_parts("SSLMODE") == (("sslmode", ""),)


@pytest.mark.parametrize("value", ["", "hello world", "a=b", {"password": "pw"}, {1: 2}, 5, None, {}])
def test_what_is_no_part_is_told_and_never_quoted(value):
    """Other texts are refused, and what they held is not repeated."""
    with pytest.raises(UnreadableError) as caught:
        read_parts(value)
    assert "pw" not in str(caught.value)


def test_only_a_single_value_is_taken_out():
    """What holds one value gives it; what holds several stays as it is."""
    assert (
        unwrap(pd.DataFrame({"a": [3]}))
        == unwrap(pd.Series([3]))
        == unwrap(np.array([[3]]))
        == unwrap([[(3,)]])
        == 3
    )
    several = [1, 2]
    assert unwrap(several) is several
    assert as_rows(3) is None
