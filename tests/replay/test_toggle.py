"""The toggle shows what the replay found, in a live page and without one."""

from __future__ import annotations

import re

from small_record import AFTER, BEFORE, CHANGE, add_deployment

from labkit.replay.toggle import DsnToggle


def page(toggle):
    """Give the part of the toggle that changes."""
    return toggle.children[2].value


def test_the_choice_redraws_the_picture(con):
    """Another choice brings another sentence and another picture with its own alt text."""
    toggle = DsnToggle(con)
    first = page(toggle)
    toggle.children[1].value = "as corrected"
    second = page(toggle)
    pictures = [
        re.findall(r'<img alt="([^"]+)"[^>]*src="data:image/png;base64,([^"]+)"', p) for p in (first, second)
    ]
    assert all(len(found) == 1 and len(found[0][0]) > 40 for found in pictures)
    assert pictures[0] != pictures[1]
    assert "12 of 60 requests fail" in first
    assert "2 of 60 requests fail" in second


def test_both_strings_and_their_difference_are_shown(con):
    """A person reads both strings, redacted, and the one part that differs."""
    toggle = DsnToggle(con)
    labels = [label for label, _ in toggle.children[1].options]
    assert labels == [f"as deployed: {AFTER}", f"as corrected: {BEFORE}"]
    told = "<b>port</b> <code>6432</code> as deployed, <code>5432</code> as corrected."
    assert told in toggle.children[0].value


def test_a_part_that_only_one_string_has_is_told(con):
    """A part that was added or taken away is told as 'not set' on the other side."""
    con.execute("DELETE FROM deployments")
    add_deployment(con, CHANGE, "d-6", ("1.9", "2.0"), [("DSN", BEFORE, BEFORE + "?sslmode=require")])
    told = "<b>sslmode</b> <code>require</code> as deployed, not set as corrected."
    assert told in DsnToggle(con).children[0].value


def test_no_password_reaches_the_toggle(con):
    """Even where the record holds a password, nothing that the toggle shows holds it."""
    con.execute(
        """UPDATE deployments SET config_diff = list_transform(config_diff, lambda entry: {
               key: entry.key, before: replace(entry.before, '***', 'tr0ub4dor'),
               after: replace(entry.after, '***', 'tr0ub4dor')})"""
    )
    assert "tr0ub4dor" in str(con.sql("FROM deployments").fetchall())
    toggle = DsnToggle(con)
    shown = [toggle._repr_mimebundle_(), toggle.children[0].value, toggle.children[1].options, page(toggle)]
    assert "tr0ub4dor" not in str(shown) + repr(toggle.change) + repr(toggle.replay)


def test_the_code_equals_the_state(con):
    """The code that the toggle prints makes a toggle in the same state."""
    import labkit

    toggle = DsnToggle(con)
    toggle.state = "as corrected"
    assert toggle.code == "labkit.DsnToggle(con, 'as corrected')"
    assert "labkit.DsnToggle(con, &#x27;as corrected&#x27;)" in page(toggle)
    again = eval(toggle.code, {"labkit": labkit, "con": con})
    assert (again.state, page(again)) == (toggle.state, page(toggle))


def test_result_and_chart_follow_the_choice(con):
    """The toggle hands over the replay and the chart that it shows."""
    toggle = DsnToggle(con, "as corrected")
    assert toggle.replay.failed == 2
    assert int(toggle.chart.table["failed"].sum()) == 2
    assert toggle.chart is toggle.chart


def test_without_a_front_end_both_states_are_there(con):
    """The saved output has both pictures with alt text, and a plain text with both sentences."""
    saved = DsnToggle(con)._repr_mimebundle_()
    assert len(re.findall(r'<img alt="[^"]{40,}"', saved["text/html"])) == 2
    assert "12 of 60 requests fail" in saved["text/plain"]
    assert "2 of 60 requests fail" in saved["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in saved
