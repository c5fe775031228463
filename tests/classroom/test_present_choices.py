"""Votes and branches are read with clear errors, and what comes of them is computed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import labkit
from labkit.classroom.presenting.ballots import write_asked, write_branch, write_judged, write_vote
from labkit.classroom.presenting.choices import Choice, Option, read_choices
from labkit.classroom.presenting.consequences import Evidence
from labkit.classroom.presenting.courses import draw_course
from labkit.classroom.presenting.steps import cut
from labkit.classroom.source import read_lab
from labkit.core.errors import LabError

ROOT = Path(__file__).resolve().parents[2]
TITLES = ("Start", "More machines", "End")
VOTE = """
[[vote]]
before = "Start"
judged = "End"
question = "What is it?"
option = [{says = "Overload", hypothesis = "overload"}, {says = "A canary", configuration = {canary = 0.05}}]
"""
BRANCH = """
[[branch]]
before = "More machines"
question = "What now?"
option = [
    {says = "Servers", configuration = {workers = 2}},
    {says = "Call", repaired = {called = "15:12", as_from = "16:20"}},
]
"""


@pytest.fixture(scope="module")
def evidence():
    """Load the seed incident."""
    return Evidence(labkit.load(ROOT / "data" / "debacle"))


def read(folder, text):
    """Read a file of choices with some text."""
    path = folder / "present.toml"
    path.write_text(text, encoding="utf-8")
    return read_choices(path, TITLES)


def test_votes_and_branches_are_read(tmp_path):
    """A vote knows where it meets the evidence; a branch has none of that."""
    vote, branch = read(tmp_path, VOTE + BRANCH)
    assert (vote.before, vote.judged, branch.judged) == ("Start", "End", "")
    assert [one.hypothesis for one in vote.options] == ["overload", ""]
    assert (branch.options[1].called, branch.options[1].as_from) == ("15:12", "16:20")


def test_a_lab_without_the_file_has_no_choices(tmp_path):
    """The file is not needed."""
    assert read_choices(tmp_path / "present.toml", TITLES) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vote = [", "is no TOML"),
        ("poll = []", "no part of .*present.toml of that name: 'poll'"),
        ("vote = 3", "'vote' must be tables"),
        (VOTE.replace('"Start"', '"Strat"'), "Did you mean 'Start'"),
        (VOTE.replace("says", "sais"), "Did you mean 'says'"),
        (VOTE.replace('"What is it?"', "7"), "'question' must be a text: 7"),
        (VOTE.replace(', hypothesis = "overload"', ""), "an option needs a hypothesis or a configuration"),
        (VOTE.replace('hypothesis = "overload"', 'hypothesis = "overload", shows = "x"'), "'shows' must be"),
        (VOTE.replace("{canary = 0.05}", "0.05"), "'configuration' must be a table: 0.05"),
        (VOTE.partition("option")[0] + "option = []", "nothing to choose from"),
        (BRANCH.replace("configuration = {workers = 2}", 'hypothesis = "code"'), "a way to go needs"),
        (BRANCH.replace(', as_from = "16:20"', ""), "'repaired' needs both times"),
        (BRANCH.replace('"16:20"', '"four"'), "no time of day: 'four'"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path, text, said):
    """Each mistake ends in one sentence that says where it is and what is possible."""
    with pytest.raises(LabError, match=said):
        read(tmp_path, text)


def test_a_hypothesis_is_judged_by_the_investigation(evidence):
    """The verdict and the reasons come from the evidence, those that the lab names or the weightiest."""
    judged = evidence.judge(Option("Overload", "overload", ("More room helps.",)))
    assert judged.verdict == "refuted"
    assert judged.reasons[0].startswith("“More room helps.” It is not so: more room was given at 15:12 UTC")
    assert len(evidence.judge(Option("Network", "network")).reasons) == 2


def test_a_configuration_is_judged_by_the_replay(evidence):
    """What an option saves is what the engine says."""
    result = labkit.replay(evidence.recording, labkit.Configuration(canary=0.05))
    judged = evidence.judge(Option("A canary", configuration={"canary": 0.05}))
    assert (
        judged.verdict == f"{result.saved - result.spoiled:,} of {result.failed_in_record:,} failures saved"
    )
    assert judged.reasons == (result.sentence,)


def test_an_earlier_call_takes_as_long_as_the_recorded_one(evidence):
    """From the call at 16:20 to the end at 17:00 went forty minutes; so 15:12 leads to 15:52."""
    option = Option("Call", configuration={}, called="15:12", as_from="16:20")
    assert evidence.configuration(option) == labkit.Configuration(rollback="15:52")
    assert evidence.repair(option)[0].startswith("In the record, 40 minutes went by from the call at 16:20")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (Option("?", "overlaod"), "Did you mean 'overload'"),
        (Option("?", "overload", ("More rum helps.",)), "Did you mean 'More room helps.'"),
        (Option("?", configuration={"wrokers": 2}), "Did you mean 'workers'"),
        (Option("?", configuration={}, called="15:12", as_from="17:00"), "no repair after the call"),
    ],
)
def test_an_option_that_cannot_be_judged_is_named(evidence, option, said):
    """A wrong name is told with the nearest right one."""
    with pytest.raises(LabError, match=said):
        evidence.judge(option)


def test_what_is_written_is_escaped_and_numbered(evidence):
    """Texts of authors stay texts; every number has its place on the page."""
    options = (
        Option("<b>Servers</b>", configuration={"workers": 2, "workers_at": "15:12"}),
        Option("Roll back", configuration={"rollback": "15:12"}),
    )
    choice = Choice("branch-1", "Start", "What & why?", options)
    written = write_branch(choice, evidence)
    early = labkit.replay(evidence.recording, labkit.Configuration(rollback="15:12"))
    assert "&lt;b&gt;Servers&lt;/b&gt;" in written
    assert f"<b>{early.failed:,}</b>" in written
    assert written.count('data-branch="branch-1" data-option="1"') == 2
    assert f"this replay: {early.failed:,} of" in written
    assert "What &amp; why?" in write_asked(choice, evidence)
    assert 'id="branch-1-0" type="number"' in write_vote(choice, evidence)
    assert write_judged(choice, evidence).count('class="hands"') == 2


def test_a_way_is_drawn_in_the_consoles_code(evidence):
    """The record is the dashed line below, the replay the solid one above it, each minute a step."""
    early = labkit.replay(evidence.recording, labkit.Configuration(rollback="15:12"))
    drawn = draw_course(evidence.recorded, early)
    paths = dict(re.findall(r'<path class="(ghost|line)" d="M([^"]+)"', drawn))
    assert list(paths) == ["ghost", "line"]
    heights = {name: [step.split()[1] for step in path.split("L")] for name, path in paths.items()}
    minutes = len(early.minutes.failed)
    assert len(heights["ghost"]) == len(heights["line"]) == 2 * minutes
    half_past_four = 2 * 150
    assert float(heights["line"][half_past_four]) > float(heights["ghost"][half_past_four])
    assert re.findall(r">(\d\d:\d\d)<", drawn) == ["14:00", "15:00", "16:00", "17:00"]


@pytest.mark.parametrize("path", sorted((ROOT / "labs").glob("*/present.toml")), ids=lambda p: p.parent.name)
def test_the_labs_own_choices_can_be_judged(evidence, path):
    """Every option that a lab offers has a verdict, and every branch a replay."""
    choices = read_choices(path, [page.title for page in cut(read_lab(path.with_name("lab.py")))])
    assert choices
    for choice in choices:
        assert all(evidence.judge(option).verdict for option in choice.options)
