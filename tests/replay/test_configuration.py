"""A configuration prints as code that runs again, refuses what cannot be, and hides passwords."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labkit
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError

CLOCKS = st.sampled_from(["as recorded", "14:45", "15:30:05", "2023-12-01 16:00:00"])
CONFIGURATIONS = st.builds(
    labkit.Configuration,
    dsn_before=st.sampled_from(["as recorded", "postgresql://a@b.example/c"]),
    dsn_after=st.sampled_from(
        ["as deployed", "as corrected", "postgresql://u:pw@h.example:5433/d", "postgress://u:pw@h/d", ""]
    ),
    rollback=st.one_of(CLOCKS, st.just("never")),
    workers=st.sampled_from([1, 1.5, 3]),
    workers_at=CLOCKS,
    pool_size=st.one_of(st.none(), st.integers(1, 50)),
    pool_timeout_s=st.one_of(st.none(), st.floats(0.05, 30)),
    detection=st.sampled_from(["people", "burn rate", "threshold"]),
    connectivity_test=st.booleans(),
    canary=st.floats(0, 1),
    manual_ledger=st.booleans(),
    retries=st.integers(0, 5),
    retry_after_s=st.floats(0.05, 10),
    retry_jitter=st.booleans(),
)


@given(CONFIGURATIONS)
def test_it_prints_as_code_that_makes_it_again(configuration):
    """Running what a configuration prints gives an equal one, and so does its dictionary."""
    again = eval(repr(configuration), {"labkit": labkit})
    assert again == configuration
    assert labkit.Configuration.from_dict(configuration.as_dict()) == configuration


@given(CONFIGURATIONS)
def test_no_password_is_left_in_it(configuration):
    """A password that was written is nowhere in the value; that there was another one is kept."""
    assert ":pw@" not in repr(configuration) + str(configuration.as_dict())
    assert (configuration.password_after == "another") == (":***@" in configuration.dsn_after)


def test_a_masked_password_is_the_recorded_one():
    """Three stars stand for the password that was in force."""
    configuration = labkit.Configuration(dsn_after="postgresql://u:***@h.example/d")
    assert configuration.password_after == "as recorded"


def test_it_takes_a_dsn_and_a_datetime():
    """What other parts of the lab give fits: a Dsn, and times with or without a zone."""
    local = dt.datetime(2023, 12, 1, 15, 45, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    configuration = labkit.Configuration(dsn_after=Dsn.parse("host=h.example dbname=d"), rollback=local)
    assert (configuration.dsn_after, configuration.rollback) == (
        "postgresql://h.example/d",
        "2023-12-01 14:45:00",
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rollback": "quarter to three"}, "rollback is no time"),
        ({"rollback": 14}, "rollback is no time"),
        ({"workers_at": "never"}, "never"),
        ({"workers": 0}, "workers cannot have this value: 0"),
        ({"workers": True}, "workers cannot have this value"),
        ({"pool_size": 2.5}, "whole number"),
        ({"canary": 2}, "from 0 to 1"),
        ({"retries": 11}, "from 0 to 10"),
        ({"detection": "burnrate"}, "Did you mean 'burn rate'"),
        ({"connectivity_test": "yes"}, "is a switch"),
        ({"dsn_after": 5432}, "no connection string"),
        ({"password_after": "tr0ub4dor"}, "no password of that name"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(values, words):
    """Each wrong value is an error that says what would do, and never quotes a password."""
    with pytest.raises(LabError) as caught:
        labkit.Configuration(**values)
    assert words in str(caught.value)
    assert "tr0ub4dor" not in str(caught.value)


def test_an_unknown_part_is_refused():
    """A name that no configuration has is an error with the nearest one that it has."""
    with pytest.raises(LabError, match="Did you mean 'rollback'"):
        labkit.Configuration.from_dict({"roll_back": "14:45"})


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:***@h.example:5432/",  # written anew without the slash
        "postgresql://:***@h.example/d",
        "host=h.example user=u password=*** dbname=d",
        "postgresql://%C3%BC:***@%3A%3A1/d",
        "postgresql://u@h.example/d",
    ],
)
def test_only_a_written_password_is_another_one(text):
    """However a string is written anew, stars stay the recorded password, and none stays none."""
    assert labkit.Configuration(dsn_after=text).password_after == "as recorded"


@pytest.mark.parametrize("when", ["2023-13-45 14:45", "2023-02-30T14:45:00"])
def test_a_day_that_is_none_is_refused(when):
    """A day that no calendar has is told like any other wrong time."""
    with pytest.raises(LabError, match="rollback is no time"):
        labkit.Configuration(rollback=when)
