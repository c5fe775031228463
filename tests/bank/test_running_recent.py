"""The last seconds of a bank are read from the end of its hosts' traces, whatever is being written."""

from __future__ import annotations

import json

import pytest

from labkit.bank.running import recent as module
from labkit.bank.running.recent import Second, recent


def span(begin_s, took_s, status=200, *, route="/accounts/{account_id}", kind=2, trace=None):
    """Make a span as a host writes it; each is a trace of its own unless another is named."""
    attributes = [
        {"key": "http.route", "value": {"stringValue": route}},
        {"key": "http.response.status_code", "value": {"intValue": str(status)}},
    ]
    times = {
        "startTimeUnixNano": str(int(begin_s * 1e9)),
        "endTimeUnixNano": str(int((begin_s + took_s) * 1e9)),
    }
    return {"kind": kind, "traceId": trace or str(begin_s), "attributes": attributes, **times}


def served(begin_s, took_s, **how):
    """Make the spans of a request that asked the database: the query's, then its own."""
    return span(begin_s, took_s / 2, kind=3, trace=str(begin_s)), span(begin_s, took_s, **how)


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
    """Failures and the 95th percentile are those of the second; the balancer's checks do not count."""
    write(bank, batch(*served(100.2, 0.01), span(100.9, 2.0, 503), *served(100.5, 0.1, route="/readyz")))
    write(bank, batch(*served(101.0, 0.03, status=404)), "bank-web-2")
    assert recent(bank, 10, now_s=105) == (Second(100, 2, 1, 2000.0), Second(101, 1, 0, 30.0))


def test_what_needs_no_database_is_no_recovery(bank):
    """In an outage the front page answers at once while others wait: it does not count."""
    write(bank, batch(span(100.1, 2.0, 503)) + batch(span(102.5, 0.001, route="/"), span(102.6, 0.001, 401)))
    assert recent(bank, 10, now_s=103) == (Second(100, 1, 1, 2000.0),)


def test_a_query_may_have_been_written_before_its_request(bank):
    """The query's span ends first and may stand in an earlier batch."""
    query, request = served(100.0, 1.5)
    write(bank, batch(query) + batch(request))
    assert recent(bank, 10, now_s=105) == (Second(100, 1, 0, 1500.0),)


def test_older_requests_are_left_out(bank):
    """Only what began within the asked time is there."""
    write(bank, batch(*served(90.0, 0.1)) + batch(*served(100.0, 0.1)))
    assert [one.at_s for one in recent(bank, 6, now_s=105)] == [100]


def test_reading_stops_where_nothing_can_be_new(bank, monkeypatch):
    """From the end backwards, in pieces, only as far as needed: the lines before are not even parsed."""
    monkeypatch.setattr(module, "_PIECE", 64)
    new = batch(*served(100.0, 0.1)) + batch(*served(101.0, 0.1))
    write(bank, "no batch\n" * 1000 + batch(*served(10.0, 0.1)) + new)
    parsed = []
    loads = json.loads
    monkeypatch.setattr(module.json, "loads", lambda line: parsed.append(line) or loads(line))
    assert [one.at_s for one in recent(bank, 6, now_s=105)] == [100, 101]
    assert len(parsed) == 3


def test_a_line_that_is_being_written_is_passed_over(bank):
    """Half a batch at the end and a damaged line in the middle take nothing away from the others."""
    whole = batch(*served(100.0, 0.1))
    write(bank, whole + "{broken\n" + whole + whole[:40])
    assert recent(bank, 10, now_s=105) == (Second(100, 2, 0, 100.0),)


def test_a_bank_that_has_answered_nothing_has_no_seconds(bank):
    """Hosts without a file, and with an empty one."""
    write(bank, "")
    assert recent(bank, 60) == ()
