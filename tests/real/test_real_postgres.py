"""The server of the tests does not outlive them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from real_postgres import running_postgres

pytestmark = pytest.mark.server

DIES = """
import os, pathlib, sys
sys.path.insert(0, sys.argv[1])
from real_postgres import running_postgres
with running_postgres(pathlib.Path(sys.argv[2])) as server:
    print(server.dsn(), flush=True)
    os._exit(3)
"""


def refuses(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=2).close()
    except psycopg.OperationalError:
        return True
    return False


def test_the_server_stops_when_a_test_fails(tmp_path: Path) -> None:
    """An error within the block leaves no server behind, and the error is passed on."""
    with pytest.raises(ZeroDivisionError), running_postgres(tmp_path) as server:
        dsn = server.dsn()
        assert not refuses(dsn)
        raise ZeroDivisionError
    assert refuses(dsn)


def test_the_server_stops_when_its_owner_is_killed(tmp_path: Path) -> None:
    """A test run that dies without cleaning up leaves no server behind."""
    command = [sys.executable, "-c", DIES, str(Path(__file__).parent), str(tmp_path)]
    died = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", timeout=120, check=False)
    assert died.returncode == 3
    until = time.monotonic() + 30
    while not refuses(died.stdout.strip()):
        assert time.monotonic() < until
        time.sleep(0.1)
