"""Random streams, their distributions, the waiting line and the lines made in bulk."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from labkit.simulation.pool import waits
from labkit.simulation.rows import common_log, decimal, hexadecimal, iso, template
from labkit.simulation.streams import Stream, exponential, lognormal_us, quantile


def test_a_stream_is_the_same_on_every_machine() -> None:
    """The first words of a stream are known: they depend on seed, name and block and on nothing else."""
    assert Stream(20231201, "ids", 3).words(2).tolist() == list(KNOWN_WORDS)


KNOWN_WORDS = (12065462435147314369, 4428295652329542151)


def test_streams_differ_in_seed_name_and_block() -> None:
    """Changing any part of the key gives other numbers."""
    keys = [(1, "a", 0), (2, "a", 0), (1, "b", 0), (1, "a", 1), (1, "a", -1)]
    assert len({Stream(*key).words(1)[0] for key in keys}) == len(keys)


def test_durations_follow_their_law() -> None:
    """The table's quantiles are those of the log-normal, to a part in a thousand."""
    table = lognormal_us(20.0, 0.5)
    found = quantile(table, np.array([0.5, 0.841344746, 0.158655254]))
    wanted = [20_000, 20_000 * math.exp(0.5), 20_000 * math.exp(-0.5)]
    assert found.tolist() == pytest.approx(wanted, rel=1e-3)


def test_gaps_have_their_mean_and_scatter() -> None:
    """Exponential draws have the mean that was asked for and a coefficient of variation of one."""
    drawn = quantile(exponential(1e6), Stream(1, "test", 0).uniform(200_000))
    assert drawn.mean() == pytest.approx(1e6, rel=0.01)
    assert drawn.std() / drawn.mean() == pytest.approx(1, rel=0.02)
    assert drawn.min() >= 0


def line(
    arrive: list[int], hold: list[int], servers: list[int], timeout: int = 100
) -> tuple[list[int], list[bool]]:
    """Let a few requests queue."""
    wait, gone = waits(*(np.array(x, dtype=np.int64) for x in (arrive, hold, servers)), timeout)
    return wait.tolist(), gone.tolist()


def test_nobody_waits_while_connections_are_free() -> None:
    """With as many connections as requests there is no waiting."""
    assert line([0, 1, 2], [10, 10, 10], [3, 3, 3]) == ([0, 0, 0], [False] * 3)
    assert line([], [], []) == ([], [])


def test_who_comes_first_is_served_first() -> None:
    """One connection: each waits for all before it."""
    assert line([0, 1, 2], [10, 10, 10], [1, 1, 1]) == ([0, 9, 18], [False] * 3)


def test_who_waits_too_long_leaves_and_takes_nothing() -> None:
    """After the timeout a request goes without a connection, and the next one is no later for it."""
    assert line([0, 1, 140], [150, 10, 10], [1, 1, 1]) == ([0, 100, 10], [False, True, False])


def test_a_larger_pool_serves_at_once_and_a_smaller_one_waits() -> None:
    """Connections that are added help from then on; those that are taken away are missed."""
    assert line([0, 1, 2], [50, 50, 50], [1, 1, 2]) == ([0, 49, 0], [False] * 3)
    assert line([0, 1, 60, 61], [50, 50, 50, 50], [2, 2, 1, 1])[0] == [0, 0, 0, 49]


def test_lines_are_filled_by_column() -> None:
    """A template puts each field's text in its place, in the order that is asked for."""
    made = template('{"t":"«iso»Z","id":"«span»","user":"«user»"}')
    when = np.array([1_701_441_000_000_001, 1_701_441_000_999_999])
    columns = {
        "iso": iso(when),
        "span": hexadecimal(np.array([1, 2**64 - 1], dtype=np.uint64)),
        "user": decimal(np.array([7, 99_999]), 5),
    }
    assert made.fill(columns, np.array([1, 0])).tolist() == [
        b'{"t":"2023-12-01T14:30:00.999999Z","id":"ffffffffffffffff","user":"99999"}',
        b'{"t":"2023-12-01T14:30:00.000001Z","id":"0000000000000001","user":"00007"}',
    ]
    assert len(made.fill(columns, np.array([], dtype=np.int64))) == 0


def test_access_times_are_written_in_english_everywhere() -> None:
    """The month's name does not follow the machine's language."""
    for month, name in ((5, b"May"), (12, b"Dec")):
        when = np.array([int(dt.datetime(2023, month, 9, tzinfo=dt.UTC).timestamp()) * 10**6])
        assert bytes(common_log(when)[0]) == b"09/" + name + b"/2023:00:00:00"
    assert len(common_log(when[:0])) == 0
