"""Sealed checks hold no answer, repeat to the byte, and open for an answer only."""

from __future__ import annotations

import base64
import json

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_checks import CHEAP, NAME, QUESTIONS, seal_checks

from labkit.classroom.checks.envelope import lock_for, seal, unseal
from labkit.classroom.checks.evidence import day_of, fingerprint
from labkit.classroom.checks.judging import judge
from labkit.classroom.checks.sealed import open_document, read_sealed
from labkit.classroom.checks.tolerance import Tolerance, number_tolerance, time_tolerance
from labkit.classroom.seal import sealed_text
from labkit.core.errors import LabError
from labkit.evidence.schema import create_schema

FINITE = st.floats(-1e15, 1e15, allow_nan=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Seal one question of every kind."""
    return seal_checks(tmp_path_factory.mktemp("project"))


def test_the_file_holds_neither_answers_nor_feedback(made):
    """What is meant for one answer's holder stands nowhere in the file, nor does any answer."""
    text = made[2]
    for word in (
        "went wrong",
        "means for the bank",
        "4711",
        "6543",
        "14:33",
        "1701441197",
        "0.0347",
        "first",
    ):
        assert word not in text
    for question in json.loads(text)["questions"]:
        for sealed in question["envelopes"].values():
            assert b"went" not in base64.b64decode(sealed)


def test_a_second_sealing_changes_no_byte(made):
    """The same answers give the same file."""
    references, _, text, con = made
    assert sealed_text(NAME, references, con, CHEAP) == text


def test_the_question_survives_its_file(made):
    """What students are shown of a question is read back as it was written."""
    for reference in made[0]:
        assert made[1].question(reference.authored.question.id).question == reference.authored.question


def test_envelopes_do_not_tell_which_is_right(made):
    """All envelopes of a question are of few lengths, and stand in the order of their names."""
    for question in json.loads(made[2])["questions"]:
        names = list(question["envelopes"])
        assert names == sorted(names)
        assert {len(base64.b64decode(text)) % 512 for text in question["envelopes"].values()} == {16}


def test_a_changed_envelope_is_noticed(made):
    """Bytes that were changed, or an envelope of another question, do not open."""
    lock, other = (lock_for(NAME, name, "evidence", 2) for name in ("a", "b"))
    name, key = lock.keys("answer")
    text = seal({"is": "right"}, key, lock)
    assert unseal(text, key, lock) == {"is": "right"}
    with pytest.raises(ValueError, match="another question"):
        unseal(text, key, other)
    with pytest.raises(ValueError, match="was changed"):
        unseal(base64.b64encode(b"\0" + base64.b64decode(text)[1:]).decode(), key, lock)
    assert name not in {other.keys("answer")[0], lock.keys("another")[0]}


def test_a_check_with_a_changed_envelope_gives_no_verdict(made):
    """A file that was tampered with is damaged, and says so instead of judging."""
    document = json.loads(made[2])
    for question in document["questions"]:
        question["envelopes"] = dict.fromkeys(question["envelopes"], "A" * 700)
    with pytest.raises(LabError, match="damaged"):
        judge(4711, open_document(document).question("requests"))


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 2}', '{"format": 1, "lab": "x", "evidence": "y"}'])
def test_a_damaged_file_is_one_clear_error(tmp_path, text):
    """A file that is no sealed file, or a later one, is told with what to do."""
    path = tmp_path / "07-sums.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match="labkit build"):
        read_sealed(path)


def test_a_missing_file_is_one_clear_error(tmp_path):
    """A file that cannot be read is named."""
    with pytest.raises(LabError, match=r"07-sums\.json cannot be read"):
        read_sealed(tmp_path / "07-sums.json")


def test_an_unknown_question_is_answered_with_the_known_ones(made):
    """A misspelt question is met with the nearest."""
    with pytest.raises(LabError, match="Did you mean 'onset'"):
        made[1].question("onste")
    with pytest.raises(LabError, match="no question in lab 07-sums"):
        made[1].question(7)


def test_the_work_is_shared_by_the_parts_of_an_answer(tmp_path):
    """A check costs about the same whether its answer has one part or ten."""
    found, _, _, con = seal_checks(tmp_path)
    questions = json.loads(sealed_text(NAME, found, con, 2**9))["questions"]
    work = {one["id"]: (one["work"], one["elements_at_most"]) for one in questions}
    assert work["onset"] == (512, 2)
    assert work["story"] == (256, 16)
    assert len(work) == len(QUESTIONS)


@settings(deadline=None)
@given(FINITE, st.floats(1e-6, 1e6), st.floats(-1, 1))
def test_what_is_near_lies_in_a_sealed_cell(right, size, share):
    """Every value within the tolerance falls into a cell that was sealed, and few cells are."""
    tolerance = Tolerance(size)
    value = right + share * size
    if tolerance.near(value, right):
        assert tolerance.cell(value) in tolerance.cells(right)
    assert len(tolerance.cells(right)) <= 3


@settings(deadline=None)
@given(FINITE.filter(lambda x: abs(x) > 1e-9), st.floats(1e-9, 0.5), st.floats(-1, 1))
def test_what_is_relatively_near_lies_in_a_sealed_cell(right, size, share):
    """The same for a tolerance in per cent, on a grid of ratios."""
    tolerance = Tolerance(size, relative=True)
    value = right * (1 + share * size)
    if tolerance.near(value, right):
        assert tolerance.cell(value) in tolerance.cells(right)
    assert len(tolerance.cells(right)) <= 4


@settings(deadline=None)
@given(st.integers(-(2**52), 2**52), st.integers(0, 10**9))
def test_whole_numbers_have_a_sharp_edge(right, size):
    """For whole numbers the tolerance ends exactly where it should."""
    tolerance = Tolerance(float(size))
    assert tolerance.near(right + size, right)
    assert not tolerance.near(right + size + 1, right)


def test_zero_and_signs_have_cells_of_their_own():
    """A relative tolerance leaves zero exact, and never mixes signs."""
    tolerance = number_tolerance("1 %", "n")
    assert tolerance.cells(0.0) == ("zero",)
    assert not set(tolerance.cells(5.0)) & set(tolerance.cells(-5.0))
    assert number_tolerance(None, "n").near(0.1 + 0.2, 0.3)
    assert not number_tolerance(None, "n").near(0.30001, 0.3)


@pytest.mark.parametrize(
    ("text", "us"), [("60 s", 60e6), ("2 minutes", 120e6), ("500 ms", 5e5), ("1h", 3.6e9)]
)
def test_tolerances_in_time_name_their_unit(text, us):
    """A tolerance in time is a number with a unit."""
    assert time_tolerance(text, "q").size == us


@pytest.mark.parametrize("given_", ["soon", "60", 60, "1 %", None])
def test_an_unclear_tolerance_in_time_is_refused(given_):
    """A tolerance in time without unit is an author's mistake."""
    with pytest.raises(LabError, match="q: no tolerance in time"):
        time_tolerance(given_, "q")


@pytest.mark.parametrize("given_", ["1", "100 %", "0 %", -1, True, "5 s"])
def test_an_unclear_tolerance_of_numbers_is_refused(given_):
    """A tolerance of numbers is a number or a share below the whole."""
    with pytest.raises(LabError, match="q: no tolerance of numbers"):
        number_tolerance(given_, "q")


@pytest.fixture
def con():
    """Give an empty case."""
    con = duckdb.connect()
    create_schema(con)
    yield con
    con.close()


def test_the_fingerprint_tells_evidence_apart(con):
    """A row more or less is another evidence; a table that a student adds is not."""
    empty = fingerprint(con)
    con.execute("CREATE TABLE mine AS SELECT 1 AS a")
    assert fingerprint(con) == empty
    con.execute("INSERT INTO messages (time_utc, channel, text) VALUES ('2023-12-01', 'chat', 'hello')")
    assert fingerprint(con) != empty


def test_the_fingerprint_does_not_hang_on_the_order_of_rows(con):
    """The same rows in another order are the same evidence."""
    values = [("2023-12-01 10:00", "one"), ("2023-12-01 11:00", "two")]
    marks = []
    for rows in (values, values[::-1]):
        con.execute("DELETE FROM messages")
        con.executemany("INSERT INTO messages (time_utc, text) VALUES (?, ?)", rows)
        marks.append(fingerprint(con))
    assert marks[0] == marks[1]


def test_one_day_is_told_and_several_are_not(con):
    """Evidence of one day has a day; of none or several it has none."""
    assert day_of(con) == ""
    add = "INSERT INTO spans (kind, start_utc, end_utc) VALUES ('SERVER', $1, $1)"
    con.execute(add, ["2023-12-01 10:00"])
    con.execute(add, ["2023-12-01 23:00"])
    assert day_of(con) == "2023-12-01"
    con.execute(add, ["2023-12-02 01:00"])
    assert day_of(con) == ""


@pytest.mark.parametrize("thing", ["closed", "other", None])
def test_no_connection_to_evidence_is_told(thing):
    """What holds no loaded evidence is refused with how to get it."""
    con = duckdb.connect() if thing else None
    if thing == "closed":
        con.close()
    with pytest.raises(LabError, match=r"labkit\.load"):
        fingerprint(con)
