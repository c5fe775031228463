"""The console follows its page and its person, shows errors, and has a still picture without either."""

from __future__ import annotations

import json
import re

import pytest
from small_record import BEFORE, BEGIN, CHANGE, add_deployment

import labkit
from labkit.core.errors import LabError
from labkit.replay.console_state import prepared, told
from labkit.replay.spelled import marked, parts, spell

CORRECTED = labkit.Configuration(dsn_after="as corrected")


@pytest.fixture
def console(con):
    """Open a console on the small record, with pings and messages."""
    for minute in range(30):
        con.execute(
            """INSERT INTO metrics (time_utc, name, value, host_name)
               SELECT $begin + to_minutes($minute), name, value, 'web-1'
               FROM (VALUES ('ping.rtt', 0.4), ('ping.loss', 0.0)) AS v(name, value)""",
            {"begin": BEGIN, "minute": minute},
        )
    con.execute(
        """INSERT INTO messages (time_utc, channel, author, text) VALUES
           (? + INTERVAL 4 MINUTE, 'user-report', 'user', 'No cart'),
           (? + INTERVAL 5 MINUTE, 'pager', NULL, 'Page'),
           (? - INTERVAL 3 HOUR, 'chat', 'developer', 'Morning')""",
        [CHANGE, CHANGE, CHANGE],
    )
    return labkit.ReplayConsole(con)


def test_what_the_page_is_told_is_what_the_engine_computed(console):
    """Series and numbers in the page's state are those of the replay, minute by minute."""
    for state in [*console.prepared, console.result]:
        result = labkit.replay(console._recording, labkit.Configuration.from_dict(state["settings"]))
        frame = result.per_minute()
        assert state["requests"] == frame["requests"].tolist()
        assert state["failed"] == frame["failed"].tolist()
        assert state["waiting"] == frame["waiting"].tolist()
        assert state["p95"] == pytest.approx(frame["p95_ms"].tolist(), abs=0.001)
        assert state["sentence"] == result.sentence
        assert state["numbers"]["failed"] == result.failed
        assert state["numbers"]["outage"] == result.outage_minutes
    json.dumps(console.get_state(["record", "prepared", "result", "settings"]), allow_nan=False)


def test_the_record_has_pings_and_events_with_their_minutes(console):
    """The page gets one ping a minute and the events within the record, in order."""
    assert [ping["minute"] for ping in console.record["pings"]] == list(range(30))
    assert {ping["rtt"] for ping in console.record["pings"]} == {0.4}
    told_events = [(e["minute"], e["kind"], e["text"]) for e in console.record["events"]]
    assert told_events == [
        (10, "deployment", "shop-web"),
        (14, "report", "user: No cart"),
        (15, "page", "Page"),
        (20, "deployment", "shop-web"),
    ]


def test_a_change_in_the_page_is_replayed(console):
    """What the controls ask for is replayed; the result says for which question it is."""
    asked = {**console.settings, "dsn_after": "postgresql://shop:***@db.example:5432/shop"}
    console.settings = asked
    assert console.result["asked"] == asked
    assert console.result["numbers"]["failed"] == console.replay.failed == 2
    assert console.configuration.dsn_after == BEFORE


def test_setting_the_configuration_moves_the_page(console):
    """A configuration set in Python is what the page shows, and the code makes it again."""
    console.configuration = CORRECTED
    assert console.settings == CORRECTED.as_dict()
    assert console.result["settings"] == CORRECTED.as_dict()
    assert console.code == "labkit.ReplayConsole(con, labkit.Configuration(dsn_after='as corrected'))"


def test_a_wrong_value_is_said_in_the_page_and_forgotten_with_the_next(console):
    """An error stands in the widget with what is possible, and goes when the next value is good."""
    console.settings = {**console.settings, "rollback": "noon"}
    assert "rollback is no time: 'noon'" in console.error
    console.settings = {**console.settings, "rollback": "10:14"}
    assert console.error == ""
    assert console.replay.saved == 6


def test_an_unforeseen_error_is_said_in_the_page(console, monkeypatch):
    """Whatever goes wrong in a callback is shown, for a front end drops it."""

    def broken(*_):
        raise RuntimeError("out of order")

    monkeypatch.setattr("labkit.replay.console.replay", broken)
    console.settings = {**console.settings, "rollback": "10:14"}
    assert console.error == "The replay failed. RuntimeError: out of order"


def test_without_a_front_end_there_is_a_picture_with_its_words(console):
    """The saved output holds both sentences, the marked strings, one picture with alt text, and the code."""
    data, _ = console._repr_mimebundle_()
    page = data["text/html"]
    assert page.count("requests fail") >= 2
    assert re.findall("<mark>(.*?)</mark>", page) == ["5432", "6432"]
    [alt] = re.findall('<img alt="([^"]+)"', page)
    assert "2 instead of 12 requests fail" in alt
    assert "labkit.Configuration(dsn_after=&#x27;as corrected&#x27;)" in page
    assert "12 of 60 requests fail" in data["text/plain"]
    console.configuration = labkit.Configuration(rollback="never")
    assert "never rolled back" in console._repr_mimebundle_()[0]["text/plain"]


def test_without_strings_nothing_tells_them(con):
    """A console that hides the strings has them neither in its state nor in its still picture."""
    console = labkit.ReplayConsole(con, CORRECTED, strings=False)
    said = (
        json.dumps(console.get_state(["record", "prepared", "result"]))
        + console._repr_mimebundle_()[0]["text/html"]
    )
    assert "6432" not in said and "wrong-port" not in said and "refused" not in said
    assert console.code.endswith("strings=False)")
    assert console.record["changed"]


def test_no_password_reaches_the_page(con):
    """Even where the record holds a password, neither state nor picture does."""
    con.execute("DELETE FROM deployments")
    secrets = [("DSN", BEFORE.replace("***", "tr0ub4dor"), BEFORE.replace("***", "c0rrect-horse"))]
    add_deployment(con, CHANGE, "d-7", ("1.9", "2.0"), secrets)
    console = labkit.ReplayConsole(con)
    said = (
        json.dumps(console.get_state()["record"])
        + json.dumps(console.prepared)
        + repr(console._repr_mimebundle_())
    )
    assert "tr0ub4dor" not in said and "c0rrect-horse" not in said
    assert ("***", True) in console.result["strings"]["after"]


def test_evidence_without_a_change_has_a_console_too(con):
    """Without a changed string the console replays what is left to change."""
    con.execute("DELETE FROM deployments")
    console = labkit.ReplayConsole(con)
    assert not console.record["changed"]
    assert console.result["strings"] == {"before": [], "after": []}
    assert all(state["settings"]["dsn_after"] == "as deployed" for state in console.prepared)
    assert "<table>" not in console._repr_mimebundle_()[0]["text/html"]
    console.settings = {**console.settings, "canary": 0.05}
    assert "no deployment in this evidence" in console.error


def test_a_scenario_without_evidence_has_a_state_but_no_events():
    """A replay of a scenario is told in the same way, and its con says that there is nothing to query."""
    from labkit.replay.console_state import record_of
    from labkit.simulation.scenario import load_scenario

    recording = labkit.record(load_scenario("quiet-afternoon"))
    record = record_of(recording)
    assert (record["events"], record["pings"], record["changed"]) == ([], [], False)
    assert len(list(prepared(recording))) == 7
    assert told(labkit.replay(recording))["numbers"]["harmed"] == 0
    with pytest.raises(LabError, match="no evidence to query"):
        _ = labkit.replay(recording).con


def test_parts_are_spelled_and_marked():
    """Each part of a string is a piece of its own; what the other string has otherwise is marked."""
    text = "postgresql://u:***@h.example:1/d?sslmode=require&options=-cx%3D1"
    assert "".join(piece for _, piece in spell(text)).startswith(
        "postgresql://u:***@h.example:1/d?sslmode=require&"
    )
    assert [piece for piece, differs in marked(text, "postgresql://u:***@h.example:1/d") if differs] == [
        "sslmode=require",
        "options=-cx=1",
    ]
    assert spell("") == [("text", "(empty)")]
    assert parts("postgress://nowhere") == dict.fromkeys(
        ("user", "host", "port", "dbname", "sslmode", "options"), ""
    )
