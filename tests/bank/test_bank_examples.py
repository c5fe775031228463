"""The examples in the docstrings of the room ``bank`` run as they stand."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import labkit.bank

MODULES = sorted(module.name for module in pkgutil.walk_packages(labkit.bank.__path__, "labkit.bank."))


@pytest.mark.parametrize("name", MODULES)
def test_bank_examples_run(name: str) -> None:
    """Each example gives what its docstring shows."""
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0
