"""All planes of the evidence tell one story, request by request."""

from __future__ import annotations

import collections
import itertools
import re
from typing import Any

from simulated import ONSET, RECOVERY, Case, access_second, micros

SLOW = re.compile(r"duration: (\d+\.\d{3}) ms  statement: SELECT")
DATABASE_ROUTES = {"/login", "/accounts/{account_id}", "/accounts/{account_id}/statement", "/transfers"}


def in_force(at: int) -> str:
    """Return the version that is in force at a time."""
    return "1.8.0" if micros(ONSET) <= at < micros(RECOVERY) else "1.7.4"


def test_every_line_of_the_access_log_is_a_request_and_every_request_a_line(case: Case) -> None:
    """Server spans and access lines agree one to one in client, user, method, path, status and second."""
    spans = collections.Counter(
        (
            span["client.address"],
            span.get("user.name", "-"),
            span["http.request.method"],
            span["url.path"],
            span["http.response.status_code"],
            span["end"] // 1_000_000,
        )
        for span in case.requests
    )
    lines = collections.Counter(
        (a["client"], a["user"], a["method"], a["path"], int(a["status"]), access_second(a["time"]))
        for a in case.access
    )
    assert spans == lines


def test_every_failed_request_has_its_error_record(case: Case) -> None:
    """Each 5xx has exactly one ERROR record, with its ids, host and version, written within its span."""
    errors = {log["trace_id"]: log for log in case.logs if log["severity_text"] == "ERROR"}
    failed = [span for span in case.requests if span["http.response.status_code"] >= 500]
    assert len(errors) == len(failed) == sum(log["severity_text"] == "ERROR" for log in case.logs)
    for span in failed:
        log = errors[span["traceId"]]
        assert log["span_id"] == span["spanId"]
        assert span["start"] <= log["at"] <= span["end"]
        assert log["resource"] == span["resource"]
        assert log["attributes"]["exception.type"] == span["error.type"]


def test_every_record_with_ids_belongs_to_a_request(case: Case) -> None:
    """No log record names a request that left no span."""
    known = {(span["traceId"], span["spanId"]) for span in case.requests}
    assert {(log["trace_id"], log["span_id"]) for log in case.logs if "trace_id" in log} <= known


def test_queries_lie_within_their_request(case: Case) -> None:
    """A query has a request as parent, runs within it on the same host, and after the query before."""
    parents = {span["spanId"]: span for span in case.requests}
    last: dict[str, int] = {}
    for query in sorted(case.queries, key=lambda span: span["start"]):
        parent = parents[query["parentSpanId"]]
        assert parent["traceId"] == query["traceId"]
        assert parent["resource"] == query["resource"]
        assert parent["start"] <= query["start"] < query["end"] <= parent["end"]
        assert query["start"] >= last.get(query["parentSpanId"], 0)
        last[query["parentSpanId"]] = query["end"]


def test_ids_are_unique(case: Case) -> None:
    """No two spans share an id, no two requests a trace."""
    assert len({span["spanId"] for span in case.spans}) == len(case.spans)
    assert len({span["traceId"] for span in case.requests}) == len(case.requests)


def test_only_requests_that_reach_the_database_have_queries(case: Case) -> None:
    """Requests that timed out in the pool, the front page and the balancer's checks have no query span."""
    asked = {query["traceId"] for query in case.queries}
    for span in case.requests:
        reached = span["http.route"] in DATABASE_ROUTES and span["http.response.status_code"] not in (
            422,
            503,
        )
        assert (span["traceId"] in asked) == reached


def test_failed_queries_stand_in_the_servers_log(case: Case) -> None:
    """Each failed query's SQLSTATE has its ERROR line at the same millisecond, and the other way round."""
    spans = collections.Counter(
        (q["db.response.status_code"], q["end"] // 1000)
        for q in case.queries
        if "db.response.status_code" in q
    )
    lines = collections.Counter(
        (line["state_code"], line["at"] // 1000)
        for line in case.postgres
        if line["error_severity"] == "ERROR"
    )
    assert spans == lines
    assert spans
    assert {state for state, _ in spans} <= {"23505", "57014"}


def test_slow_queries_stand_in_the_servers_log(case: Case) -> None:
    """A query of a second or more that succeeds has its duration line, and no other has."""
    slow = sorted(
        f"{(q['end'] - q['start']) / 1000:.3f}"
        for q in case.queries
        if q["end"] - q["start"] >= 1_000_000 and "error.type" not in q
    )
    found = [SLOW.match(line["message"]) for line in case.postgres]
    assert sorted(match.group(1) for match in found if match) == slow
    assert slow


def test_lines_of_queries_lie_within_their_connection(case: Case) -> None:
    """What a backend logs of queries comes after it let the client in and before the disconnection."""
    sessions: dict[str, list[dict[str, Any]]] = {}
    for line in case.postgres:
        sessions.setdefault(line["session_id"], []).append(line)
    for lines in sessions.values():
        assert [line["line_num"] for line in lines] == list(range(1, len(lines) + 1))
        texts = [line["message"] for line in lines]
        for k, text in enumerate(texts):
            assert not text.startswith("connection received") or k == 0
            assert not text.startswith("disconnection") or k == len(texts) - 1


def test_the_servers_log_is_silent_about_the_bank_during_the_outage(case: Case) -> None:
    """From the end of the old processes until the new ones start, no client leaves a line."""
    silent = (micros(ONSET) + 10_000_000, micros(RECOVERY) - 1_000_000)
    lines = [line for line in case.postgres if silent[0] < line["at"] < silent[1]]
    assert {line["backend_type"] for line in lines} <= {"checkpointer", "autovacuum worker"}
    assert {"client backend", "not initialized"} < {line["backend_type"] for line in case.postgres}


def test_an_idle_server_does_no_work_of_its_own(case: Case) -> None:
    """No checkpoint and no analyze stands in the server's log once the last changes are on the disk."""
    own = [row for row in case.postgres if row["backend_type"] in {"checkpointer", "autovacuum worker"}]
    quiet = [row for row in own if micros(ONSET) + 600_000_000 < row["at"] < micros(RECOVERY)]
    assert own and not quiet


def test_the_waiting_line_is_what_the_spans_say(case: Case) -> None:
    """pending_requests at each sample lies between the bounds that the spans of the same host give."""
    waits = [
        (span["resource"]["host.name"], span["start"], span["end"])
        for span in case.requests
        if span.get("error.type") == "psycopg_pool.PoolTimeout"
    ]
    highest = 0.0
    for (name, host, _), series in case.metrics.items():
        if name != "db.client.connection.pending_requests":
            continue
        mine = [(start, end) for where, start, end in waits if where == host]
        for at, value in series.items():
            near = [(start, end) for start, end in mine if start <= at <= end]
            sure = sum(start + 60_000 <= at <= end - 60_000 for start, end in near)
            assert sure <= value <= len(near)
            highest = max(highest, value)
    assert highest >= 3


def test_the_processor_rests_during_the_outage(case: Case) -> None:
    """CPU falls at the onset on every host and comes back: no request, no work."""
    for (name, _, _), series in case.metrics.items():
        if name == "process.cpu.utilization":
            during = [v for at, v in series.items() if micros(ONSET) + 60_000_000 < at < micros(RECOVERY)]
            outside = [
                v for at, v in series.items() if at < micros(ONSET) or at > micros(RECOVERY) + 60_000_000
            ]
            assert sum(during) / len(during) < 0.75 * sum(outside) / len(outside)


def test_connections_are_gone_during_the_outage(case: Case) -> None:
    """Once the old processes have drained no connection is used or idle; pings answer all the while."""
    most = {"used": 0.0, "idle": 0.0}
    for (name, _, label), series in case.metrics.items():
        drained = micros(ONSET) + 8_000_000
        inside = [value for at, value in series.items() if drained < at < micros(RECOVERY)]
        if name == "db.client.connection.count":
            assert set(inside) == {0}
            most[label] = max(most[label], *series.values())
        if name == "ping.loss":
            assert set(series.values()) == {0}
        if name == "ping.rtt":
            assert max(series.values()) < 2
            assert label == "db-primary.bank.example"
    assert most["used"] > 0
    assert most["idle"] == 8


def test_sessions_make_sense(case: Case) -> None:
    """One user, client and browser a session, one step after the other."""
    sessions: dict[str, list[dict[str, Any]]] = {}
    for span in case.visits:
        sessions.setdefault(span["session.id"], []).append(span)
    assert len(sessions) > 3000
    for steps in sessions.values():
        assert len({step["client.address"] for step in steps}) == 1
        assert len({step["user.name"] for step in steps if "user.name" in step}) <= 1
        assert len({step["url.path"] for step in steps if "{account_id}" in step["http.route"]}) <= 2
        for before, after in itertools.pairwise(steps):
            assert after["start"] > before["end"]


def test_nobody_who_came_by_the_front_page_sees_an_account_before_login(case: Case) -> None:
    """A session that begins at the front page opens account pages only after a login that succeeded."""
    seen: dict[str, list[dict[str, Any]]] = {}
    start = case.visits[0]["start"] + 900_000_000
    for span in case.visits:
        seen.setdefault(span["session.id"], []).append(span)
    began = [steps for steps in seen.values() if steps[0]["url.path"] == "/" and steps[0]["start"] > start]
    assert len(began) > 500
    for steps in began:
        inside = False
        for step in steps:
            if step["url.path"] == "/login" and step["http.response.status_code"] == 200:
                inside = True
            assert inside or step["url.path"] in ("/", "/login")


def test_one_clock_is_slow(case: Case) -> None:
    """The log of one host is 6.4 s behind its spans, and the logs of the others are not."""
    assert case.slow_clocks == {"bank-web-1": 0, "bank-web-2": 6_400_000, "bank-web-3": 0}


def test_versions_follow_the_deployments(case: Case) -> None:
    """Every span and record carries the version in force when it began, on one of the three hosts."""
    hosts = {f"bank-web-{k}" for k in (1, 2, 3)}
    for span in case.requests:
        assert span["resource"]["service.version"] == in_force(span["start"])
        assert span["resource"]["host.name"] in hosts
    for log in case.logs:
        if "trace_id" not in log:
            assert log["resource"]["service.version"] == in_force(log["at"])


def test_files_are_in_the_order_of_time(case: Case) -> None:
    """Logs and access lines never step back; batches of spans follow one another."""
    for times in ([log["at"] for log in case.logs], [line["at"] for line in case.postgres]):
        assert times == sorted(times)
    seconds = [access_second(line["time"]) for line in case.access]
    assert seconds == sorted(seconds)
    ends = [
        max(
            int(s["endTimeUnixNano"])
            for scope in batch["resourceSpans"][0]["scopeSpans"]
            for s in scope["spans"]
        )
        // 5_000_000_000
        for batch in case.lines("traces.otlp.jsonl")
    ]
    assert ends == sorted(ends)
