"""The documentation of connections is whole: no message is missing, and every command in it is one."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from labkit.bank.doctor import STEPS, Expectations, checklist, explain
from labkit.bank.doctor.explaining import every_message
from labkit.bank.doctor.faults import LATER, all_faults
from labkit.cli.main import build_parser
from labkit.simulation.catalogue import message
from labkit.simulation.scenario import faults_of, load_scenario, scenario_names

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MEASURED = {
    f"{row['fault']} ({path.stem})": row["message"]
    for path in sorted((ROOT / "tests" / "facts").glob("*.jsonl"))
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    if row.get("message")
}
#: What each measured message must be explained as, where a message alone says it.
NAMED = {
    "01_wrong_port_refused": "refused",
    "02_host_unresolvable": "unresolvable",
    "04_blackhole_accepts_silent_to2": "no-answer",
    "05_port_of_http_service": "not-postgresql",
    "06_wrong_dbname": "no-such-database",
    "08_wrong_password": "wrong-password",
    "10_missing_password": "no-password",
    "11_sslmode_require": "tls-not-offered",
    "11c_verify_full_name_mismatch": "tls-name",
    "13_hba_reject": "hba-rejects",
    "13b_hba_no_entry": "hba-no-entry",
    "14_no_table_privilege": "no-privilege",
    "14d_role_nologin": "no-login",
    "15b_options_bad_guc": "unknown-setting",
    "16_read_only_options": "read-only",
    "18b_too_many_clients": "too-many-clients",
    "19_pool_exhausted": "pool-timeout",
    "19b_pool_queue_full": "pool-full",
    "19e_pool_open_wait_wrong_port": "pool-not-opened",
    "20c_lock_timeout": "lock-timeout",
    "20_statement_timeout": "short-timeout",
    "21d_connect_while_shutting_down": "not-ready",
    "21f_connect_while_starting": "not-ready",
    "21e_shutdown_immediate_idle": "server-gone",
    "22_idle_conn_terminated": "terminated",
    "22b_idle_session_timeout": "idle-session",
    "22c_idle_in_tx_timeout": "idle-in-transaction",
    "27b_port_70000": "bad-port",
    "31_service_missing": "no-service",
}


@pytest.mark.parametrize("row", MEASURED)
def test_every_measured_message_is_explained(row: str) -> None:
    """Each message that was measured has its causes and a way out, and the name of its fault."""
    fault = explain(MEASURED[row])
    assert fault is not None
    name = row.partition(" ")[0]
    assert fault.name == NAMED.get(name, fault.name)


def test_every_message_of_the_simulation_is_explained() -> None:
    """What the driver says in any scenario of the catalogue is explained, too."""
    said = {
        fault.name: message(scenario, fault.name)
        for scenario in map(load_scenario, scenario_names())
        for fault in faults_of(scenario)
    }
    messages = {name: words for name, words in said.items() if words}
    assert len(messages) > 25
    assert [name for name, words in messages.items() if explain(words) is None] == []


def test_each_fault_explains_its_own_message() -> None:
    """The message that a fault is listed with is known as its own."""
    for fault in all_faults().values():
        if fault.message and "..." not in fault.message:
            assert explain(fault.message) == fault
        assert bool(fault.message) == bool(fault.pattern)


def test_faults_are_told_whole() -> None:
    """Each fault belongs to a step or to later, and has a meaning, a cause and a way out as sentences."""
    for fault in all_faults().values():
        assert fault.step in (*STEPS, LATER)
        assert fault.causes
        assert fault.means.endswith(".")
        assert fault.do


def test_words_that_nobody_said_are_not_explained() -> None:
    """A message that is not in the catalogue is not explained as another."""
    assert explain("everything is fine") is None


def test_the_page_holds_every_message_and_step() -> None:
    """docs/connections.md ends with all messages as the command prints them, and lists the steps."""
    page = (DOCS / "connections.md").read_text(encoding="utf-8")
    assert page.endswith(f"<!-- messages: made by `labkit doctor --messages` -->\n{every_message()}")
    assert "".join(f"| {name} | {question} |\n" for name, question in STEPS.items()) in page


def test_the_checklist_is_one_text() -> None:
    """docs/checklist.md is the text that a notebook shows."""
    assert (DOCS / "checklist.md").read_text(encoding="utf-8") == checklist().markdown


def test_every_command_in_the_pages_is_one() -> None:
    """Each ``labkit`` command in the pages and the workflow can be parsed."""
    pages = ["connections.md", "checklist.md", "review.md", "examples/connection.yml"]
    text = "\n".join((DOCS / page).read_text(encoding="utf-8") for page in pages)
    found = re.findall(r"(?:^|`|run: )labkit ([a-z]+ [^`\n]*)", text, re.MULTILINE)
    assert len(found) >= 9
    for command in found:
        build_parser().parse_args(shlex.split(command))


def test_the_workflow_is_one() -> None:
    """The example workflow is YAML with jobs whose steps run something."""
    workflow = yaml.safe_load((DOCS / "examples" / "connection.yml").read_text(encoding="utf-8"))
    assert set(workflow["jobs"]) == {"test", "before-deployment"}
    for job in workflow["jobs"].values():
        assert all("uses" in step or "run" in step for step in job["steps"])


def test_the_expectations_of_the_example_can_be_read() -> None:
    """The example's file has every field of use and is accepted."""
    text = (DOCS / "examples" / "expect.toml").read_text(encoding="utf-8")
    wanted = Expectations.read(tomllib.loads(text))
    assert wanted.tables == (("accounts", ("select", "update")),)


def test_links_between_the_pages_lead_somewhere() -> None:
    """Each relative link of the pages leads to a file."""
    for page in ("connections.md", "checklist.md", "review.md"):
        text = (DOCS / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^):#]+)\)", text):
            assert (DOCS / target).is_file(), (page, target)
