"""A postmortem's rules say what is missing and where, for good ones, bad ones and hostile ones."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import labkit
from labkit.classroom.panel import Panel
from labkit.classroom.postmortem.document import SECTIONS, read_document
from labkit.classroom.postmortem.draft import Draft
from labkit.classroom.postmortem.review import RULES
from labkit.core.errors import LabError

GOOD = """# A bad afternoon

## Summary

An update carried a wrong port [E1].

## Impact

Nobody could open an account from 14:30 to 17:00 UTC [E1].

![Error ratio by the minute: 0.1 % before 14:30, 82 % until 17:00](ratio.png)

## Timeline

| time (UTC) | what happened | evidence |
|---|---|---|
| 14:30:00 | the update begins | [E2] |
| 14:45:10 | a user reports errors | [E3] |
| 14:52 | the on-call engineer acknowledges | [E3] |
| 16:52 | the roll-back begins | [E2] |
| 17:00 | users are served again | [E1] |

## Intervals

| interval | from | until | minutes |
|---|---|---|---|
| time to detect | first failures 14:30:00 | first report 14:45:10 | 15.2 |
| time to mitigate | first report 14:45:10 | served again 17:00:00 | 134.8 |

## Trigger

At 14:30 the routine update d-1043 went out [E2].

## Root cause

The connection string named port 5433, where nothing listens [E4].

## Contributing factors

- Nothing in the pipeline connects to the database before a release [E2].
- No alarm watched the error ratio, so users were the first to know [E3].

## Dead ends

- Overload was refuted: the processors had less to do than before [E4].

## Actions

| action | owner | done when |
|---|---|---|
| run the connectivity test in the pipeline | lead developer | a wrong port is stopped in a rehearsal |
| add an alarm on the error budget | on-call engineer | a planned outage of two minutes calls the pager |

## Evidence

| | what | query | what it showed |
|---|---|---|---|
| E1 | onset | `onset_and_recovery` | one step |
| E2 | changes | events | the update at 14:30 |
| E3 | messages | SELECT time_utc, text FROM messages | first report |
| E4 | calls | `SELECT body FROM logs WHERE body LIKE '%refused%'` | port 5433 |
"""


def found(text, rule, **more):
    """List what one rule found: (line, problem) of each."""
    return [(f.line, f.problem) for f in labkit.review_postmortem(text, **more) if f.rule == rule]


def test_a_good_postmortem_has_nothing_missing():
    """Nothing is found, and the panel sends it to a person and gives no mark."""
    review = labkit.review_postmortem(GOOD)
    assert list(review) == []
    assert "give it to a person" in repr(review)
    assert not re.search(r"\d+ ?(%|/|points|of)", repr(review))


BROKEN = [
    ("sections", "## Dead ends", "## Ruminations", "there is no section 'dead ends'"),
    (
        "sections",
        "- Overload was refuted: the processors had less to do than before [E4].\n",
        "",
        "'dead ends' is empty",
    ),
    ("unfinished", "An update carried a wrong port [E1].", "... [E1]", "still waits for its text"),
    (
        "cited",
        "from 14:30 to 17:00 UTC [E1]",
        "from 14:30 to 17:00 UTC",
        "no evidence is cited for 'Nobody could",
    ),
    (
        "cited",
        "| 14:52 | the on-call engineer acknowledges | [E3] |",
        "| 14:52 | it is seen | |",
        "no evidence",
    ),
    ("cited", "a wrong port [E1]", "a wrong port at 14:30", "no evidence is cited for 'An update"),
    ("cited", "went out [E2]", "went out [E9]", "[E9] is cited and stands not under Evidence"),
    ("evidence", "`onset_and_recovery`", "", "E1: there is no query"),
    ("evidence", "`onset_and_recovery`", "`onste`", "no named query is called 'onste'"),
    ("evidence", "`onset_and_recovery`", "I looked at it", "neither SQL nor the name"),
    ("evidence", "| E2 | changes", "| E1 | changes", "two entries are called E1"),
    ("evidence", "| E2 | changes", "| second | changes", "an entry has no number"),
    ("timeline", "time (UTC)", "time", "no zone is named"),
    ("timeline", "| 14:52 | the on-call engineer acknowledges | [E3] |\n", "", "the timeline has 4 rows"),
    ("timeline", "| 14:52 |", "| 14:41 |", "earlier than the one before"),
    ("timeline", "| 14:52 |", "| later |", "a row has no time"),
    ("intervals", "first report 14:45:10 | 15.2", "first report 14:45:10 | 10", "is not 10 minutes"),
    ("intervals", "| served again 17:00:00 |", "| |", "'time to mitigate' has no beginning or no end"),
    ("intervals", "| 15.2 |", "| some |", "'time to detect' has no length"),
    ("intervals", "first failures 14:30:00", "first failures", "names events without their times"),
    ("intervals", "first failures 14:30:00", "first failures 15:30:00", "ends before it begins"),
    (
        "intervals",
        "a wrong port [E1].",
        "a wrong port; the time to recover was long [E1].",
        "'time to recover' is used",
    ),
    ("intervals", "a wrong port [E1].", "a wrong port; the MTTR rose [E1].", "a mean over incidents"),
    ("apart", "At 14:30 the routine", "The routine", "the trigger has no time"),
    (
        "apart",
        "- No alarm watched the error ratio, so users were the first to know [E3].\n",
        "",
        "stands alone",
    ),
    (
        "apart",
        "The connection string named port 5433, where nothing listens [E4].",
        "At 14:30 the update d-1043 went out [E2].",
        "'trigger' and 'cause' say the same",
    ),
    ("blameless", "No alarm watched", "The developer should have watched", "'should have'"),
    ("blameless", "the update begins", "Ms Meyer begins the update", "'Ms'"),
    ("blameless", "An update carried", "Through human error an update carried", "'human error'"),
    ("blameless", "the roll-back begins", "she begins the roll-back", "'she'"),
    ("blameless", "a user reports errors", "@anna reports errors", "'@anna'"),
    (
        "blameless",
        "Nothing in the pipeline connects",
        "The team failed to notice that nothing connects",
        "failed to notice",
    ),
    ("actions", "run the connectivity test in the pipeline", "be more careful with releases", "not specific"),
    ("actions", "add an alarm on the error budget", "alarms", "not specific: 'alarms'"),
    ("actions", "| lead developer |", "| everyone |", "no role owns"),
    ("actions", "| lead developer |", "| Anna Meyer |", "looks like a person: 'Anna Meyer'"),
    ("actions", "a planned outage of two minutes calls the pager", "it works", "nobody can test"),
    ("actions", "| action | owner | done when |", "| action | owner | by |", "no column 'done when'"),
    (
        "pictures",
        "Error ratio by the minute: 0.1 % before 14:30, 82 % until 17:00",
        "a chart",
        "tell too little: 'a chart'",
    ),
]


@pytest.mark.parametrize(
    ("rule", "old", "new", "says"), BROKEN, ids=[f"{b[0]}-{n}" for n, b in enumerate(BROKEN)]
)
def test_each_gap_is_named_where_it_is(rule, old, new, says):
    """One thing taken out of a good postmortem is found by its rule, in its line, with something to do."""
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    hits = [f for f in labkit.review_postmortem(text) if f.rule == rule and says in f.problem]
    assert hits
    assert all(f.next_step.endswith((".", "...", "?")) and 1 <= f.line <= text.count("\n") + 1 for f in hits)
    if new and "\n" not in new and rule not in ("sections", "timeline"):
        lines = [text.splitlines()[f.line - 1] for f in hits]
        assert any(line.startswith("#") or new.split("[")[0].strip("| ")[:15] in line for line in lines)


def test_an_empty_document_lacks_every_section():
    """Each section that a postmortem needs is asked for by name."""
    told = " ".join(problem for _, problem in found("", "sections"))
    assert all(f"'{name}'" in told for name in SECTIONS)


def test_quotations_and_code_are_not_judged():
    """What a user or a log said is evidence, not the author's wording."""
    quoted = GOOD + "\n## Appendix\n\n> Whose fault is it? You should have tested!\n\n```\nhuman error\n```\n"
    assert found(quoted, "blameless") == []


def test_actions_need_a_table():
    """A list of wishes has no owners and no tests."""
    text = re.sub(r"\| action .*?(?=\n\n## Evidence)", "- test more", GOOD, flags=re.DOTALL)
    assert "the actions are no table" in found(text, "actions")[0][1]


def test_there_must_be_a_chart():
    """Without any picture, one is asked for."""
    text = re.sub(r"!\[.*\n", "", GOOD)
    assert found(text, "pictures")[0][1] == "there is no chart"


def test_what_is_missing_is_told_at_the_documents_end():
    """The line of what is nowhere is the last one, lines of code between fences counted."""
    text = "## Cause\n\n```\none\ntwo\n```\n\nA wrong port [E1].\n"
    assert found(text, "pictures") == [(8, "there is no chart")]


def test_other_titles_are_understood():
    """Root cause or cause, action items or actions: the words of the field all count."""
    text = GOOD.replace("## Root cause", "### Cause").replace("## Actions", "## Action items:")
    assert labkit.review_postmortem(text).findings == ()


def test_the_order_of_findings_is_that_of_the_rules():
    """Findings come by rule and line, so that the same document reads the same each time."""
    review = labkit.review_postmortem("## Trigger\n\nShe forgot it.\n\n## Timeline\n\n| 3 |\n")
    places = [(list(RULES).index(f.rule), f.line) for f in review]
    assert places == sorted(places)
    assert len(review) == len(places) > 10
    assert "places ask for more" in repr(review)
    assert "In order" not in repr(review)
    assert "In order" in repr(labkit.review_postmortem(GOOD.replace("UTC", "")))
    assert "<table" in review._repr_mimebundle_()["text/html"]


# --- any text, any file ------------------------------------------------------------------------------

MARKS = """## Trigger~## Actions~## Timeline~## Evidence~## Intervals
| a | b | c | d |~|---|~| 14:30 | x [E1] |
- item~> said~```~![~](~[E1]~\\|~|~#~<!--~-->~\x00""".replace("\n", "~").split("~")
PIECES = st.sampled_from(MARKS)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=40).map("\n".join))


@given(TEXTS)
@settings(max_examples=300)
def test_any_text_is_reviewed(text):
    """No text makes the review fail, and every finding lies within it."""
    text += "\n"  # one line that ends in .md is a path
    review = labkit.review_postmortem(text)
    assert all(0 <= f.line <= len(text.splitlines()) + 1 and f.rule in RULES for f in review)
    assert isinstance(review.panel, Panel)


@pytest.mark.parametrize(
    "piece", ["![", "a.", "| ", "@", "<!--", "-", "[E1]", "time to ", " \t", "`", "should "]
)
def test_a_text_made_to_keep_patterns_busy_is_reviewed(piece):
    """A long repetition, on one line and on many, is read to its end."""
    for text in (piece * (200_000 // len(piece)), f"## Cause\n{piece}\n" * 5_000):
        assert labkit.review_postmortem(text + "\n").findings


def test_a_file_is_read_with_its_pictures(tmp_path):
    """From a path the pictures are looked for beside the file; a byte order mark does no harm."""
    path = tmp_path / "postmortem.md"
    path.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert [f.problem for f in labkit.review_postmortem(path)] == [
        "this picture's file is not there: 'ratio.png'"
    ]
    (tmp_path / "ratio.png").write_bytes(b"a picture")
    assert labkit.review_postmortem(str(path)).findings == ()
    hostile = GOOD.replace("ratio.png", "a" * 400 + "%00.png")
    assert "is not there" in found(hostile, "pictures", folder=tmp_path)[0][1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "this file is no text"),
        (b"## Cause\n\xff\xfe", "Byte 9 cannot be read"),
        (b"a" * 300_001, "too large for a postmortem"),
    ],
)
def test_a_hostile_file_gets_a_clear_error(tmp_path, content, says):
    """What cannot be a postmortem is named, with what to do."""
    path = tmp_path / "postmortem.md"
    path.write_bytes(content)
    with pytest.raises(LabError, match=says):
        labkit.review_postmortem(path)


def test_what_is_no_postmortem_is_an_error(tmp_path):
    """A missing file, a folder, a number and an endless text are told apart."""
    with pytest.raises(LabError, match=r"no such postmortem: 'nothing\.md'"):
        labkit.review_postmortem("nothing.md")
    with pytest.raises(LabError, match="a folder is no postmortem"):
        labkit.review_postmortem(tmp_path)
    with pytest.raises(LabError, match="a postmortem is text or a path: 'int'"):
        labkit.review_postmortem(7)
    with pytest.raises(LabError, match="too long for a postmortem"):
        labkit.review_postmortem("a\n" * 200_000)
    with pytest.raises(LabError, match="no such postmortem"):
        labkit.review_postmortem(Path("nul\0.md"))


# --- the draft ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def con():
    """Load the seed incident once."""
    return labkit.load(Path(__file__).resolve().parents[2] / "data" / "debacle")


@pytest.fixture
def lab(con, tmp_path, monkeypatch):
    """Open lab 07 with an empty folder for the student's work."""
    monkeypatch.setenv("OUTAGE_LAB_WORK", str(tmp_path / "work"))
    return labkit.lab("07", con)


def test_a_draft_begins_with_the_students_own_ledger(lab):
    """Entries of any lab come first; without one, a worked set stands in and says so."""
    worked = labkit.postmortem(lab)
    assert "A worked set of 4 entries: the ledger was empty" in worked.text
    other = labkit.lab("01", lab.con)
    other.hypothesis(
        "load", prediction="more", query="availability", verdict="refuted", because="less | same"
    )
    own = labkit.postmortem(lab)
    assert [(e.lab, e.name) for e in own.evidence] == [("01-detection-and-impact", "load")]
    assert "less \\| same" in own.text
    assert "From the evidence ledger: 1 entries." in repr(own)


def test_the_worked_set_says_what_its_queries_show(lab):
    """Each of its sentences is filled with the values of its own query, and no gap is left."""
    for entry in labkit.postmortem(lab).evidence:
        assert len(entry.rows) == 1
        assert "{" not in entry.because
        assert any(value in entry.because for value in entry.rows[0])
    assert found(labkit.postmortem(lab).text, "evidence") == []


def test_a_draft_computes_tables_and_cites(lab):
    """Lengths follow from times, cells are escaped, numbers are those of the evidence."""
    draft = labkit.postmortem(lab).prove("visits", "SELECT count(*) AS n FROM requests", "many")
    assert draft.number("visits") == "[E5]"
    draft = draft.prove("visits", "availability", "again")
    assert (draft.number("visits"), len(draft.evidence)) == ("[E5]", 5)
    draft = draft.intervals(
        [("time to detect", "onset", "2023-12-01 14:30", "report", "2023-12-01 14:45:10")]
    )
    draft = draft.timeline([("2023-12-01T14:30:00", "a | b\nc", "[E1]")])
    draft = draft.actions([("act", "role", "test")])
    assert "| time to detect | onset 14:30:00 | report 14:45:10 | 15.2 |" in draft.text
    assert "| 14:30:00 | a \\| b c | [E1] |" in draft.text
    assert read_document(draft.text).section("timeline").rows[0].cells[1] == "a | b c"


def test_times_with_a_zone_are_told_in_utc(lab):
    """The table's head says UTC, so a moment of another zone is turned into it, as text and as a datetime."""
    pune = dt.timezone(dt.timedelta(hours=5, minutes=30))
    moments = ["2023-12-01T20:00:00+05:30", dt.datetime(2023, 12, 1, 20, 15, 10, tzinfo=pune)]
    draft = labkit.postmortem(lab).timeline([(moment, "what", "[E1]") for moment in moments])
    assert "| 14:30:00 | what | [E1] |\n| 14:45:10 | what | [E1] |" in draft.text
    draft = draft.intervals([("time to detect", "onset", "2023-12-01 14:30", "report", moments[1])])
    assert "| time to detect | onset 14:30:00 | report 14:45:10 | 15.2 |" in draft.text


def test_a_draft_is_saved_with_its_charts(lab, tmp_path):
    """Document and picture lie in the student's folder; nothing that is shown names the machine."""
    draft = labkit.postmortem(lab).chart("error-ratio", labkit.charts.error_ratio(lab.con))
    saved = draft.save()
    folder = tmp_path / "work" / "postmortem"
    assert sorted(path.name for path in folder.iterdir()) == ["error-ratio.png", "postmortem.md"]
    assert (folder / "error-ratio.png").read_bytes().startswith(b"\x89PNG")
    assert [f for f in labkit.review_postmortem(folder / "postmortem.md") if f.rule == "pictures"] == []
    assert str(tmp_path) not in repr(saved) + repr(draft) + draft.text
    assert "*Picture:* Line chart" in draft.preview._repr_markdown_() and "](" not in repr(draft.preview)


def test_a_folder_that_cannot_be_written_to_is_told(lab, tmp_path):
    """A file in the folder's place ends in one clear sentence."""
    (tmp_path / "work").mkdir(exist_ok=True)
    (tmp_path / "work" / "postmortem").write_text("in the way", encoding="utf-8")
    with pytest.raises(LabError, match="the postmortem cannot be saved: 'postmortem'"):
        labkit.postmortem(lab).save()


def test_mistakes_with_a_draft_are_named(lab):
    """A wrong section, number, row, moment or name says what is possible."""
    draft = labkit.postmortem(lab)
    assert isinstance(draft, Draft)
    for wrong, says in [
        (lambda: draft.write("causes", "x"), "no section of that name: 'causes'.*Did you mean 'cause'"),
        (lambda: draft.write("cause", 7), "a section is text: 'int'"),
        (lambda: draft.number("overlaod"), "no evidence of that name: 'overlaod'.*'overload'"),
        (lambda: draft.timeline([("14:30", "x")]), "a row needs 3 parts: time, what, evidence: 2"),
        (lambda: draft.timeline([("soon", "x", "y")]), "this is no moment: 'soon'"),
        (lambda: draft.chart("../x", None), "no name for a file"),
        (lambda: draft.prove("x", "SELECT nothing", "y"), "does not run"),
    ]:
        with pytest.raises(LabError, match=says):
            wrong()


def test_a_connection_is_no_lab():
    """Given the connection in place of the lab, the error says how to make a lab."""
    with pytest.raises(LabError, match=r"this is no lab: 'DuckDBPyConnection'"):
        labkit.postmortem(labkit.load("data/debacle/messages.jsonl"))
