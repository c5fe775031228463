"""An author's mistake in checks.toml or answers.py is named with its place."""

from __future__ import annotations

import pytest
from small_checks import QUESTIONS, answers_py, checks_toml, seal_checks, write_checks

import labkit
from labkit.classroom.checks.authored import read_checks
from labkit.classroom.seal import lab_references, seal
from labkit.core.errors import LabError

ONE = {"requests": QUESTIONS["requests"]}


@pytest.fixture
def folder(tmp_path):
    """Give the folder of a lab with one question."""
    return write_checks(tmp_path, ONE)


def references(folder):
    """Compute the answers of the lab in a folder."""
    return lab_references(folder, labkit.load(folder.parents[1] / "data" / "debacle"))


def test_questions_are_read_in_order(tmp_path):
    """Every kind of question is read, in the order of the file, with its texts."""
    found = read_checks(write_checks(tmp_path) / "checks.toml")
    assert [one.question.id for one in found] == list(QUESTIONS)
    assert list(found[0].texts) == ["right", "first", "second", "third"]


def test_a_lab_without_checks_has_no_questions(tmp_path):
    """A lab need not ask anything."""
    assert read_checks(tmp_path / "checks.toml") == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[question]]", "[[question", "is no TOML"),
        ('id = "requests"', 'id = "Requests"', "small letters"),
        ('id = "first"', 'id = "First"', "small letters"),
        ('id = "first"', 'id = "second"', "two answers of one name: 'second'"),
        ('id = "first"', 'id = "right"', "two answers of one name"),
        ('kind = "number"', 'kind = "numbr"', "no such kind: 'numbr'. Possible: instant"),
        ('kind = "number"', 'kind = "choice"', "needs 'choices'"),
        ('kind = "number"', 'kind = "dsn"\ntolerance = 1', "knows no tolerance"),
        ('kind = "number"', 'kind = "instant"\ntolerance = 1', "no tolerance in time"),
        ('kind = "number"', 'kind = "number"\nanswer = 1', "unknown key: 'answer'"),
        ('kind = "number"', 'kind = "number"\nchoices = "a"', "'choices' is no list of texts"),
        ('asks = "What is requests?"', "asks = 7", "'asks' is no text"),
        ('asks = "What is requests?"', "", "'asks' is missing"),
        ('"Look at requests.", ', "", "exactly 3 hints are needed: 2"),
        ('feedback = "Here requests went wrong in the first way."', "", "an id and a feedback"),
        ("[[question]]", "[other]\na = 1\n[[question]]", "only \\[\\[question\\]\\] may stand here"),
    ],
)
def test_a_fault_in_checks_toml_is_named(folder, old, new, said):
    """What is missing, unknown or of the wrong kind is told with file and question."""
    text = checks_toml(ONE)
    assert old in text
    (folder / "checks.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LabError, match=said) as caught:
        read_checks(folder / "checks.toml")
    assert "07-sums/checks.toml" in str(caught.value) or "requests:" in str(caught.value)


def test_too_few_misconceptions_are_refused(folder):
    """A question without three known mistakes is not finished."""
    text = checks_toml(ONE)
    cut = text[: text.rindex("[[question.misconception]]")]
    (folder / "checks.toml").write_text(cut, encoding="utf-8")
    with pytest.raises(LabError, match="fewer than 3 misconceptions"):
        read_checks(folder / "checks.toml")


def test_two_questions_of_one_name_are_refused(folder):
    """A name that is there twice would be asked twice."""
    (folder / "checks.toml").write_text(checks_toml(ONE) * 2, encoding="utf-8")
    with pytest.raises(LabError, match="two questions of one name: 'requests'"):
        read_checks(folder / "checks.toml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def requests", "def request", r"the function requests\(con\) is missing"),
        ("import datetime", "import no_such_module", "cannot be imported: ModuleNotFoundError"),
        ("return {", "return {}[con] and {", "requests failed with KeyError"),
        ("'first'", "'frist'", "the keys are not those of the question"),
        ("return {", "return [] and {", "the keys are not those of the question: 'list'"),
        ("'right': 4711", "'right': None", "there is no right answer"),
        ("'right': 4711", "'right': ...", "the answer cannot be read as number"),
        ("4712", "'many'", "'first': the answer cannot be read as number: a text"),
    ],
)
def test_a_fault_in_answers_py_is_named(folder, old, new, said):
    """A function that is missing, fails or gives something else is told with file and question."""
    text = answers_py(ONE)
    assert old in text
    (folder / "answers.py").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LabError, match=said) as caught:
        references(folder)
    assert "07-sums/answers.py" in str(caught.value)


def test_missing_answers_are_named(folder):
    """Questions without answers.py are refused."""
    (folder / "answers.py").unlink()
    with pytest.raises(LabError, match=r"07-sums/answers\.py is missing"):
        references(folder)


def test_a_list_of_lists_is_several_answers(tmp_path):
    """Of kinds that are lists themselves, only a list of whole lists is several answers."""
    found, *_ = seal_checks(tmp_path)
    counts = {one.authored.question.id: [len(v) for v in one.values.values()] for one in found}
    assert counts["routes"] == [1, 1, 2, 1]
    assert counts["onset"] == [1, 1, 2, 0]
    assert counts["story"] == counts["offsets"] == [1, 1, 1, 1]


def test_checks_are_sealed_for_another_evidence(tmp_path):
    """A second file, found by its evidence, lies beside the course's own."""
    write_checks(tmp_path, ONE)
    path = seal("07-sums", tmp_path / "data" / "debacle", tmp_path)
    assert path.parent == tmp_path / "notebooks" / "checks"
    assert path.name.startswith("07-sums.")
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_sealing_a_lab_without_checks_is_refused(tmp_path):
    """Where there is nothing to seal, that is said."""
    folder = write_checks(tmp_path, ONE)
    (folder / "checks.toml").unlink()
    with pytest.raises(LabError, match="this lab has no checks: '07-sums'"):
        seal("07-sums", tmp_path / "data" / "debacle", tmp_path)
