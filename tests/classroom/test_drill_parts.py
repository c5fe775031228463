"""The parts of a drill that need no bank: its clock, users, words, faults, and files."""

from __future__ import annotations

import datetime as dt
import http.client
import http.server
import json
import re
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.classroom.drill import people
from labkit.classroom.drill.asked import Drill
from labkit.classroom.drill.bundle import add_deployments, check_place, write_bundle
from labkit.classroom.drill.calls import Visits, as_json, from_json
from labkit.classroom.drill.clock import DrillClock
from labkit.classroom.drill.deeds import deeds_of
from labkit.classroom.drill.faults import DRILLS, NOT_HERE, Stage, find_drill
from labkit.classroom.drill.faults.listeners import http_listener, silent_listener
from labkit.classroom.drill.pings import Pings, open_icmp
from labkit.classroom.drill.plan import PlannedRequest, TrafficPlan, plan_traffic
from labkit.classroom.drill.report import HEADING, report, write_report
from labkit.classroom.drill.truth import DrillTruth, refusals
from labkit.classroom.drill.users import Users
from labkit.classroom.drill.verdict import DrillVerdict
from labkit.core import conninfo
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError
from labkit.simulation.scenario import load_scenario, scenario_names

DAY = dt.datetime(2023, 12, 1, 14, tzinfo=dt.UTC)
BEGAN = dt.datetime(2026, 5, 4, 9, 0, 0, 123456, tzinfo=dt.UTC)
CLOCK = DrillClock(DAY, DAY + dt.timedelta(hours=3.5), BEGAN, 3.0)
GOOD = Dsn.parse("postgresql://bank_app:right-word@127.0.0.1:54321/bank")


def stage():
    return Stage(bank=SimpleNamespace(server=None), good=GOOD, admin=GOOD, factor=70.0)


def planned(name="debacle", **changed):
    given = {"minutes": 1.0, "seed": 7, "customers": 40, "hosts": 2} | changed
    return plan_traffic(load_scenario(name), **given)


@given(st.integers(0, 3 * 3600), st.floats(0.5, 60))
def test_the_clock_goes_there_and_back(seconds, minutes):
    """A moment of the incident, put on the real clock and back, is the same to a millisecond."""
    clock = replace(CLOCK, minutes=minutes)
    moment = DAY + dt.timedelta(seconds=seconds)
    assert abs(clock.incident(clock.real(moment)) - moment) < dt.timedelta(milliseconds=1)
    assert clock.real(clock.start) == BEGAN
    assert (clock.real(clock.end) - BEGAN).total_seconds() == pytest.approx(60 * minutes)


def test_same_seed_same_users_and_another_seed_others():
    """A plan follows from scenario, seed and size alone."""
    assert planned() == planned()
    assert planned().requests != planned(seed=8).requests


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(sorted(DRILLS)), st.integers(0, 2**31), st.floats(0.5, 5), st.integers(1, 4))
def test_requests_are_the_scenarios_in_order_and_inside_the_drill(name, seed, minutes, hosts):
    """Whatever is drilled: times rise and stay inside, hosts and customers exist, visits keep their user."""
    plan = plan_traffic(load_scenario(name), minutes=minutes, seed=seed, customers=9, hosts=hosts)
    times = [request.at_s for request in plan.requests]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < 60 * minutes
    asked = Counter(request.host % hosts for request in plan.requests)
    assert set(asked) == set(range(hosts))
    assert max(asked.values()) < 1.5 * min(asked.values())
    users = [request for request in plan.requests if request.route != "probe"]
    assert {request.user for request in users} <= set(range(1, 10))
    assert max(Counter(session for session, _ in {(r.session, r.user) for r in users}).values()) == 1
    routes = {route.name for route in load_scenario(name).traffic.routes}
    assert {request.route for request in plan.requests} <= routes
    rate = len(users) / (60 * minutes)
    assert 8 < rate < 40


def test_what_a_user_sends_is_what_the_plan_says():
    """Wrong passwords are wrong, malformed forms malformed, and a transfer sent twice has the same key."""
    visits = Visits({1: 107_919, 2: 115_838}, "right", 3)

    def call(route, outcome=""):
        return visits.call(PlannedRequest(0.0, route, outcome, 1, "ab", "100.64.1.2", "browser", 0))

    assert call("login").fields == {"login": "customer-1", "password": "right"}
    assert call("login", "wrong-password").fields["password"] != "right"
    assert call("login", "malformed-login").fields["password"] == ""
    assert call("accounts").path == "/accounts/107919"
    assert call("accounts", "no-such-account").path not in ("/accounts/107919", "/accounts/115838")
    first, second = call("transfers"), call("transfers")
    assert first.fields["idempotency_key"] != second.fields["idempotency_key"]
    assert call("transfers", "sent-twice").fields == second.fields
    assert not call("transfers", "malformed-transfer").fields["amount"].isdecimal()
    assert call("front").headers["x-forwarded-for"] == "100.64.1.2"


def test_a_visit_keeps_the_cookie_that_its_login_was_given():
    """A refused login changes nothing; a good one gives the visit its session."""
    visits = Visits({1: 107_919}, "right", 3, cookies={"ab": "bank_session=early"})
    request = PlannedRequest(0.0, "login", "", 1, "ab", "100.64.1.2", "browser", 0)
    visits.answered(request, 401, "bank_session=no")
    assert visits.call(request).headers["cookie"] == "bank_session=early"
    visits.answered(request, 200, "bank_session=yes")
    assert visits.call(replace(request, route="accounts")).headers["cookie"] == "bank_session=yes"
    assert from_json(json.loads(json.dumps(as_json(request)))) == request


class _Slow(http.server.BaseHTTPRequestHandler):
    """Answers after a second, as a bank without a connection does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.came.append(time.time())
        time.sleep(1.0)
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Be quiet."""


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 200
    daemon_threads = True


@contextmanager
def slow_server():
    with _Server(("127.0.0.1", 0), _Slow) as server:
        server.came = []
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def users(server, folder, requests, began):
    return Users(
        TrafficPlan(tuple(requests), 1.0, 1),
        urls=[f"http://127.0.0.1:{server.server_address[1]}"],
        accounts={1: 107_919},
        password="right",
        cookies={},
        seed=1,
        began=began,
        record=folder / "sent.jsonl",
    )


def front(at_s):
    return PlannedRequest(at_s, "front", "", 1, "ab", "100.64.1.2", "browser", 0)


def test_users_do_not_wait_for_answers(tmp_path):
    """Sixty requests within 0.6 s go out in their time to a server that takes a second for each."""
    began = time.time() + 2.5
    with slow_server() as server:
        with users(server, tmp_path, [front(k / 100) for k in range(60)], began) as playing:
            counts = playing.finish()
        came = list(server.came)
    assert (counts.sent, counts.answered, counts.failed) == (60, 60, 60)
    assert max(came) - min(came) < 20  # one after the other they would take a minute
    assert counts.late_ms["p50"] >= 0
    lines = (tmp_path / "sent.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 60
    first, last = refusals(lines, BEGAN, dt.datetime.now(dt.UTC))
    assert first is not None
    assert first < last


def test_users_end_with_the_drill(tmp_path):
    """A drill that is broken off leaves no process behind, however much was still to be sent."""
    with slow_server() as server:
        playing = users(server, tmp_path, [front(k) for k in range(600)], time.time())
        with pytest.raises(KeyboardInterrupt), playing:
            process = playing._process
            raise KeyboardInterrupt
    assert process.poll() is not None


def test_a_users_process_that_fails_is_told(tmp_path):
    """What the process said last is in the error."""
    with slow_server() as server:
        told = users(server, tmp_path / "no" / "folder", [front(0.0)], time.time())
        with told as playing, pytest.raises(LabError, match=r"ended.*No such file"):
            playing.finish()


def test_a_users_process_that_fails_tells_no_password(tmp_path):
    """A password in its last words is masked in the error."""
    with slow_server() as server:
        told = users(server, tmp_path / "right" / "folder", [front(0.0)], time.time())
        with told as playing, pytest.raises(LabError, match="No such file") as error:
            playing.finish()
    assert "***" in str(error.value)
    assert "right" not in str(error.value)


def test_a_users_process_may_say_much(tmp_path, monkeypatch):
    """More words of the process than a pipe holds do not keep it from its work."""
    monkeypatch.setenv("PYTHONVERBOSE", "1")  # each import is told: some hundred kilobytes
    monkeypatch.setattr("labkit.classroom.drill.users._PATIENCE_S", 30.0)
    with slow_server() as server, users(server, tmp_path, [front(0.0)], time.time()) as playing:
        counts = playing.finish()
    assert counts.answered == 1


@pytest.mark.parametrize("name", sorted(DRILLS))
def test_people_speak_on_the_drills_clock(name):
    """No message names a moment of the scenario's own day, and all of them come inside the drill."""
    scenario = load_scenario(name)
    clock = replace(CLOCK, start=scenario.start, end=scenario.end)
    lines = [json.loads(line) for line in people.messages_text(scenario, clock).splitlines()]
    assert len(lines) == len(scenario.messages)
    for line, message in zip(lines, scenario.messages, strict=True):
        assert line["timestamp"] == people.zulu(clock.real(message.at))
        for found in re.findall(r"\b\d\d:\d\d:\d\d\b", line["text"]):
            assert found.startswith("09:0")
        assert not re.search(r"\b1[4-7]:\d\d\b|half past|hours", line["text"])
    rows = people.progress_text(scenario, clock).splitlines()
    assert len(rows) == len(scenario.progress) + 1


def test_other_services_deployments_are_told_in_order(tmp_path):
    """Told events and those that the bank wrote stand in one file, by time."""
    file = tmp_path / "deployments.jsonl"
    own = {"timestamp": "2026-05-04T09:00:10Z", "event.name": "deployment.started", "attributes": {}}
    file.write_text(json.dumps(own) + "\n", encoding="utf-8")
    add_deployments(file, people.told_deployments(load_scenario("debacle"), CLOCK))
    times = [json.loads(line)["timestamp"] for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(times) == 4
    assert times == sorted(times)


def test_every_scenario_is_drilled_or_has_a_reason():
    """No scenario of the catalogue is forgotten: it can be drilled, or it is said why not."""
    assert set(scenario_names()) == set(DRILLS) | set(NOT_HERE)
    assert not set(DRILLS) & set(NOT_HERE)
    with pytest.raises(LabError, match="Did you mean"):
        find_drill("debacel")
    with pytest.raises(LabError, match="one machine"):
        find_drill("network-loss")


PLAIN = [name for name, fault in DRILLS.items() if fault.ground.__qualname__.startswith("plain.")]


@pytest.mark.parametrize("name", PLAIN)
def test_a_fault_of_the_string_changes_the_part_that_the_catalogue_names(name):
    """The string of the update differs from the good one where the scenario says, and nowhere else."""
    scenario = load_scenario(name)
    with DRILLS[name].ground(stage()) as change:
        dsn = change.dsn
    part = scenario.fault.part
    read = conninfo.read(dsn)
    if part in ("scheme", "text") or name.startswith("unescaped"):
        assert read is None or read.get("host") != GOOD.host
    else:
        one, two = conninfo.read(GOOD.reveal()), read
        assert {key for key in one.keys() | two.keys() if one.get(key) != two.get(key)} == {part}


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20))
def test_a_url_says_what_the_string_said(password):
    """The good string written as a URL reads as the same parts, whatever the password holds."""
    good = GOOD.replace(password=password)
    there = replace(stage(), good=good)
    assert conninfo.read(there.url()) == conninfo.read(good.reveal())


def test_a_silent_listener_takes_calls_and_says_nothing():
    """A call is taken at once, and no byte comes back."""
    with silent_listener("127.0.0.1", 0) as port, socket.create_connection(("127.0.0.1", port), 2) as call:
        call.sendall(b"hello")
        call.settimeout(0.3)
        with pytest.raises(TimeoutError):
            call.recv(1)


def test_an_http_listener_speaks_http():
    """The wrong service at the port is a real one."""
    with http_listener() as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()


def test_pings_are_real_or_left_out():
    """Where the system lets us, every host has its round trips; elsewhere the error says what is missing."""
    try:
        open_icmp().close()
    except LabError as error:
        assert "ping" in str(error)
        return
    with Pings("127.0.0.1", ["bank-web-1", "bank-web-2"], service="bank-web", every_s=0.05) as pings:
        time.sleep(0.4)
    points = [
        (metric["name"], metric["gauge"]["dataPoints"][0]["asDouble"])
        for line in pings.lines
        for metric in json.loads(line)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    ]
    assert {name for name, _ in points} == {"ping.rtt", "ping.loss"}
    assert all(0 < value < 500 for name, value in points if name == "ping.rtt")
    assert all(value == 0 for name, value in points if name == "ping.loss")


def test_a_bundle_is_whole_or_not_there(tmp_path):
    """What is broken off while it is put together leaves nothing; a folder with files is not touched."""

    def fill(draft):
        (draft / "app.log.jsonl").write_text("{}\n", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_bundle(tmp_path / "drill", fill)
    assert not list(tmp_path.iterdir())
    files = write_bundle(tmp_path / "drill", lambda draft: (draft / "access.log").touch())
    assert [file.name for file in files] == ["access.log"]
    with pytest.raises(LabError, match="something in that folder"):
        check_place(tmp_path / "drill")


@pytest.mark.parametrize(
    "wrong", [{"minutes": 0.0}, {"minutes": float("nan")}, {"hosts": 0}, {"hosts": 99}, {"scale": -1.0}]
)
def test_a_drill_that_cannot_be_is_refused_before_anything_starts(wrong):
    """Sizes that make no sense get an error that says what is allowed."""
    with pytest.raises(LabError, match="cannot"):
        Drill("debacle", **wrong)


def test_deeds_follow_the_scenarios_deployments():
    """What is done to the bank is what the scenario's record of deployments tells of it, and in its order."""
    for name in DRILLS:
        scenario = load_scenario(name)
        own = {e.id for e in scenario.deployments if e.service == scenario.topology.service}
        deeds = deeds_of(scenario)
        assert len(deeds) == len(own)
        assert [deed.starts for deed in deeds] == sorted(deed.starts for deed in deeds)


TRUTH = DrillTruth(
    drill="debacle",
    fault="wrong-port",
    kind="misconfigured_connection",
    part="port",
    trigger="Routine update of the bank",
    onset="2026-05-04T09:00:25Z",
    recovered="2026-05-04T09:02:34Z",
    first_refusal=None,
    last_refusal=None,
    before="postgresql://bank_app:***@127.0.0.1:5432/bank",
    after="postgresql://bank_app:***@127.0.0.1:5433/bank",
    port="5433",
    lives_on=False,
    minutes=3.0,
    factor=70.0,
)
RIGHT = DrillVerdict(
    drill="debacle",
    kind="misconfigured_connection",
    part="port",
    found_kind="misconfigured_connection",
    found_part="port",
    onset_error_s=0.1,
    recovery_error_s=-0.2,
    trigger="Routine update of the bank",
    found_trigger="Routine update of the bank",
    port="5433",
    found_port="5433",
    rejects=0,
    requests=900,
    minutes=1.0,
)


def test_the_truth_is_kept_apart_and_read_again(tmp_path):
    """A truth file holds what was written into it."""
    TRUTH.write(tmp_path / "truth.json")
    assert DrillTruth.read(tmp_path / "truth.json") == TRUTH
    (tmp_path / "other.json").write_text('{"drill": "debacle"}', encoding="utf-8")
    with pytest.raises(LabError, match="does not tell the truth"):
        DrillTruth.read(tmp_path / "other.json")


@pytest.mark.parametrize(
    "wrong",
    [
        {"found_part": "host"},
        {"found_kind": "overload"},
        {"onset_error_s": 2.5},
        {"recovery_error_s": None},
        {"found_trigger": ""},
        {"found_port": "5434"},
        {"rejects": 1},
    ],
)
def test_a_verdict_is_right_only_as_a_whole(wrong):
    """Kind, part, both times, trigger, port and a clean load: one of them wrong makes the verdict wrong."""
    assert RIGHT.right
    assert not replace(RIGHT, **wrong).right


def test_the_table_replaces_the_one_before_and_nothing_else(tmp_path):
    """What stands before the table stays; a second table takes the place of the first."""
    page = tmp_path / "drill.md"
    page.write_text("# How to drill\n\nWords.\n", encoding="utf-8")
    for verdict in (replace(RIGHT, found_part="host"), RIGHT):
        write_report(page, report([verdict], day="2026-05-04", not_here={"x": "y"}))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# How to drill\n\nWords.\n\n" + HEADING)
    assert text.count(HEADING) == 1
    assert "not right" not in text
    assert "in 1." in text


def test_messages_speak_of_no_number_of_hosts():
    """A drill has as many hosts as were asked for, so what people say is true of any number."""
    began = dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)
    day = dt.datetime(2023, 12, 1, 14, tzinfo=dt.UTC)
    clock = DrillClock(day, day + dt.timedelta(hours=3.5), began, 3.0)
    told = [people.retold(message.text, clock) for message in load_scenario("debacle").messages]
    assert not [text for text in told if "three hosts" in text or "three machines" in text]
    assert "PoolTimeout on every host." in " ".join(told)
