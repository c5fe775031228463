"""The examples in the docstrings of core run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import labkit.core

MODULES = [module.name for module in pkgutil.iter_modules(labkit.core.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    """Each example in a module's docstrings gives what stands below it."""
    module = importlib.import_module(f"labkit.core.{name}")
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def test_there_are_examples() -> None:
    """The modules of connection strings have examples to run."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = finder.find(importlib.import_module("labkit.core.dsn"))
    assert sum(len(test.examples) for test in found) >= 10
