"""A pytest plugin: each notebook under nbval starts with an empty folder for the student's work.

    python -m pytest -p tests.notebooks.fresh_work --nbval notebooks/solutions

So no output depends on a notebook that ran before, nor on the work of whoever runs the tests.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

import pytest

VARIABLE = "OUTAGE_LAB_WORK"


class FreshWork:
    """Give one notebook after the other a folder of its own; they go when pytest ends."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="outage-lab-")
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        self._notebook = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Name the folder before the kernel starts, which is when a notebook's first cell is set up."""
        if item.path.suffix == ".ipynb" and str(item.path) != self._notebook:
            self._notebook = str(item.path)
            os.environ[VARIABLE] = tempfile.mkdtemp(dir=self._folder, prefix=f"{item.path.stem}-")


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin; with pytest-xdist each worker has its own."""
    config.pluginmanager.register(FreshWork())
