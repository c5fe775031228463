"""One run of a real service on a real PostgreSQL, recorded once for all tests here."""

from __future__ import annotations

import os
import platform
import sys

import pytest
from real_postgres import CannotStartError, running_postgres
from real_recording import Recorded, record


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Run the service against a server of its own; both have ended when the files are read."""
    folder = tmp_path_factory.mktemp("recorded")
    usual = sys.platform == "linux" and platform.machine() == "x86_64"
    try:
        with running_postgres(logs_to=folder) as server:
            return record(server, folder)
    except CannotStartError as reason:
        if usual or os.environ.get("CI"):
            pytest.fail(f"a real PostgreSQL must start here, and did not: {reason}")
        pytest.skip(f"no PostgreSQL here: {reason}")
