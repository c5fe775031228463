"""A project with one small lab, written for the test."""

from __future__ import annotations

import pytest
from small_lab import LAB, write_lab


@pytest.fixture
def project(tmp_path):
    """Give a project folder with the lab '07-sums' and no notebooks yet."""
    write_lab(tmp_path, LAB)
    return tmp_path
