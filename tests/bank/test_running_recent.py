"""The last seconds of a bank are read from the end of its hosts' traces, whatever is being written."""

from __future__ import annotations

import json

import pytest

from labkit.bank.running import recent as module
from labkit.bank.running.recent import Second, recent


def span(begin_s, took_s, status=200, route="/accounts/{account_id}", kind=2):
    """Make a span as a host writes it."""
    attributes = [
        {"key": "http.route", "value": {"stringValue": route}},
        {"key": "http.response.status_code", "value": {"intValue": str(status)}},
    ]
    times = {
        "startTimeUnixNano": str(int(begin_s * 1e9)),
        "endTimeUnixNano": str(int((begin_s + took_s) * 1e9)),
    }
    return {"kind": kind, "attributes": attributes, **times}


def batch(*spans):
    """Make a batch, one line."""
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}) + "\n"


@pytest.fixture
def bank(tmp_path):
    """Make a bank's folder with two hosts."""
    for host in ("bank-web-1", "bank-web-2"):
        (tmp_path / "evidence" / host).mkdir(parents=True)
    return tmp_path


def write(bank, text, host="bank-web-1"):
    """Write a host's traces."""
    (bank / "evidence" / host / module.TRACES).write_text(text, encoding="utf-8", newline="\n")


def test_requests_of_all_hosts_count_by_the_second_they_began_in(bank):
    """Failures and the 95th percentile are those of the second; checks and query spans do not count."""
    write(bank, batch(span(100.2, 0.01), span(100.9, 2.0, 503), span(100.5, 0.1, route="/readyz")))
    write(bank, batch(span(101.0, 0.03, 404), span(101.1, 0.5, kind=3)), "bank-web-2")
    assert recent(bank, 10, now_s=105) == (Second(100, 2, 1, 2000.0), Second(101, 1, 0, 30.0))


def test_older_requests_are_left_out(bank):
    """Only what began within the asked time is there."""
    write(bank, batch(span(90.0, 0.1)) + batch(span(100.0, 0.1)))
    assert [one.at_s for one in recent(bank, 6, now_s=105)] == [100]


def test_reading_stops_where_nothing_can_be_new(bank, monkeypatch):
    """From the end backwards, in pieces, only as far as needed: the lines before are not even parsed."""
    monkeypatch.setattr(module, "_PIECE", 64)
    write(
        bank, "no batch\n" * 1000 + batch(span(10.0, 0.1)) + batch(span(100.0, 0.1)) + batch(span(101.0, 0.1))
    )
    parsed = []
    loads = json.loads
    monkeypatch.setattr(module.json, "loads", lambda line: parsed.append(line) or loads(line))
    assert [one.at_s for one in recent(bank, 6, now_s=105)] == [100, 101]
    assert len(parsed) == 3


def test_a_line_that_is_being_written_is_passed_over(bank):
    """Half a batch at the end and a damaged line in the middle take nothing away from the others."""
    whole = batch(span(100.0, 0.1))
    write(bank, whole + "{broken\n" + whole + whole[:40])
    assert recent(bank, 10, now_s=105) == (Second(100, 2, 0, 100.0),)


def test_a_bank_that_has_answered_nothing_has_no_seconds(bank):
    """Hosts without a file, and with an empty one."""
    write(bank, "")
    assert recent(bank, 60) == ()
