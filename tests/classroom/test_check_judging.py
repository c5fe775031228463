"""An answer of any kind is right, partly right, wrong for a known reason, or wrong for another."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from small_checks import MISTAKES, QUESTIONS, seal_checks

from labkit.classroom.checks.census import known_answers, without_feedback
from labkit.classroom.checks.judging import judge


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Seal one question of every kind."""
    return seal_checks(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def con(made):
    """Give the connection to the evidence."""
    return made[3]


@pytest.fixture
def ask(made):
    """Give a function that judges an answer to a question."""
    return lambda name, value: judge(value, made[1].question(name))


def utc(hour, minute, second=0):
    """Give a moment of the day, with its zone."""
    return dt.datetime(2023, 12, 1, hour, minute, second, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_right_answers_pass_and_known_wrong_ones_hear_why(made, name):
    """For every kind the reference passes and each mistake gets the text that its author wrote."""
    references, sealed, _, _ = made
    [found] = [one for one in references if one.authored.question.id == name]
    for value in found.values["right"]:
        verdict = judge(value, sealed.question(name))
        assert (verdict.state, verdict.text) == ("right", f"This is what {name} means for the bank.")
    for mistake in MISTAKES:
        for value in found.values[mistake]:
            verdict = judge(value, sealed.question(name))
            assert verdict.because == mistake
            assert verdict.text == f"Here {name} went wrong in the {mistake} way."


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("onset", "2023-12-01T14:33:17Z"),
        ("onset", "2023-12-01 20:03:50 +05:30"),
        ("onset", "01/Dec/2023:14:33:00 +0000"),
        ("onset", "Fri, 01 Dec 2023 14:33:17 GMT"),
        ("onset", "Dec 1, 2023 14:34"),
        ("onset", pd.Timestamp("2023-12-01 15:33:17", tz="Europe/Berlin")),
        ("onset", 1701441197),
        ("onset", "1701441197000"),
        ("onset", [(utc(14, 32, 17),)]),
        ("onset", pd.DataFrame({"t": [utc(14, 34, 17)]})),
        ("onset", pd.Series([utc(14, 34, 17)])),
        ("onset", pd.Series([utc(14, 34, 17)]).to_numpy()),
        ("gap", "11 min 54 s"),
        ("gap", 11.9),
        ("gap", "PT11M52S"),
        ("gap", pd.Timedelta(minutes=11, seconds=53)),
        ("requests", "4,711 requests"),
        ("requests", [[4711.0]]),
        ("share", "3.48 %"),
        ("share", 0.0345),
        ("shape", " 'Step' "),
        ("routes", {"/transfers", "/LOGIN"}),
        ("routes", "/login, /transfers"),
        ("routes", pd.DataFrame({"route": ["/transfers", "/login"]})),
        ("part", {"port": "6543"}),
        ("part", "port = 6543"),
        ("story", {"page": utc(14, 52, 50), "report": utc(14, 45), "onset": utc(14, 33)}),
    ],
)
def test_an_answer_may_be_written_in_many_ways(ask, name, answer):
    """Format, zone, container, case and a difference within the tolerance do not count."""
    wanted = "partly" if isinstance(answer, dict) and name == "story" else "right"
    assert ask(name, answer).state == wanted


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("onset", utc(14, 34, 18)),
        ("onset", utc(14, 32, 16)),
        ("gap", dt.timedelta(minutes=11, seconds=56)),
        ("requests", 4710),
        ("share", 0.0351),
        ("routes", ["/login"]),
        ("part", "postgresql://bank_app:pw@db.example:6543/bank"),
    ],
)
def test_what_is_not_near_enough_hears_no_reason(ask, name, answer):
    """An answer beyond the tolerance is not yet right, and gets no known mistake's feedback."""
    verdict = ask(name, answer)
    assert (verdict.state, verdict.because, verdict.text) == ("wrong", "", "")


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("onset", None, "None, which is no moment"),
        ("onset", "2023-12-01", "a date without a time of day"),
        ("onset", dt.date(2023, 12, 1), "a date without a time of day"),
        ("onset", "14:33:17", "a time of day without its date"),
        ("onset", "2023-12-01 14:33:17 IST", "zone 'IST'"),
        ("onset", 7, "the number 7"),
        ("gap", "soon", "no clear length of time"),
        ("gap", utc(14, 33), "no length of time"),
        ("requests", "4711 users", "another unit than requests"),
        ("requests", float("nan"), "not a number"),
        ("requests", float("inf"), "inf"),
        ("requests", True, "not a number"),
        ("shape", "slope", "Choices: ramp, step, spike."),
        ("shape", 3, "none of the choices"),
        ("routes", 5, "not a set of choices"),
        ("part", "prot=6543", "libpq does not know"),
        ("part", "password=pw", "a secret"),
        ("part", "", "names no part"),
        ("story", "14:33", "no list of events"),
        ("story", [("onset", utc(14, 33)), ("onset", utc(14, 34))], "'onset' more than once"),
        ("story", [("ouch", utc(14, 33))], "Names: onset, report, page, decoy"),
        ("story", [("onset", "soon")], "event 'onset' has as its time a text that is no clear moment"),
        ("story", ["onset"], "pairs of a name and a time"),
        ("story", [], "an empty list"),
        ("offsets", 4, "no table"),
        ("offsets", [], "without rows"),
        ("offsets", [("web-1", 0)], "2 columns. Expected are: host, offset_s, seen_utc"),
        ("offsets", [("web-1", 0), ("web-2",)], "rows of different length"),
    ],
)
def test_what_cannot_be_read_is_told(ask, name, answer, said):
    """A value of another kind is told what it is and what would do; it counts as no answer."""
    verdict = ask(name, answer)
    assert verdict.state == "unread"
    assert said in verdict.text


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("value", [..., [...], [(...,)]])
def test_three_dots_are_no_answer_yet(ask, name, value):
    """An unsolved cell is open, whatever holds its dots."""
    assert ask(name, value).state == "open"


def test_events_tell_what_is_right_missing_and_out_of_order(ask):
    """A half-right list is told which names are right, which are missing, and which stand wrongly."""
    verdict = ask("story", [("report", utc(14, 45, 10)), ("onset", utc(14, 33, 17)), ("decoy", utc(12, 0))])
    assert verdict.state == "partly"
    assert verdict.parts == (
        "Right: onset, report.",
        "Missing: page.",
        "Not at this time, or not part of the answer: decoy.",
        "Not in the order of their times: onset, report.",
    )


def test_a_table_tells_how_many_rows_are_right(ask):
    """A half-right table is told how many of its rows are right and how many are expected."""
    verdict = ask("offsets", [("web-1", 0.3, utc(14, 0, 4)), ("web-2", 9.0, utc(15, 1, 9))])
    assert (verdict.state, verdict.parts) == ("partly", ("1 of your 2 rows is right; 2 expected.",))


def test_a_table_may_come_in_any_shape(ask, con):
    """Order of rows and columns, names, dtypes, a groupby's index and extra columns do not count."""
    seen = [utc(15, 1, 9), utc(14, 0)]
    frame = pd.DataFrame({"seen": seen, "host": ["WEB-2", "web-1"], "offset": [4, 0]})
    relation = con.sql("""
        SELECT TIMESTAMPTZ '2023-12-01 15:01:09+00' AS seen_utc,
               4.25 AS "Offset S", 'web-2' AS host, 1 AS more
        UNION ALL SELECT TIMESTAMPTZ '2023-12-01 14:00:00+00', 0, 'web-1', 2
    """)
    as_dict = {"host": ["web-2", "web-1"], "offset_s": [4.25, 0], "seen_utc": seen}
    indexed = pd.DataFrame(as_dict).set_index("host")
    records = pd.DataFrame(as_dict).to_dict("records")
    for answer in (frame, relation, as_dict, indexed, records):
        assert ask("offsets", answer).state == "right"


def test_an_ordered_table_is_wrong_in_another_order(ask):
    """Where the order of rows counts, the same rows in another one are a mistake."""
    assert ask("ranking", {"/login": 1723, "/": 911}).state == "right"
    assert ask("ranking", {"/": 911, "/login": 1723}).because == "first"


def test_a_longer_answer_than_any_is_not_worked_on(ask):
    """A table of many rows is refused before any key is derived from it."""
    verdict = ask("ranking", [(f"/{n}", n) for n in range(900)])
    assert verdict.state == "unread"
    assert "longer than any answer" in verdict.text


def test_a_time_of_day_is_taken_on_the_evidences_day(made):
    """Where the evidence has one day, a time alone is enough."""
    from dataclasses import replace

    onset = made[1].question("onset")
    dated = replace(onset, question=replace(onset.question, day="2023-12-01"))
    for text in ("14:33:17", "2:33 pm", "14:33 UTC", dt.time(14, 33)):
        assert judge(text, dated).state == "right"
    assert judge("25:00", dated).state == "unread"


def test_wrong_answers_that_fall_together_are_counted(tmp_path):
    """A known wrong answer near the right one is right; of two equal ones the first is heard."""
    question = ('kind = "number"\ntolerance = 1', "10", ("[10.5, 12]", "[12, 14]", "12"))
    [found], sealed, _, _ = seal_checks(tmp_path, {"n": question})
    assert [(one.misconception, one.judged_as) for one in known_answers(found)] == [
        ("first", "right"),
        ("first", "first"),
        ("second", "first"),
        ("second", "second"),
        ("third", "first"),
    ]
    assert without_feedback(found) == ("third",)
    heard = [judge(value, sealed.question("n")) for value in (10.5, 12, 14)]
    assert [verdict.because or verdict.state for verdict in heard] == ["right", "first", "second"]


def test_a_question_may_have_several_right_answers(tmp_path):
    """Each of several right answers passes."""
    question = ('kind = "choice"\nchoices = ["a", "b", "c", "d"]', '["a", "b"]', ('"c"', '"d"', "None"))
    _, sealed, _, _ = seal_checks(tmp_path, {"n": question})
    assert [judge(word, sealed.question("n")).state for word in "abcd"] == [
        "right",
        "right",
        "wrong",
        "wrong",
    ]
