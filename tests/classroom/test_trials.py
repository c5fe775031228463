"""Trials hold what the investigation finds against what a scenario holds, and report it."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest

from labkit.classroom.trials import PLANES, Plan, Verdict, judge, least_scale, run_trials
from labkit.classroom.trials.document import write_document
from labkit.classroom.trials.explained import UNEXPLAINED, explanation
from labkit.classroom.trials.table import HEADING, Shares, false_alarms, report
from labkit.core.errors import LabError
from labkit.evidence.investigate import investigate
from labkit.evidence.load import load
from labkit.simulation.generate import generate
from labkit.simulation.scenario import scenario_names

ROOT = Path(__file__).resolve().parents[2]
RIGHT = Verdict(
    scenario="wrong-user",
    seed=1,
    scale=1.0,
    withheld="",
    kind="misconfigured_connection",
    part="user",
    found_kind="misconfigured_connection",
    found_part="user",
    place=1,
    also=(),
    also_true=(),
    named=True,
)
WRONG = dataclasses.replace(RIGHT, seed=2, found_part="password", place=2)
QUIET = dataclasses.replace(
    RIGHT, scenario="quiet-day", kind="none", part="", found_kind="none", found_part=""
)
ALARM = dataclasses.replace(QUIET, seed=2, found_kind="overload", place=2)
SMALL = [Plan("unfilled-host", 3, 0.05, ("deployments",)), Plan("quiet-afternoon", 3, 0.05)]


def test_shares_count_parts_only_where_there_are_any() -> None:
    """A day without a fault has a kind to be right about and no part."""
    found = Shares.of([RIGHT, WRONG, QUIET, ALARM])
    assert (found.kind, found.part, found.within_three) == (0.75, 0.5, 1.0)
    assert Shares.of([]) == Shares(1.0, 1.0, 1.0)
    assert false_alarms([RIGHT, WRONG, QUIET, ALARM]) == 1
    assert false_alarms([dataclasses.replace(QUIET, also=("overload",))]) == 1


def test_the_report_says_what_was_found_instead_and_why() -> None:
    """Each scenario has a row; what is told wrongly is listed with its reason, or with none."""
    blind = dataclasses.replace(WRONG, scenario="expired-password", part="password", found_part="user")
    blind = dataclasses.replace(blind, withheld="server log")
    text = report([RIGHT, WRONG, QUIET, blind], day="2031-05-06")
    assert text.startswith(HEADING)
    assert "seeds 1, 2, 1 times the traffic" in text
    row = "| `wrong-user` | misconfigured_connection / user | 2/2 | 1/2 | 2/2 | "
    assert f"{row}misconfigured_connection / password (1) |" in text
    assert f"- `wrong-user`, 1 of 2: misconfigured_connection / password (1). {UNEXPLAINED}" in text
    assert explanation("expired-password", "server log") in text
    assert "| server log | 100.0% | 0.0% | 100.0% | 0 | 1/1 |" in text
    assert "Without server log" in text
    assert "seeds 1 to 3" in report([dataclasses.replace(RIGHT, seed=s) for s in (1, 2, 3)], day="")
    assert ", seed 2, " in report([WRONG], day="")
    assert "With one plane withheld" not in report([RIGHT], day="")


def test_a_new_list_keeps_the_report_and_a_new_report_replaces_it(tmp_path: Path) -> None:
    """The document has the list of faults first, then the last report there was."""
    path = tmp_path / "catalogue.md"
    write_document(path, "# Faults\n")
    assert path.read_text(encoding="utf-8") == "# Faults\n"
    write_document(path, "# Faults\n", f"{HEADING}\nfirst\n")
    write_document(path, "# More faults\n")
    assert path.read_text(encoding="utf-8") == f"# More faults\n\n{HEADING}\nfirst\n"
    write_document(path, "# More faults\n", f"{HEADING}\nsecond\n")
    assert "first" not in path.read_text(encoding="utf-8")


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Verdicts that are kept are not made again, a line cut in the middle is; the result is the same."""
    keep, seen = tmp_path / "kept.jsonl", []
    whole = run_trials(SMALL, keep=keep, progress=lambda done, total: seen.append((done, total)))
    assert [(v.scenario, v.withheld) for v in whole] == [
        ("quiet-afternoon", ""),
        ("unfilled-host", ""),
        ("unfilled-host", "deployments"),
    ]
    assert all(v.kind_right and v.named for v in whole)
    assert seen == [(1, 2), (2, 2)]
    lines = keep.read_text(encoding="utf-8").splitlines(keepends=True)
    keep.write_text("".join(lines[:2]) + lines[2][:20], encoding="utf-8")
    seen.clear()
    assert run_trials(SMALL, keep=keep, progress=lambda done, total: seen.append((done, total))) == whole
    assert seen == [(2, 2)]
    row = json.loads(lines[0]) | {"found_kind": "kept"}
    keep.write_text(json.dumps(row) + "\n" + "".join(lines[1:]), encoding="utf-8")
    assert "kept" in {v.found_kind for v in run_trials(SMALL, keep=keep)}


@pytest.mark.slow
def test_the_number_of_processes_changes_nothing() -> None:
    """Two processes judge as one does."""
    assert run_trials(SMALL, jobs=2) == run_trials(SMALL)


def test_what_cannot_be_run_is_refused(tmp_path: Path) -> None:
    """No jobs, or a kept line that is no verdict, are explained."""
    with pytest.raises(LabError, match="number of jobs"):
        run_trials(SMALL, jobs=0)
    keep = tmp_path / "kept.jsonl"
    keep.write_text("{}\n", encoding="utf-8")
    with pytest.raises(LabError, match=r"kept\.jsonl line 1"):
        run_trials(SMALL, keep=keep)


def test_withheld_is_as_if_it_had_never_been_there(tmp_path: Path) -> None:
    """Emptying a table gives the answer that a folder without the file gives."""
    (verdict,) = [v for v in judge(Plan("expired-password", 3, 0.05, ("server log",))) if v.withheld]
    generate("expired-password", seed=3, out=tmp_path, scale=0.05)
    (tmp_path / "postgresql.json").unlink()
    with load(tmp_path) as con:
        cause = investigate(con).root_cause
    assert (verdict.found_kind, verdict.found_part) == (cause.kind, cause.part)
    assert verdict.found_part == "user"


@pytest.mark.slow
def test_the_catalogue_is_solved_from_the_evidence_alone() -> None:
    """A small edition of every scenario is told rightly, as often as the project demands of the whole."""
    plans = [Plan(name, 21, max(0.1, least_scale(name))) for name in scenario_names()]
    found = run_trials(plans, jobs=min(2, os.cpu_count() or 1))
    shares = Shares.of(found)
    wrong = [(v.scenario, v.found) for v in found if not v.part_right]
    assert shares.kind >= 0.97, wrong
    assert shares.part >= 0.90, wrong
    assert shares.within_three >= 0.98, wrong
    assert false_alarms(found) == 0
    assert not [v.scenario for v in found if v.also and not v.also_true]
    assert [v.scenario for v in found if v.also_true and v.also == v.also_true]


def test_the_committed_report_reaches_the_shares_and_explains_the_rest() -> None:
    """docs/catalogue.md has both tables, every plane, and a reason for each confusion."""
    text = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    part = text[text.index(HEADING) :]
    assert UNEXPLAINED not in part
    assert all(f"| {plane} | " in part for plane in PLANES)
    assert all(f"| `{name}` | " in part for name in scenario_names())
