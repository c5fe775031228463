"""A report says the same in every form, and nothing it was given can break the form."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from labkit.bank.doctor import STEPS, Report, Result, checklist
from labkit.bank.doctor.result import passed, skipped

ODD = 'host "<b>&\x1b[31m\x00" \u202e'
REPORT = Report(
    "postgresql://bank_app:***@db.example:5433/bank?application_name=<b>",
    (
        passed("parse", "libpq reads it", "a note"),
        Result("reach", "failed", ODD, "refused", "means <i>", "do & do", (ODD,)),
        Result("tls", "unknown", "no word", "not-answered", "means", "do"),
        skipped("authenticate", "not tried"),
        skipped("session", "not tried"),
        skipped("capacity", "not asked for"),
    ),
)


def test_the_first_trouble_is_the_verdict() -> None:
    """A report that has a failed or unknown step is not fit, and names the first."""
    assert REPORT.verdict == "not fit: reach, refused"
    assert not REPORT.fit
    assert not Report("", (Result("tls", "unknown", "no word"),)).fit
    assert Report("", (skipped("tls", "not tried"),)).verdict == "fit"


def test_text_joins_what_was_skipped_for_one_reason() -> None:
    """As text a report shows no control character, and steps skipped alike share a line."""
    text = str(REPORT)
    assert repr(REPORT) == text
    assert all(line.isprintable() for line in text.splitlines())
    assert "authenticate to session not tried" in text
    assert "  FAILED   reach" in text
    assert "skipped  capacity      not asked for" in text


def test_json_has_every_field() -> None:
    """As JSON a report has its steps in order, and each result reads back."""
    fields = json.loads(json.dumps(REPORT.to_json()))
    assert fields["trouble"] == {"step": "reach", "fault": "refused"}
    assert tuple(Result.from_json(step) for step in fields["steps"]) == REPORT.results
    assert Report("", ()).to_json()["trouble"] is None


def test_junit_counts_and_parses() -> None:
    """As JUnit a report is well-formed XML whose counts are those of its cases."""
    root = ET.fromstring(REPORT.to_junit())
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "1",
        "errors": "1",
        "skipped": "3",
    }
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("type") == "refused"
    assert "do & do" in (failure.text or "")
    assert root.find(".//testcase[1]").get("name") == "parse: Can libpq read the text?"


def test_html_has_words_beside_its_colours() -> None:
    """As HTML a report is well-formed, escaped, and says each status in a word."""
    html = REPORT._repr_html_()
    root = ET.fromstring(f"<div>{html.replace('<br>', '<br/>')}</div>")
    words = [cell.itertext() for cell in root.iter("td")][::3]
    assert ["".join(word) for word in words] == [
        "passed",
        "failed (refused)",
        "unknown (not-answered)",
        "skipped",
        "skipped",
        "skipped",
    ]
    assert "<b>" not in html
    assert root.find(".//caption") is not None


def test_a_step_is_found_by_name() -> None:
    """A step's result is asked for by name, and every result by iteration."""
    assert REPORT["tls"].status == "unknown"
    assert len(list(REPORT)) == 6
    assert str(REPORT["tls"]).startswith("unknown tls (not-answered)")


@pytest.mark.parametrize("form", ["__str__", "_repr_markdown_"])
def test_the_checklist_is_text_and_markdown(form: str) -> None:
    """The checklist shows itself as its Markdown."""
    assert getattr(checklist(), form)().startswith("# Before a change")


def test_every_step_asks_one_question() -> None:
    """Each step is named by one word and a question."""
    assert all(name.isalpha() and question.endswith("?") for name, question in STEPS.items())
