"""What a connection string does against the topology, and how each fault shows in the evidence."""

from __future__ import annotations

import collections
import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from simulated import ONSET, RECOVERY, Case, micros

from labkit.core.dsn import Dsn
from labkit.simulation.faults import connect
from labkit.simulation.model import ConnectionString, Topology
from labkit.simulation.scenario import load_scenario

FACTS = {
    fact["fault"]: fact
    for line in (Path(__file__).parents[1] / "facts" / "simulation_connects.jsonl")
    .read_text("utf-8")
    .splitlines()
    for fact in [json.loads(line)]
}
MEASURED = {
    "": "00_healthy",
    "wrong-port": "01_wrong_port_refused",
    "unresolvable-host": "02_host_unresolvable",
    "wrong-database": "06_wrong_dbname",
    "wrong-user": "07_wrong_user",
    "wrong-password": "08_wrong_password",
}


def string_of(fact: dict[str, Any]) -> ConnectionString:
    """Read the connection string of a measured fact."""
    dsn = Dsn.parse(fact["dsn"])
    assert dsn.password is not None
    return ConnectionString(
        dsn.user or "", dsn.password.reveal(), dsn.host or "", int(dsn.port or 0), dsn.dbname or ""
    )


def measured_topology() -> Topology:
    """Build the topology on which the facts were measured: one server on the loopback."""
    good = string_of(FACTS["00_healthy"])
    topology = load_scenario("debacle").topology
    server = dataclasses.replace(
        topology.databases[0],
        host=good.host,
        address="127.0.0.1",
        port=good.port,
        databases=("bank",),
        roles={good.user: good.password},
    )
    return dataclasses.replace(topology, databases=(server,))


def common(text: str) -> str:
    """Blank what differs between any two servers: place and rule of pg_hba.conf, the name a client gives."""
    text = re.sub(r"/\S+pg_hba.conf", "HBA", text)
    text = re.sub(r"(HBA:|line )\d+", r"\1N", text)
    text = re.sub(r'"host all [^"]+"', "RULE", text)
    return text.removesuffix(" application_name=bank-web")


@pytest.mark.parametrize("name", MEASURED)
def test_the_client_says_what_a_real_client_said(name: str) -> None:
    """The fault is recognised from string and topology, and its message is the measured one."""
    fact = FACTS[MEASURED[name]]
    result = connect(string_of(fact), measured_topology())
    assert result.fault == name
    assert result.ok == fact["ok"]
    assert result.client_message == fact.get("message", "")


@pytest.mark.parametrize("name", MEASURED)
def test_the_server_logs_what_a_real_server_logged(name: str) -> None:
    """Lines in the server's log are the measured ones: none, a refusal, or a welcome and then a refusal."""
    fact = FACTS[MEASURED[name]]
    result = connect(string_of(fact), measured_topology())
    wanted = [
        (
            line["error_severity"],
            line.get("state_code", ""),
            common(line["message"]),
            common(line.get("detail", "")),
        )
        for line in fact["server_log"]
        if line["backend_type"] == "client backend" and not line["message"].startswith("disconnection")
    ]
    found = [(s.severity, s.sqlstate, common(s.message), common(s.detail)) for s in result.server_lines]
    assert found == wanted


def test_a_connection_string_never_shows_its_password() -> None:
    """Neither repr nor the redacted form of a connection string or topology holds the secret."""
    scenario = load_scenario("debacle")
    shown = repr(scenario) + str(scenario) + scenario.releases[0].dsn.redacted
    assert "ledger-demo" not in shown
    assert "***" in scenario.releases[0].dsn.redacted


def test_every_connection_fault_feels_the_same_to_a_request(variant: tuple[str, Case]) -> None:
    """Whatever is wrong with the string, requests wait two seconds, answer 503 and have no query."""
    _, case = variant
    inside = [
        span
        for span in case.visits
        if micros(ONSET) <= span["start"] < micros(RECOVERY)
        and span["http.route"] == "/accounts/{account_id}"
    ]
    assert {span["http.response.status_code"] for span in inside} == {503}
    assert {span["error.type"] for span in inside} == {"psycopg_pool.PoolTimeout"}
    assert min(span["end"] - span["start"] for span in inside) >= 2_000_000
    times = [query["start"] for query in case.queries]
    assert not [at for at in times if micros(ONSET) + 8_000_000 < at < micros(RECOVERY)]


def test_the_pools_warnings_name_the_cause(variant: tuple[str, Case]) -> None:
    """Each variant's warnings carry the message of its own fault."""
    name, case = variant
    wanted = {
        "unresolvable-host": "failed to resolve host 'db-primray.bank.example'",
        "wrong-database": 'FATAL:  database "bank_v2" does not exist',
        "wrong-password": 'FATAL:  password authentication failed for user "bank_app"',
    }[name]
    said = [log["body"] for log in case.logs if log["body"].startswith("error connecting")]
    assert said
    assert all(wanted in body for body in said)


def test_the_servers_log_tells_the_variants_apart(variant: tuple[str, Case]) -> None:
    """An unresolvable host leaves the server silent; a refusal leaves one FATAL line an attempt."""
    name, case = variant
    fatal = collections.Counter(
        line["state_code"] for line in case.postgres if line["error_severity"] == "FATAL"
    )
    attempts = sum(log["body"].startswith("error connecting") for log in case.logs)
    wanted = {
        "unresolvable-host": {},
        "wrong-database": {"3D000": attempts},
        "wrong-password": {"28P01": attempts},
    }
    assert fatal == wanted[name]


def test_overload_is_a_ramp_with_latency_first(overload: Case) -> None:
    """Waiting grows before the first failure, failures grow with load, and more connections end them."""
    minute = 60_000_000
    start = micros(ONSET) - 30 * minute
    slow, bad = collections.Counter[int](), collections.Counter[int]()
    for span in overload.visits:
        k = (span["start"] - start) // (5 * minute)
        bad[k] += span["http.response.status_code"] == 503
        slow[k] += span["http.route"] == "/login" and span["end"] - span["start"] > 900_000
    assert bad[0] == bad[1] == bad[2] == 0
    assert slow[5] > 2 * bad[5]
    assert bad[5] < bad[6] < bad[8] < bad[10]
    assert [bad[k] for k in (11, 12, 13)] == [0, 0, 0]


def test_overload_keeps_the_processor_busy_and_the_database_in_use(overload: Case) -> None:
    """CPU and used connections rise with the load: the opposite of a connection that cannot be made."""
    peak = micros(ONSET) + 15 * 60_000_000
    for host in ("bank-web-1", "bank-web-2", "bank-web-3"):
        cpu = overload.metrics["process.cpu.utilization", host, ""]
        used = overload.metrics["db.client.connection.count", host, "used"]
        early = [v for at, v in cpu.items() if at < micros(ONSET) - 20 * 60_000_000]
        late = [v for at, v in cpu.items() if abs(at - peak) < 5 * 60_000_000]
        assert sum(late) / len(late) > 2 * sum(early) / len(early)
        assert max(used.values()) >= 2
