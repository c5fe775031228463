"""The examples in the docstrings of every module run as they stand."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import labkit

ROOT = Path(__file__).resolve().parents[2]
MODULES = ["labkit", *sorted(module.name for module in pkgutil.walk_packages(labkit.__path__, "labkit."))]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_examples_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example gives what its docstring shows, run in the project's folder."""
    monkeypatch.chdir(ROOT)
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0


def test_most_rooms_have_examples() -> None:
    """There is something to run: dozens of examples in each room."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    rooms = ("core", "evidence", "simulation", "replay", "bank", "classroom")
    found = {
        room: sum(
            len(test.examples)
            for name in MODULES
            if name.startswith(f"labkit.{room}.") and not name.endswith("__main__")
            for test in finder.find(importlib.import_module(name))
        )
        for room in rooms
    }
    assert min(found.values()) >= 20, found
