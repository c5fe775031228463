"""What a student sees and keeps: checks, hints, the list of questions, progress, and the ledger."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from small_checks import NAME, seal_checks, write_checks

import labkit
from labkit.classroom.ledger import MOST_COLUMNS, MOST_LETTERS, MOST_ROWS, Entry
from labkit.classroom.panel import Panel, Table
from labkit.core.errors import LabError


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Give a project with one lab of ten questions, and another lab without any."""
    folder = tmp_path_factory.mktemp("project")
    _, _, text, _ = seal_checks(folder)
    notebooks = folder / "notebooks"
    (notebooks / "checks").mkdir(parents=True)
    (notebooks / "checks" / f"{NAME}.json").write_text(text, encoding="utf-8")
    (notebooks / "08-alone.ipynb").write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture
def con(project, monkeypatch, tmp_path):
    """Load the evidence, in the project's folder, with a fresh folder for the work."""
    monkeypatch.chdir(project / "notebooks")
    monkeypatch.setenv("OUTAGE_LAB_WORK", str(tmp_path / "work"))
    return labkit.load("data/debacle")


@pytest.fixture
def lab(con):
    """Open the lab."""
    return labkit.lab("07", con)


class Outline(HTMLParser):
    """Collect the tags, the text and the roles of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.words, self.attributes = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


def shown(thing):
    """Give the page and the text that a notebook gets."""
    bundle = thing._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    return bundle["text/html"], bundle["text/plain"]


def test_a_lab_is_opened_by_number_or_name(lab, con):
    """Both ways lead to the same lab, which says what it is."""
    assert labkit.lab(NAME, con).name == lab.name == NAME
    assert repr(lab) == "lab 07-sums: 11 questions; lab.questions() lists them"


def test_an_unknown_lab_is_answered_with_the_known_ones(con):
    """A lab that is not there is met with those that are."""
    with pytest.raises(LabError, match="Possible: 07-sums, 08-alone"):
        labkit.lab("09", con)
    with pytest.raises(LabError, match="no lab of that name: 7"):
        labkit.lab(7, con)


def test_a_lab_without_questions_still_has_a_ledger(con):
    """A lab that asks nothing opens, lists nothing, and keeps what is suspected."""
    alone = labkit.lab("08", con)
    assert "0 questions" in repr(alone.questions())
    alone.hypothesis("x", prediction="p", query="SELECT 1 AS one", verdict="undecided", because="b")
    assert [entry.name for entry in alone.ledger()] == ["x"]


def test_a_right_answer_is_said_to_be_right(lab):
    """A right answer gets its meaning, and how it was read."""
    page, text = shown(lab.check("requests", "4,711"))
    assert text.splitlines() == [
        "✓ requests: right",
        "  Your answer, as read: 4,711 requests.",
        "  This is what requests means for the bank.",
    ]
    assert 'role="status"' in page


def test_a_known_mistake_hears_why_and_not_what_is_expected(lab):
    """The feedback of a mistake stands alone."""
    assert repr(lab.check("requests", 4712)).splitlines() == [
        "↻ requests: not yet",
        "  Your answer, as read: 4,712 requests.",
        "  Here requests went wrong in the first way.",
    ]


def test_an_unforeseen_answer_hears_what_is_expected_and_where_to_look(lab):
    """What nobody foresaw gets the kind of answer, never the answer."""
    assert repr(lab.check("requests", 12)).splitlines() == [
        "↻ requests: not yet",
        "  Your answer, as read: 12 requests.",
        "  Expected: an answer to requests.",
        '  Where to look: `lab.hint("requests")`.',
    ]


def test_an_unreadable_answer_hears_what_it_is(lab):
    """What is no answer of the kind is told so, and does not count as a try."""
    text = repr(lab.check("requests", None))
    assert text.splitlines()[:2] == ["↻ requests: could not be read", "  Found: None, and not a number"]
    assert lab.store.standings() == {}


def test_an_unsolved_cell_is_no_error(lab):
    """Three dots show the question and count nothing."""
    text = repr(lab.check("requests", ...))
    assert text.startswith("· requests: not answered yet\n  What is requests?")
    assert lab.store.standings() == {}


def test_hints_come_in_order_or_by_number(lab):
    """Each call gives the next hint; a number gives that one and counts nothing."""
    assert [repr(lab.hint("onset")).splitlines() for _ in range(2)] == [
        ["· onset: hint 1 of 3", "  Look at onset."],
        ["· onset: hint 2 of 3", "  Look again at onset."],
    ]
    assert "hint 1 of 3" in repr(lab.hint("onset", 1))
    assert "hint 3 of 3" in repr(lab.hint("onset"))
    for wrong in (0, 4, True, "1"):
        with pytest.raises(LabError, match=r"no hint of this number.*Possible: 1, 2, 3"):
            lab.hint("onset", wrong)


def test_questions_and_progress_count(lab):
    """The lists say of every question how it stands, and of every lab how many are right."""
    lab.check("requests", 4711)
    lab.check("onset", "2023-12-01 10:00")
    lab.hint("onset")
    rows = {row[0]: row[2:] for row in lab.questions().table.rows}
    assert rows["requests"] == ("right", "1", "0")
    assert rows["onset"] == ("tried", "1", "1")
    assert rows["gap"] == ("open", "0", "0")
    progress = lab.progress()
    assert progress.title == "Progress: 1 of 11 questions right"
    assert progress.table.rows == ((NAME, "1", "1", "9", "11"),)


def test_progress_is_kept_when_the_kernel_is_not(lab, con):
    """A lab that is opened again goes on where it was."""
    lab.check("requests", 4711)
    again = labkit.lab("07", con)
    assert again.progress().table.rows == lab.progress().table.rows


def test_a_check_works_where_nothing_can_be_kept(lab, tmp_path):
    """Verdicts and hints come all the same, with a word on what was not kept."""
    (tmp_path / "work").write_text("in the way", encoding="utf-8")
    assert "Your progress could not be kept: work/progress.db cannot be written" in repr(
        lab.check("requests", 4711)
    )
    text = repr(lab.hint("onset"))
    assert "hint 1 of 3" in text
    assert "could not be kept" in text


def test_other_evidence_is_told_and_not_judged(con, project, tmp_path, monkeypatch):
    """With evidence that the checks were not made for, no answer is right or wrong."""
    con.execute("DELETE FROM messages WHERE channel = 'chat'")
    lab = labkit.lab("07", con)
    text = repr(lab.check("requests", 4711))
    assert text.startswith("· requests: cannot be judged with this evidence")
    assert "labkit seal 07-sums --evidence FOLDER" in text
    assert lab.store.standings() == {}


def test_checks_for_other_evidence_are_found(con, project):
    """A second sealed file is used where its evidence is loaded."""
    con.execute("DELETE FROM messages WHERE channel = 'chat'")
    evidence = labkit.lab("07", con).evidence
    from labkit.classroom.seal import lab_references, sealed_text

    found = lab_references(write_checks(project), con)
    path = project / "notebooks" / "checks" / f"{NAME}.{evidence[:12]}.json"
    path.write_text(sealed_text(NAME, found, con, 2), encoding="utf-8")
    try:
        lab = labkit.lab("07", con)
        assert repr(lab.check("requests", 4711)).startswith("✓")
        assert lab.progress().title == "Progress: 1 of 11 questions right"
    finally:
        path.unlink()


def test_a_secret_in_an_answer_is_neither_shown_nor_kept(lab):
    """A connection string with its password may be passed; the password stays where it was."""
    panel = lab.check("part", "postgresql://bank_app:correct-horse@db.example:6543/bank")
    assert "correct-horse" not in "".join(shown(panel))
    assert "host=db.example" in repr(panel)
    for question in ("requests", "onset", "gap", "shape", "story", "offsets"):
        assert "correct-horse" not in "".join(shown(lab.check(question, "password=correct-horse")))
    assert b"correct-horse" not in lab.store.path.read_bytes()


def test_a_panel_is_the_same_in_words_and_in_html(lab):
    """What is said in text is said in HTML; a mark or a colour never stands alone."""
    for panel in (
        lab.check("story", [("onset", "2023-12-01 14:33")]),
        lab.questions(),
        lab.progress(),
        lab.hint("gap"),
    ):
        page, text = shown(panel)
        words = "".join(re.findall(r"\w+", "".join(Outline(page).words)))
        assert "".join(re.findall(r"\w+", text)) == words
        assert "aria-hidden" in page


def test_tables_have_scopes_and_captions(lab):
    """A screen reader hears which head a cell belongs to, and what the table is."""
    found = Outline(shown(lab.questions())[0])
    assert found.tags.count("caption") == 1
    assert {value for name, value in found.attributes if name == "scope"} == {"col", "row"}


def test_markup_in_texts_is_plain_and_safe():
    """Backquotes make code and stars emphasis; what looks like HTML stays text."""
    page, _ = shown(Panel("a <b>", lines=("See `x < 1` and *this*, 2 * 3 and a ` alone.",)))
    assert "<code>x &lt; 1</code> and <em>this</em>, 2 * 3 and a ` alone." in page
    assert "a &lt;b&gt;" in page


def test_a_panel_is_the_same_every_time(lab):
    """No count of tries and no clock is in a verdict, so outputs repeat."""
    assert shown(lab.check("requests", 12)) == shown(lab.check("requests", 12))


def test_a_hypothesis_is_kept_with_what_its_query_showed(lab):
    """Prediction, query, rows, verdict and reason are kept and shown as a table."""
    panel = lab.hypothesis(
        "overload",
        prediction="If it were overload, messages would come in great numbers.",
        query="SELECT channel, count(*) AS n FROM messages GROUP BY channel ORDER BY channel",
        verdict="refuted",
        because="There are two.",
    )
    assert panel.title == "overload: refuted, kept in the ledger"
    [entry] = lab.ledger()
    assert (entry.columns, entry.rows, entry.more) == (
        ("channel", "n"),
        (("chat", "1"), ("user-report", "1")),
        False,
    )
    page, text = shown(lab.ledger())
    assert Outline(page).tags.count("tr") == 2
    assert text.splitlines()[0] == "Evidence ledger of lab 07-sums: 1 entry"
    assert "    channel | n" in text.splitlines()
    assert lab.ledger("08-alone").entries == ()
    assert len(lab.ledger("07")) == 1


def test_an_empty_ledger_says_how_to_begin(lab):
    """Where nothing is written yet, the way to do it is shown."""
    page, text = shown(lab.ledger())
    assert text == "Evidence ledger of lab 07-sums: 0 entries\n  Write one with `lab.hypothesis(...)`."
    assert "lab.hypothesis" in page


def test_a_named_query_serves_as_a_query(lab):
    """The name of one of the course's queries is run like SQL."""
    lab.hypothesis("x", prediction="p", query="tables", verdict="undecided", because="b")
    [entry] = lab.ledger()
    assert entry.query == "tables"
    assert entry.rows


def test_a_long_result_is_kept_in_short(lab):
    """Of a large result only its first rows and columns are kept, and long texts are cut."""
    wide = ", ".join(f"{n} AS c{n}" for n in range(20))
    query = f"SELECT repeat('x', 500) AS long, {wide} FROM range(100)"
    lab.hypothesis("x", prediction="p", query=query, verdict="supported", because="b")
    [entry] = lab.ledger()
    assert (len(entry.rows), len(entry.columns), entry.more) == (MOST_ROWS, MOST_COLUMNS, True)
    assert len(entry.rows[0][0]) == MOST_LETTERS
    assert entry.showed.endswith("\n...")
    assert Entry.from_text(entry.as_text()) == entry


@pytest.mark.parametrize(
    ("query", "showed"),
    [
        ("SELECT 1.5::DOUBLE AS a, NULL AS b, 'nan'::DOUBLE AS c", "a: 1.5\nb: \nc: "),
        ("SELECT TIMESTAMP '2023-12-01 14:00:00' AS at", "at: 2023-12-01 14:00:00"),
        ("SELECT 1 WHERE false", "no rows"),
    ],
)
def test_results_are_shown_as_text(lab, query, showed):
    """Numbers, moments and what is missing read plainly."""
    lab.hypothesis("x", prediction="p", query=query, verdict="supported", because="b")
    assert lab.ledger().entries[0].showed == showed


def test_an_unwritten_hypothesis_is_no_error(lab):
    """Dots in any part say what is still to be written, and nothing is kept."""
    panel = lab.hypothesis("overload", prediction=..., query="SELECT 1", verdict=..., because="b")
    assert repr(panel) == "· overload: not written yet\n  Still to write: prediction, verdict."
    assert len(lab.ledger()) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verdict": "refutd"}, "Did you mean 'refuted'"),
        ({"because": " "}, "needs 'because' as text"),
        ({"prediction": None}, "needs 'prediction' as text"),
        ({"query": "SELECT nothing FROM nowhere"}, "does not run. DuckDB says: Catalog Error"),
        ({"query": "onste"}, "no query of that name"),
        ({"query": "CREATE TEMP TABLE x AS SELECT 1"}, "is not one query"),
        ({"query": "SELECT 1; SELECT 2"}, "is not one query"),
    ],
)
def test_a_hypothesis_with_a_fault_is_refused(lab, change, said):
    """What is missing or does not run is told, and nothing is kept."""
    parts = {"prediction": "p", "query": "SELECT 1 AS one", "verdict": "refuted", "because": "b"} | change
    with pytest.raises(LabError, match=said):
        lab.hypothesis("overload", **parts)
    assert len(lab.ledger()) == 0


def test_a_table_lines_up_in_text():
    """Columns of a text table are as wide as their widest cell."""
    table = Table("Things", ("a", "b"), (("long one", "1"), ("x", "22")))
    assert str(table).splitlines() == ["Things", "a         b", "long one  1", "x         22"]


def test_a_sealed_file_with_more_than_it_should_have_still_opens(project, con):
    """A later author's additional key does not lock students out."""
    path = project / "notebooks" / "checks" / f"{NAME}.json"
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    document["questions"][0]["colour"] = "blue"
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        assert labkit.lab("07", con).sealed.question("onset").question.id == "onset"
    finally:
        path.write_text(text, encoding="utf-8")
