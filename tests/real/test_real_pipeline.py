"""The connection's tests as a project has them: the plugin and the file to copy, on a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from doctor_servers import DoctorServers

pytestmark = [pytest.mark.server, pytest.mark.slow]
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]


def run(folder: Path, command: list[str], dsn: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DATABASE_URL": dsn, "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def strings(servers: DoctorServers) -> tuple[str, str]:
    """Give the string that works, and the same with the port that the update of the bank had."""
    parts = {"user": "bank_app", "password": "plainpw", "dbname": "bank"}
    return servers.primary.dsn(**parts), servers.primary.dsn(**parts, port=servers.refused)


def outcomes(junit: Path) -> dict[str, str]:
    cases = ET.parse(junit).getroot().iter("testcase")
    return {case.get("name", ""): next((child.tag for child in case), "passed") for case in cases}


@pytest.mark.parametrize("kind", ["plugin", "file"])
def test_a_pipeline_would_have_stopped_the_update(kind: str, servers: DoctorServers, tmp_path: Path) -> None:
    """The string that worked passes every step; the update's fails at the port, before it goes out."""
    (tmp_path / "test_connection.py").write_text(
        (EXAMPLES / "test_connection.py").read_text(encoding="utf-8") if kind == "file" else "",
        encoding="utf-8",
    )
    junit = tmp_path / "junit.xml"
    command = [*PYTEST, f"--junit-xml={junit}"]
    if kind == "plugin":
        command += ["-p", "labkit.bank.pytest_plugin", "--labkit-dsn-env", "DATABASE_URL"]
        command += ["--labkit-timeout", "60", "--labkit-expect", str(EXAMPLES / "expect.toml")]
    good, bad = strings(servers)
    done = run(tmp_path, command, good)
    assert done.returncode == 0, done.stdout
    found = outcomes(junit)
    assert len(found) == 13
    assert [name for name, outcome in found.items() if outcome != "passed"] == (
        ["resolve"] if kind == "plugin" else ["test_connection[resolve]"]
    )
    done = run(tmp_path, command, bad)
    assert done.returncode == 1
    assert [name for name, outcome in outcomes(junit).items() if outcome == "failure"] == (
        ["reach"] if kind == "plugin" else ["test_connection[reach]"]
    )
    assert "plainpw" not in done.stdout + done.stderr + junit.read_text(encoding="utf-8")


def test_the_command_of_the_checklist_tells_the_two_apart(servers: DoctorServers, tmp_path: Path) -> None:
    """``labkit doctor`` with the example's expectations ends with 0 for one string and 1 for the other."""
    command = [sys.executable, "-m", "labkit.cli.main", "doctor", "--env", "DATABASE_URL", "--json"]
    command += ["--expect", str(EXAMPLES / "expect.toml"), "--timeout", "60"]
    good, bad = strings(servers)
    done = run(tmp_path, command, good)
    assert (done.returncode, json.loads(done.stdout)["fit"]) == (0, True)
    done = run(tmp_path, command, bad)
    assert (done.returncode, json.loads(done.stdout)["trouble"]["fault"]) == (1, "refused")
    assert "plainpw" not in done.stdout + done.stderr
