"""The examples in the classroom's docstrings run, in the project's folder."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

from labkit.classroom import checks, leaks

ROOT = Path(__file__).resolve().parents[2]
MODULES = [
    "labkit.classroom.lab",
    "labkit.classroom.panel",
    "labkit.classroom.project",
    "labkit.classroom.student_query",
    *(f"labkit.classroom.checks.{module.name}" for module in pkgutil.iter_modules(checks.__path__)),
    *(f"labkit.classroom.leaks.{module.name}" for module in pkgutil.iter_modules(leaks.__path__)),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_checks_run(name, monkeypatch):
    """Each example in a module's docstrings gives what stands below it."""
    monkeypatch.chdir(ROOT)
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert found.failed == 0
