"""Real servers, started once for all tests here: for a recorded run of a service, and for the doctor."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from doctor_servers import DoctorServers, doctor_servers
from real_postgres import CannotStartError, running_postgres
from real_recording import Recorded, record


@contextmanager
def started() -> Iterator[None]:
    """Fail where a PostgreSQL must start and did not; only elsewhere skip the tests that need one."""
    usual = sys.platform == "linux" and platform.machine() == "x86_64"
    try:
        yield
    except CannotStartError as reason:
        if usual or os.environ.get("CI"):
            pytest.fail(f"a real PostgreSQL must start here, and did not: {reason}")
        pytest.skip(f"no PostgreSQL here: {reason}")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Run the service against a server of its own; both have ended when the files are read."""
    folder = tmp_path_factory.mktemp("recorded")
    with started(), running_postgres(logs_to=folder) as server:
        return record(server, folder)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoctorServers]:
    """Run a primary, a standby and odd servers for the connection doctor."""
    with started(), doctor_servers(tmp_path_factory.mktemp("doctor")) as running:
        yield running
