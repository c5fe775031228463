"""Stack traces in the bank's evidence say what failed where, and nothing of the machine it ran on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from labkit.bank.web import stack_traces
from labkit.bank.web.stack_traces import place, stack_trace

HERE = [Path(__file__).resolve().parents[2].as_posix(), Path(sys.prefix).as_posix(), Path.home().as_posix()]


def fail():
    """Fail within a library, for a reason of our own."""
    try:
        json.loads("{")
    except ValueError as error:
        raise LookupError("no settings") from error


def test_every_frame_keeps_its_line_and_loses_its_machine():
    """Cause and consequence are told with function, line and code, as of an installed program."""
    with pytest.raises(LookupError) as caught:
        fail()
    told = stack_trace(caught.value)
    assert f'"/usr/lib/python3.{sys.version_info[1]}/json/decoder.py", line ' in told
    assert "The above exception was the direct cause of the following exception:" in told
    assert 'raise LookupError("no settings") from error' in told
    assert told.endswith("LookupError: no settings\n")
    assert not [folder for folder in HERE if folder in told]


def test_each_error_of_a_group_loses_its_machine():
    """Errors that were raised together are told together."""
    with pytest.raises(ExceptionGroup) as caught:
        try:
            fail()
        except LookupError as error:
            raise ExceptionGroup("both", [error, KeyError("b")]) from None
    told = stack_trace(caught.value)
    assert "LookupError: no settings" in told
    assert "KeyError: 'b'" in told
    assert not [folder for folder in HERE if folder in told]


def test_an_error_that_is_its_own_context_ends():
    """A circle of causes is told once."""
    one, two = ValueError("one"), ValueError("two")
    one.__context__, two.__context__ = two, one
    assert stack_trace(one).count("ValueError: one") >= 1


@pytest.mark.parametrize(
    ("file", "there"),
    [
        (Path(stack_traces.__file__), "/opt/bank/bank/web/stack_traces.py"),
        (Path(sys.modules["labkit.core"].__file__), "/opt/bank/labkit/core/__init__.py"),
        (
            Path(pytest.__file__),
            f"/opt/bank/.venv/lib/python3.{sys.version_info[1]}/site-packages/pytest/__init__.py",
        ),
        (Path(json.__file__), f"/usr/lib/python3.{sys.version_info[1]}/json/__init__.py"),
        (Path(__file__), "/opt/bank/test_stack_traces.py"),
    ],
)
def test_each_kind_of_file_has_a_place(file, there):
    """The bank's files, this package's, libraries, Python's own, and any other."""
    assert place(str(file)) == there


def test_what_is_no_file_keeps_its_name():
    """Code that was never in a file is named as Python names it."""
    assert place("<frozen runpy>") == "<frozen runpy>"
