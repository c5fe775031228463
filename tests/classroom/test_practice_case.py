"""A practice case from its seed to its truth: made, opened, answered, scored, revealed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pkgutil
import re
import shutil

import pytest

import labkit
import labkit.classroom.practice as room
from labkit.classroom.panel import Panel
from labkit.classroom.practice import bundle
from labkit.classroom.practice.answer import KINDS, read_answer, read_cause, read_causes
from labkit.classroom.practice.case import Case
from labkit.classroom.practice.citations import show
from labkit.classroom.practice.labels import labels_in
from labkit.classroom.practice.remedies import best, judge_mitigation, mitigations
from labkit.classroom.practice.score import ScoreCard, score
from labkit.classroom.practice.solving import BY_CORRECTNESS, BY_FAILURES, NOT, Solved, solve
from labkit.classroom.practice.truth import all_parts, seconds_off, truth_of
from labkit.core.errors import LabError
from labkit.core.evidence_files import EVIDENCE_FILES
from labkit.simulation.practice import cards, deal

LOUD, QUIET = 107, 127
MODULES = sorted(module.name for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."))
QUERIES = ["onset_and_recovery", "SELECT 1 FROM requests", ("error_ratio", {"bucket_seconds": 600})]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Give a project's folder, in which two cases were made."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "notebooks").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder / "notebooks")
        for seed in (LOUD, QUIET):
            labkit.practice(seed)
    return folder


@pytest.fixture
def here(project, monkeypatch, tmp_path):
    """Work in the project with a fresh folder of one's own."""
    monkeypatch.chdir(project / "notebooks")
    monkeypatch.setenv("OUTAGE_LAB_WORK", str(tmp_path / "work"))
    return project


@pytest.fixture(scope="module")
def loaded(project):
    """Load the evidence of the case in which requests fail."""
    return Case(deal(LOUD), project / "data" / "practice" / "0107").con


@pytest.fixture
def case(here, loaded):
    """Open the case in which requests fail, without loading it again."""
    found = labkit.practice(LOUD)
    found.__dict__["con"] = loaded
    return found


@pytest.fixture
def right(case):
    """Give the right answer to the case."""
    truth = truth_of(deal(LOUD))
    return {
        "onset": truth.onset,
        "detection": truth.detected,
        "recovery": truth.recovered,
        "kind": truth.kind,
        "part": truth.part,
        "candidates": [f"{truth.kind}: {truth.part}", "overload"],
        "mitigation": best(truth.remedy)[0],
        "because": "it brings back what worked",
        "evidence": QUERIES,
    }


def points(card, measure):
    """Give the points of one measure of a card."""
    return next(mark.points for mark in card.marks if mark.measure == measure)


def test_a_bundle_is_evidence_and_nothing_else(here):
    """Its folder is called by the seed, its files are those of any evidence, and no label stands in them."""
    for seed in (LOUD, QUIET):
        folder = here / "data" / "practice" / f"{seed:04d}"
        names = {path.name for path in folder.iterdir()}
        assert names <= EVIDENCE_FILES
        assert not names & set(deal(seed).withheld)
        assert labels_in(folder) == ()
    assert {path.name for path in (here / "data" / "practice").iterdir()} == {"0107", "0127"}


def test_a_label_is_found_where_one_is(tmp_path):
    """The scan meets a fault's name in a text, in a file's name, and a password."""
    (tmp_path / "wrong-port.txt").write_text("x", encoding="utf-8")
    (tmp_path / "said.txt").write_text("it is the read-replica; ledger-demo-41", encoding="utf-8")
    found = labels_in(tmp_path)
    assert "wrong-port.txt: wrong-port" in found
    assert "said.txt: read-replica" in found
    assert "said.txt: a secret" in found


def test_the_same_seed_makes_the_same_bytes(here, tmp_path):
    """A case that is made again elsewhere is the same to the byte."""
    made = labkit.practice(LOUD, out=tmp_path / "again")
    first = here / "data" / "practice" / "0107"
    assert made.folder == tmp_path / "again"
    for path in sorted(first.iterdir()):
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_a_case_that_is_there_is_opened(here, monkeypatch):
    """Nothing is made a second time."""
    monkeypatch.setattr("labkit.classroom.practice.case.make_bundle", pytest.fail)
    assert labkit.practice(LOUD).name == "0107"


@pytest.mark.parametrize("damage", ["a file is gone", "another story", "one file too many", "no messages"])
def test_a_damaged_case_is_not_opened(here, tmp_path, damage):
    """A folder that lacks a file, has one that should not be there, or tells another story is made again."""
    folder = shutil.copytree(here / "data" / "practice" / "0107", tmp_path / "case")
    assert bundle.find_exercise(LOUD, folder) == deal(LOUD)
    if damage == "a file is gone":
        (folder / "postgresql.json").unlink()
    elif damage == "one file too many":
        (folder / deal(LOUD).withheld[0]).write_text("", encoding="utf-8")
    elif damage == "no messages":
        (folder / "messages.jsonl").unlink()
    else:
        (folder / "deployments.jsonl").write_text("", encoding="utf-8")
    assert bundle.find_exercise(LOUD, folder) is None


def small(exercise, folder, progress=None):
    """Write only the messages of an exercise."""
    folder.mkdir(parents=True)
    (folder / "messages.jsonl").write_text(f"{exercise.attempt}", encoding="utf-8")


def test_a_draw_that_cannot_be_solved_is_left_aside(tmp_path, monkeypatch):
    """The first draw that the reference solves is taken; earlier evidence goes, other files stay."""
    by = iter([NOT, NOT, BY_FAILURES])
    monkeypatch.setattr(bundle, "write_evidence", small)
    monkeypatch.setattr(bundle, "try_to_solve", lambda *_: Solved(next(by), 0.0))
    (tmp_path / "case").mkdir()
    for name in ("access.log", "mine.txt"):
        (tmp_path / "case" / name).write_text("old", encoding="utf-8")
    made = bundle.make_bundle(5, tmp_path / "case")
    assert made.exercise == deal(5, 2)
    assert {path.name for path in (tmp_path / "case").iterdir()} == {"messages.jsonl", "mine.txt"}
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_a_seed_without_a_solution_is_refused(tmp_path, monkeypatch):
    """When no draw can be solved nothing is left behind, and another seed is asked for."""
    monkeypatch.setattr(bundle, "write_evidence", small)
    monkeypatch.setattr(bundle, "try_to_solve", lambda *_: Solved(NOT, 0.0))
    with pytest.raises(LabError, match="Take another seed"):
        bundle.make_bundle(5, tmp_path / "case")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_told(tmp_path):
    """A bundle needs a folder."""
    (tmp_path / "case").write_text("", encoding="utf-8")
    with pytest.raises(LabError, match="no folder"):
        bundle.make_bundle(5, tmp_path / "case")


def test_an_empty_folder_is_filled(tmp_path, monkeypatch):
    """A folder that is there and empty takes the bundle."""
    monkeypatch.setattr(bundle, "write_evidence", small)
    monkeypatch.setattr(bundle, "try_to_solve", lambda *_: Solved(BY_FAILURES, 0.0))
    (tmp_path / "case").mkdir()
    assert bundle.make_bundle(5, tmp_path / "case").folder.is_dir()
    assert (tmp_path / "case" / "messages.jsonl").is_file()


def test_the_reference_solves_what_fails(loaded):
    """Kind, part and times are found from the evidence, and a wrong truth is not."""
    truth = truth_of(deal(LOUD))
    assert solve(loaded, truth).by == BY_FAILURES
    assert solve(loaded, dataclasses.replace(truth, part="host")).by == NOT
    late = dataclasses.replace(truth, onset=truth.recovered, set_in=truth.recovered)
    assert not solve(loaded, late).done


def test_an_indicator_of_correctness_sees_the_silent_one(project):
    """No request fails, and refused log-ins and missing accounts show when it began and ended."""
    truth = truth_of(deal(QUIET))
    con = Case(deal(QUIET), project / "data" / "practice" / "0127").con
    assert truth.silent
    assert solve(con, truth).by == BY_CORRECTNESS
    assert labkit.query(con, "onset_and_recovery").fetchall()[0][0] == "no change"
    assert solve(con, dataclasses.replace(truth, onset=truth.detected, set_in=truth.detected)).by == NOT


def test_the_brief_tells_no_more_than_is_known(case):
    """Day, hours, difficulty and what is missing; not the fault."""
    text = repr(case)
    exercise = deal(LOUD)
    assert f"{exercise.times.start:%Y-%m-%d}" in text
    assert f"{case.level} ({exercise.difficulty.rank} of 4)" in text
    assert "app.log.jsonl" in text
    assert exercise.row.name not in text
    assert exercise.row.part not in text
    assert case._repr_mimebundle_()["text/plain"] == text


def test_the_choices_list_every_word(case):
    """Kinds, parts and mitigations stand in one table."""
    text = repr(case.choices)
    assert all(word in text for word in (*KINDS, *all_parts(), *mitigations()))


def test_the_right_answer_has_all_points(case, right):
    """Ten points, solved by the strict rule, and the ranking is right at once."""
    card = case.score(**right)
    assert (card.points, card.possible, card.solved) == (10, 10, True)
    assert card.accuracy == {"AC@1": 1, "AC@3": 1, "AC@5": 1, "Avg@5": 1}
    assert "10 of 10 points" in repr(card)
    assert "<table" in card._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize(("seconds", "worth"), [(60, 2), (-60, 2), (61, 0), (-61, 0), (3600, 0)])
def test_a_time_is_right_within_a_minute(case, right, seconds, worth):
    """The onset counts up to sixty seconds away, on either side, and no further."""
    card = case.score(**right | {"onset": right["onset"] + dt.timedelta(seconds=seconds)})
    assert points(card, "onset") == worth
    assert card.solved == (worth > 0)


def test_a_wrong_time_is_told_which_way(case, right):
    """Feedback says whether it was early or late, and not by how much."""
    early = case.score(**right | {"onset": right["onset"] - dt.timedelta(minutes=5)})
    late = case.score(**right | {"recovery": right["recovery"] + dt.timedelta(hours=5)})
    assert "some minutes too early" in repr(early)
    assert "more than a quarter of an hour too late" in repr(late)


def test_a_gradual_onset_is_right_while_it_sets_in(loaded, right):
    """Where a fault sets in slowly, any moment of it is right."""
    truth = truth_of(deal(LOUD))
    slow = dataclasses.replace(truth, set_in=truth.onset + dt.timedelta(minutes=20))
    said = read_answer(right | {"onset": truth.onset + dt.timedelta(minutes=20, seconds=60)})
    assert points(score(loaded, "x", said, slow), "onset") == 2
    assert points(score(loaded, "x", said, truth), "onset") == 0


def test_naming_more_causes_costs(case, right):
    """Of two named parts each counts half of the part's points; the strict rule wants one."""
    two = case.score(**right | {"part": ["user", "password"]})
    assert points(two, "cause") == 2
    assert not two.solved
    four = case.score(**right | {"kind": [right["kind"], "overload"], "part": ["user", "host", "port"]})
    assert points(four, "cause") == pytest.approx(3 / 4 + 2 / 4)


def test_kind_and_part_count_apart(case, right):
    """The right kind with another part has one point of three, another kind none."""
    assert points(case.score(**right | {"part": "port"}), "cause") == 1
    assert points(case.score(**right | {"part": None}), "cause") == 1
    assert points(case.score(**right | {"kind": "network", "part": None}), "cause") == 0


def test_the_ranking_is_scored_by_its_first_right_place(case, right):
    """AC@k asks whether the cause is among the first k; points are their mean up to five."""
    true = right["candidates"][0]
    third = case.score(**right | {"candidates": ["overload", ("network", None), true]})
    assert third.accuracy == pytest.approx({"AC@1": 0, "AC@3": 1, "AC@5": 1, "Avg@5": 0.6})
    assert points(third, "ranking") == pytest.approx(0.6)
    others = ["overload", "network", "database_server", "application_code", f"{right['kind']}: host", true]
    assert points(case.score(**right | {"candidates": others}), "ranking") == 0


def test_without_a_ranking_the_cause_is_the_ranking(case, right):
    """Who names a cause and no list has ranked it first."""
    assert case.score(**right | {"candidates": None}).accuracy["AC@1"] == 1


def test_evidence_must_run_and_show_rows(case, right):
    """A query that fails, changes something, or returns nothing is no evidence; three are the least."""
    cited = [
        "SELECT 1 FROM nowhere",
        "DELETE FROM requests",
        "SELECT 1 FROM requests WHERE false",
        "SELECT 1; SELECT 2",
        "no_such_query",
        ("error_ratio", {"bucket_seconds": "wide"}),
        ("error_ratio", {7: 60}),
    ]
    assert points(case.score(**right | {"evidence": cited}), "evidence") == 0
    assert points(case.score(**right | {"evidence": []}), "evidence") == 0
    assert points(case.score(**right | {"evidence": QUERIES[:1]}), "evidence") == pytest.approx(1 / 3)
    assert points(case.score(**right | {"evidence": QUERIES + cited[:3]}), "evidence") == pytest.approx(0.5)
    assert points(case.score(**right | {"evidence": QUERIES[:1] * 5}), "evidence") == pytest.approx(1 / 3)
    assert case.con.sql("SELECT count(*) FROM requests").fetchall()[0][0] > 1000


def test_a_failing_query_says_why(loaded):
    """The card names the query and the first line of its error."""
    shown = show(
        loaded, read_answer(dict.fromkeys(_PARTS) | _LEAST | {"evidence": ["SELECT x FROM nowhere"]}).evidence
    )
    assert "nowhere" in shown[0].problem
    assert "\n" not in shown[0].problem


def test_a_mitigation_needs_a_reason(case, right):
    """What would have ended it has one point with a reason and half of one without; another has none."""
    assert points(case.score(**right | {"because": None}), "mitigation") == 0.5
    assert points(case.score(**right | {"mitigation": "restart"}), "mitigation") == 0
    assert points(case.score(**right | {"mitigation": None}), "mitigation") == 0
    assert "starts again" in repr(case.score(**right | {"mitigation": "restart"}))


def test_each_fault_has_a_mitigation_that_ends_it():
    """Every card's remedy knows at least one, and every mitigation is judged with a reason for each."""
    for card in cards():
        assert best(card.remedy)
        for name in mitigations():
            judged = judge_mitigation(name, card.remedy)
            assert 0 <= judged.worth <= 1
            assert len(judged.why) > 20


def test_an_open_answer_is_not_handed_in(case, right):
    """While a part is still ``...``, nothing is scored and nothing is kept."""
    shown = case.score(onset=..., kind=..., evidence=[...])
    assert isinstance(shown, Panel)
    assert "onset, kind, evidence" in repr(shown)
    assert case.history.handed_in == 0


def test_missing_times_cost_their_points_only(case, right):
    """Detection and recovery may be left out."""
    card = case.score(**right | {"detection": None, "recovery": None})
    assert card.points == 8


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("onset", "some time", "the onset could not be read"),
        ("recovery", 7, "the recovery could not be read"),
        ("kind", "overlaod", "Did you mean 'overload'"),
        ("kind", None, "names a kind"),
        ("part", "prot", "Did you mean 'port'"),
        ("mitigation", "roll-back", "Did you mean 'roll back'"),
        ("mitigation", ["roll back"], "no mitigation of that name"),
        ("kind", 7, "no kind of that name: 7"),
        ("part", 7, "no part of that name: 7"),
        ("candidates", 7, "no kind of that name: '7'"),
        ("candidates", [[]], "names a kind"),
        ("evidence", 7, "a cited query could not be read"),
        ("candidates", ["gremlins"], "no kind of that name"),
        ("evidence", [7], "a cited query could not be read"),
        ("evidence", [("error_ratio", 60)], "a cited query could not be read"),
    ],
)
def test_a_slip_is_told_and_costs_nothing(case, right, part, value, says):
    """A word or a time that cannot be read is refused with what would do, and no answer is counted."""
    with pytest.raises(LabError, match=re.escape(says)):
        case.score(**right | {part: value})
    assert case.history.handed_in == 0


def test_answers_are_read_leniently():
    """Text with a zone, a single cell, other spellings of a cause."""
    given = dict.fromkeys(_PARTS) | _LEAST | {"onset": [("2024-02-16T08:08:20+01:00",)]}
    assert read_answer(given).onset == dt.datetime(2024, 2, 16, 7, 8, 20)  # noqa: DTZ001
    assert read_cause("Misconfigured connection / port") == ("misconfigured_connection", "port")
    assert read_cause(("overload", None)) == ("overload", "")
    assert read_causes("network", "port") == (("network", ""),)


def test_the_first_answer_is_told_from_the_later_ones(case, right):
    """Each answer is kept with its score; the card says when it is not the first."""
    assert case.score(**right | {"part": "port"}).notes == ()
    assert case.score(**right).notes == ("Answer 2 to this case.",)
    kept = [entry for entry in case.history.entries if entry["what"] == "handed in"]
    assert [entry["solved"] for entry in kept] == [False, True]
    assert [entry["after_reveal"] for entry in kept] == [False, False]


def test_looking_first_is_kept(case, right):
    """The truth may be seen before an answer; panel, progress and later cards say so."""
    assert "before an answer was handed in" in repr(case.reveal())
    assert case.history.revealed
    assert case.history.entries[0]["before_answer"] is True
    assert "The truth had been revealed before." in case.score(**right).notes
    assert case.history.store.standings()["practice", "0107"].state == "tried"


def test_looking_afterwards_is_no_shame(case, right):
    """After an answer the truth carries no remark, and it is kept once."""
    case.score(**right)
    assert "handed in" not in repr(case.reveal())
    case.reveal()
    assert [entry["what"] for entry in case.history.entries] == ["handed in", "revealed"]
    assert case.history.store.standings()["practice", "0107"].state == "right"


def test_another_case_has_its_own_history(case, right):
    """What was done with one case says nothing of another."""
    case.score(**right)
    assert labkit.practice(QUIET).history.entries == ()


def test_a_progress_file_that_cannot_be_kept_spoils_no_score(case, right, monkeypatch, tmp_path):
    """The card and the truth are shown all the same, with a note."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    monkeypatch.setenv("OUTAGE_LAB_WORK", str(tmp_path / "taken"))
    card = case.score(**right)
    assert card.points == 10
    assert "could not be kept" in card.notes[0]
    assert "could not be kept" in repr(case.reveal())


def test_the_truth_tells_fault_times_herrings_and_difference(case):
    """Cause, strings, what separates it, every red herring with its reason, and the repair."""
    exercise, truth = deal(LOUD), truth_of(deal(LOUD))
    shown = case.reveal()
    text = repr(shown)
    assert exercise.row.name in text
    assert exercise.row.separates in text
    assert truth.before in text and truth.after in text
    assert all(herring.text in text for herring in exercise.herrings)
    assert f"{truth.onset:%H:%M:%S}" in text
    assert best(truth.remedy)[0] in text
    assert "role" in shown._repr_mimebundle_()["text/html"]


def test_the_truth_of_every_card_can_be_told():
    """Strings that did not change, neighbours, twins and slow onsets are said in words; no password shows."""
    from labkit.classroom.practice.reveal import Reveal

    texts = {one.card.scenario: repr(Reveal("x", truth_of(one))) for one in map(deal, range(len(cards())))}
    together = "\n".join(texts.values())
    assert "the connection string was the same" in texts["overload"]
    assert "by now everybody can see it" in texts["rotated-password"]
    assert "it begins to end" in texts["slow-query"]
    assert "No evidence tells it from" in texts["wrong-password"]
    assert "`(empty)`" in texts["empty-dsn"]
    assert not re.search(r"ledger[-@%/]|demo-\d\d|key-52", together)


def test_a_string_that_changed_beside_the_fault_is_told_to_be_harmless():
    """Where another repair ends the outage, the truth shows both strings and says that they did no harm."""
    from labkit.classroom.practice.reveal import Reveal

    truths = [truth_of(one) for one in map(deal, range(120))]
    beside = [truth for truth in truths if truth.remedy != "string" and truth.before != truth.after]
    assert {truth.kind for truth in beside} >= {"application_code", "misconfigured_connection"}
    said = "What differs between the two did no harm."
    assert all(said in repr(Reveal("x", truth)) for truth in beside)
    assert not any(said in repr(Reveal("x", truth)) for truth in truths if truth.remedy == "string")


def test_a_part_counts_for_a_connection_only():
    """A database server that is full is named by its kind alone."""
    full = next(one for one in map(deal, range(60)) if one.row.name == "too-many-clients")
    truth = truth_of(full)
    assert truth.part == ""
    assert truth.names("database_server", "")
    assert truth.names("database_server", "max_connections")
    assert not truth.names("misconfigured_connection", "pool")


def test_no_time_is_infinitely_far():
    """What was not found is never right."""
    noon = dt.datetime(2024, 1, 1, 12)  # noqa: DTZ001
    assert seconds_off(None, noon, noon) == float("inf")
    assert seconds_off(noon - dt.timedelta(seconds=5), noon, noon) == 5


@pytest.mark.parametrize("seed", [-1, 0.5, True, "7"])
def test_a_wrong_seed_is_refused(here, seed):
    """A seed is a whole number of 0 or more."""
    with pytest.raises(LabError, match="whole number"):
        labkit.practice(seed)


def test_a_card_without_notes_is_a_value(loaded, right):
    """The same answer has the same card, whatever was kept."""
    truth, said = truth_of(deal(LOUD)), read_answer(right)
    one, two = (score(loaded, "0107", said, truth) for _ in range(2))
    assert isinstance(one, ScoreCard)
    assert one == two


_PARTS = ("onset", "detection", "recovery", "kind", "part", "candidates", "mitigation", "because", "evidence")
_LEAST = {"onset": "2024-01-01 12:00", "kind": "overload", "evidence": ()}
