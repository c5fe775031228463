"""Every fault of the catalogue says on each plane what a real driver and a real server said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from labkit.simulation.faults import CATALOGUE, ROWS, ConnectFault, connect
from labkit.simulation.scenario import load_scenario, scenario_names
from labkit.simulation.story import truth

FACTS: dict[str, dict[str, Any]] = {
    fact["fault"]: fact
    for line in (Path(__file__).parents[1] / "facts" / "catalogue_faults.jsonl")
    .read_text("utf-8")
    .splitlines()
    for fact in [json.loads(line)]
}
KINDS = {
    "misconfigured_connection",
    "overload",
    "network",
    "database_server",
    "application_code",
    "none",
}
SHOWN = [row for row in CATALOGUE if row.name in scenario_names()]


def blank(text: str) -> str:
    """Blank the names, numbers and places that differ between any two systems."""
    text = re.sub(r"-?postgres\w*://\S+?(?=\"\"|\"|\s|$)", "URL", text)
    text = re.sub(r"database=\S+\n?", "database=D", text)
    text = re.sub(r'"host all [^"]+"', "RULE", text)
    text = re.sub(r"(file )?\"?\(?/\S+pg_hba.conf\S*", "HBA", text)
    text = re.sub(r'"[^"]*"', '"X"', text)
    text = re.sub(r"'[^']*'", "'X'", text)
    text = re.sub(r"\b(user|host|port|line|session time:)([ =])\S+", r"\1\2N", text)
    return re.sub(r" application_name=\S+| SSL enabled .*", "", text)


def result_of(name: str) -> Any:
    """Return what the faulty release of a scenario meets."""
    scenario = load_scenario(name)
    release = scenario.releases[1]
    return connect(release.dsn, scenario.topology, release.databases)


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: row.name)
def test_the_client_says_what_a_real_client_said(row: ConnectFault) -> None:
    """Message and exception class of the scenario's fault are the measured ones, names apart."""
    fact, result = FACTS[row.measured], result_of(row.name)
    assert result.fault == row.name
    assert blank(result.client_message) == blank(fact["message"])
    assert result.exception == fact["exception"]
    assert "sqlstate_seen_by_client" not in fact


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: row.name)
def test_the_server_logs_what_a_real_server_logged(row: ConnectFault) -> None:
    """Severity, SQLSTATE, message and detail of each line are the measured ones, in the same order."""
    fact, result = FACTS[row.measured], result_of(row.name)
    lines = fact["server_log"]
    assert result.reached == any(line["message"].startswith("connection received") for line in lines)
    kept = [line for line in lines if not line["message"].startswith("connection received")]
    wanted = [
        (x["error_severity"], x.get("state_code", ""), blank(x["message"]), blank(x.get("detail", "")))
        for x in kept
    ]
    found = [(s.severity, s.sqlstate, blank(s.message), blank(s.detail)) for s in result.server_lines]
    assert found == wanted


def test_every_connection_fault_was_measured() -> None:
    """No fault stands in the catalogue whose messages nobody has seen on a real server."""
    assert {row.measured for row in CATALOGUE} <= set(FACTS)


def test_a_blackhole_takes_as_long_as_the_string_allows() -> None:
    """An attempt that nobody answers lasts connect_timeout, and as long was measured."""
    assert result_of("blackholed-host").takes_s == 5
    assert FACTS["04_blackhole_accepts_silent_to5"]["elapsed_ms"] == pytest.approx(5000, rel=0.01)


def test_every_row_says_what_separates_it() -> None:
    """Each row has a kind, says which evidence tells it apart, and names only rows that exist."""
    for row in ROWS.values():
        assert row.kind in KINDS
        assert row.separates and row.spans and row.log
        assert set(row.alike) <= set(ROWS)
        for other in row.alike:
            assert row.name in ROWS[other].alike


@pytest.mark.parametrize("name", scenario_names())
def test_the_truth_names_kind_and_part(name: str) -> None:
    """The truth of every scenario has the fault's kind and part, and never a password."""
    said = truth(load_scenario(name), 1)
    assert said["kind"] in KINDS
    assert "part" in said
    assert not re.search(r"ledger|demo-\d|key-52", json.dumps(said))
