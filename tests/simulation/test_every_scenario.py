"""All planes of every scenario tell one story, and none of them names its cause."""

from __future__ import annotations

import collections
import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import test_coherence as coherence
from simulated import Case

from labkit.core.evidence_files import EVIDENCE_FILES
from labkit.simulation.faults import ROWS
from labkit.simulation.generate import generate
from labkit.simulation.scenario import load_scenario, scenario_names

SILENT = {"unescaped-percent", "unescaped-slash", "unescaped-at", "quoted-dsn", "scheme-typo", "sslmode-typo"}
SILENT |= {"empty-dsn", "unfilled-host", "unresolvable-host", "blackholed-host", "refused-host", "http-port"}


@pytest.fixture(scope="module", params=scenario_names())
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Case]:
    """Give a small edition of each scenario."""
    folder = tmp_path_factory.mktemp(request.param)
    scenario = load_scenario(request.param)
    seldom = dataclasses.replace(scenario.traffic, probe_every_s=90)  # the balancer's checks are all alike
    generate(dataclasses.replace(scenario, traffic=seldom), seed=11, out=folder / "case", scale=0.05)
    return request.param, Case(folder / "case")


@pytest.mark.parametrize(
    "law",
    [
        coherence.test_every_line_of_the_access_log_is_a_request_and_every_request_a_line,
        coherence.test_every_failed_request_has_its_error_record,
        coherence.test_every_record_with_ids_belongs_to_a_request,
        coherence.test_queries_lie_within_their_request,
        coherence.test_ids_are_unique,
        coherence.test_lines_of_queries_lie_within_their_connection,
        coherence.test_files_are_in_the_order_of_time,
    ],
    ids=lambda law: law.__name__.removeprefix("test_"),
)
def test_what_holds_for_the_seed_incident_holds_for_all(shown: tuple[str, Case], law: Any) -> None:
    """Access log, spans, log records and the server's log agree in every scenario."""
    law(shown[1])


def test_failed_queries_stand_in_the_servers_log(shown: tuple[str, Case]) -> None:
    """Each failed query's SQLSTATE has its ERROR line at the same millisecond, and the other way round."""
    _, case = shown
    spans = collections.Counter(
        (q["db.response.status_code"], q["end"] // 1000)
        for q in case.queries
        if "db.response.status_code" in q and not q["db.response.status_code"].startswith("57P")
    )
    lines = collections.Counter(
        (line["state_code"], line["at"] // 1000)
        for line in case.postgres
        if line["error_severity"] == "ERROR"
    )
    assert spans == lines


def test_versions_follow_the_releases(shown: tuple[str, Case]) -> None:
    """Every span carries a version of the scenario."""
    name, case = shown
    known = {release.version for release in load_scenario(name).releases}
    assert {span["resource"]["service.version"] for span in case.spans} <= known


def test_no_file_names_its_cause(shown: tuple[str, Case]) -> None:
    """Neither the name of a fault nor of its scenario nor a password stands in any file or file name."""
    name, case = shown
    words = {*ROWS, name} - {"overload", "wrong-password"}
    for path in sorted(Path(case.folder).iterdir()):
        text = path.read_text(encoding="utf-8")
        assert path.name in EVIDENCE_FILES
        assert not [word for word in words if word in text]
        assert not re.search(r"ledger[-@%/]|demo-\d\d|key-52", text)


def test_a_server_that_was_not_reached_is_silent(shown: tuple[str, Case]) -> None:
    """Where attempts end before the server, its log has nothing of the bank while they go on."""
    name, case = shown
    if name in SILENT:
        coherence.test_the_servers_log_is_silent_about_the_bank_during_the_outage(case)
    assert set(scenario_names()) >= SILENT
