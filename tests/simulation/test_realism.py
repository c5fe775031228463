"""Synthetic evidence does not give itself away, and the incident is the one that was given."""

from __future__ import annotations

import collections
import datetime as dt
import itertools
import re
import statistics
from typing import Any

import pytest
from simulated import ONSET, RECOVERY, Case, iso_micros, micros

MINUTE = 60_000_000
POOL_TIMEOUT = "psycopg_pool.PoolTimeout"


def failed(case: Case) -> list[dict[str, Any]]:
    """List the requests that ended in the pool's timeout."""
    return [span for span in case.requests if span.get("error.type") == POOL_TIMEOUT]


def test_the_log_grows_with_the_errors(case: Case) -> None:
    """Every minute has as many ERROR records as failed requests, and the log's rate moves with them."""
    errors = collections.Counter(log["at"] // MINUTE for log in case.logs if log["severity_text"] == "ERROR")
    spans = collections.Counter(
        (span["end"] - 250) // MINUTE for span in case.requests if span["http.response.status_code"] >= 500
    )
    assert sum((errors - spans).values()) <= 2
    assert sum((spans - errors).values()) <= 2
    logged = collections.Counter(log["at"] // MINUTE for log in case.logs)
    minutes = sorted(logged)
    assert statistics.correlation([logged[m] for m in minutes], [errors[m] for m in minutes]) > 0.8


def test_the_pool_says_little_against_what_the_requests_say(case: Case) -> None:
    """The lines that name the cause are few among those that do not."""
    warnings = [log for log in case.logs if log["scope"]["name"] == "psycopg.pool"]
    assert 0 < len(warnings) < 0.2 * len(failed(case))


def test_the_pool_tries_again_as_psycopg_pool_does(case: Case) -> None:
    """On each host the first attempts come at about 0, 1, 3, 7, 15 and 31 seconds."""
    for host in ("bank-web-1", "bank-web-2", "bank-web-3"):
        at = [
            (log["at"] - micros(ONSET)) / 1e6
            for log in case.logs
            if log["scope"]["name"] == "psycopg.pool" and log["resource"]["host.name"] == host
        ]
        for due in (0, 1, 3, 7, 15, 31):
            near = [x for x in at if due * 0.85 <= x <= due * 1.15 + 0.1]
            assert len(near) == 4


def test_the_log_speaks_of_the_configuration_in_force(case: Case) -> None:
    """Ports and addresses in log text are those of the release that is running, and of no other time."""
    for log in case.logs:
        named = re.search(r'server at "(\S+)", port (\d+)', log["body"])
        if named:
            assert named.groups() == ("10.20.0.21", "5433")
            assert micros(ONSET) <= log["at"] < micros(RECOVERY)
    events = case.lines("deployments.jsonl")
    diffs = [d for event in events for d in event["attributes"]["config.diff"] if d["key"] == "DATABASE_URL"]
    assert [re.findall(r":(\d+)/", d["before"] + d["after"]) for d in diffs] == [
        ["5432", "5433"],
        ["5433", "5432"],
    ]
    assert {(q["server.address"], q["server.port"]) for q in case.queries} == {
        ("db-primary.bank.example", 5432)
    }


def test_the_timeout_in_the_text_is_the_timeout_that_was_waited(case: Case) -> None:
    """Who is told that two seconds were too short has waited two seconds."""
    said = {
        log["attributes"]["exception.message"]
        for log in case.logs
        if log["attributes"].get("exception.type") == POOL_TIMEOUT
    }
    assert said == {"couldn't get a connection after 2.00 sec"}
    waited = [(span["end"] - span["start"]) / 1e6 for span in failed(case)]
    assert min(waited) >= 2.0 and statistics.median(waited) < 2.02 and max(waited) < 2.1


def test_nothing_comes_from_services_that_nothing_calls(case: Case) -> None:
    """Only the bank's own hosts write logs, spans and metrics, and each of them serves users."""
    serving = {(s["resource"]["service.name"], s["resource"]["host.name"]) for s in case.visits}
    assert {(log["resource"]["service.name"], log["resource"]["host.name"]) for log in case.logs} == serving
    assert {host for _, host, _ in case.metrics} == {host for _, host in serving}
    assert {name for name, _ in serving} == {"bank-web"}
    peers = {line["remote_host"] for line in case.postgres if "remote_host" in line}
    assert peers == {"10.20.0.11", "10.20.0.12", "10.20.0.13"}


@pytest.mark.parametrize("window", [("14:02", "14:29"), ("15:00", "16:30"), ("17:03", "17:28")])
def test_users_do_not_arrive_like_clockwork(case: Case, window: tuple[str, str]) -> None:
    """Gaps between users' requests scatter like those of many independent people."""
    low, high = (iso_micros(f"2023-12-01T{clock}:00+00:00") for clock in window)
    starts = [span["start"] for span in case.visits if low <= span["start"] < high]
    gaps = [b - a for a, b in itertools.pairwise(starts)]
    variation = statistics.pstdev(gaps) / statistics.mean(gaps)
    assert 0.9 < variation < 1.4
    per_minute = [
        sum(low + k * MINUTE <= s < low + (k + 1) * MINUTE for s in starts)
        for k in range((high - low) // MINUTE)
    ]
    assert statistics.pvariance(per_minute) > 0.5 * statistics.mean(per_minute)


FORBIDDEN = (
    *(
        "wrong-port",
        "wrong_port",
        "wrong port",
        "wrongport",
        "fault",
        "scenario",
        "seed",
        "inject",
        "synthetic",
    ),
    *(
        "simulat",
        "truth",
        "label",
        "anomal",
        "root cause",
        "root_cause",
        "debacle",
        "decoy",
        "herring",
        "ledger-demo",
    ),
)


def test_nothing_names_the_answer(case: Case) -> None:
    """No file, field or text carries a label of the fault, a word of the generator or a password."""
    for path in case.folder.iterdir():
        text = path.name + path.read_text(encoding="utf-8").lower()
        assert [word for word in FORBIDDEN if word in text] == []
    said = [m["timestamp"] for m in case.lines("messages.jsonl") if "connection string" in m["text"]]
    assert min(said) >= "2023-12-01T16:40"


def test_the_truth_leaves_nothing_out(case: Case, truth: dict[str, Any]) -> None:
    """By the truth's own definition, every request it covers failed and none outside did."""
    low, high = iso_micros(truth["onset"]), iso_micros(truth["recovered"])
    assert {(span["start"] >= low) and (span["start"] < high) for span in failed(case)} == {True}
    asking = {"/login", "/accounts/{account_id}", "/accounts/{account_id}/statement", "/transfers"}
    for span in case.visits:
        if low <= span["start"] < high and span["http.route"] in asking:
            assert span["http.response.status_code"] in (422, 503)
    assert (truth["fault"], truth["part"], truth["outage_s"]) == ("wrong-port", "port", 9000)
    warned = {
        log["body"].split(": ", 1)[1] for log in case.logs if log["body"].startswith("error connecting")
    }
    assert warned == {truth["client_message"]}
    (update,) = [
        e
        for e in case.lines("deployments.jsonl")
        if e["event.name"] == "deployment.started" and e["timestamp"] == truth["onset"]
    ]
    (diff,) = [d for d in update["attributes"]["config.diff"] if d["key"] == "DATABASE_URL"]
    assert (diff["before"], diff["after"]) == (truth["before"], truth["after"])


def test_the_given_times_come_out(case: Case) -> None:
    """Failures begin within seconds of 14:30:00, end just before 17:00:00, and a user reports at 14:45."""
    starts = sorted(span["start"] for span in failed(case))
    assert 0 <= starts[0] - micros(ONSET) < 5_000_000
    assert 0 < micros(RECOVERY) - starts[-1] < 5_000_000
    reports = [m["timestamp"] for m in case.lines("messages.jsonl") if m["channel"] == "user-report"]
    assert reports[0].startswith("2023-12-01T14:45:")
    assert (case.progress[1]["completed_milestones"], case.progress[-1]["completed_milestones"]) == (
        "40",
        "34",
    )


def test_the_responders_act_in_the_given_order(case: Case) -> None:
    """Reading logs, adding workers, developers, network, database administrator, the find, the rollback."""
    text = [(m["timestamp"][11:16], m["text"]) for m in case.lines("messages.jsonl")]
    order = ["Reading the server logs", "Adding workers", "development team", "No coding error", "Pinging",
             "database administrator", "Found it", "Rollback started", "open again"]  # fmt: skip
    found = [next(clock for clock, said in text if part in said) for part in order]
    assert found == sorted(found)
    assert found[0] == "14:52" and found[6] == "16:40" and found[7] == "16:52"


def test_the_error_ratio_is_a_step_that_workers_do_not_move(case: Case) -> None:
    """Most requests fail from the first minutes on, before and after workers were added alike."""

    def ratio(low: dt.datetime, minutes: int) -> float:
        inside = [s for s in case.visits if 0 <= s["start"] - micros(low) < minutes * MINUTE]
        return sum(s["http.response.status_code"] >= 500 for s in inside) / len(inside)

    before, early = ratio(ONSET - dt.timedelta(minutes=30), 30), ratio(ONSET, 5)
    late, after = ratio(ONSET + dt.timedelta(minutes=45), 60), ratio(RECOVERY, 30)
    assert before < 0.01 and after < 0.01
    assert early > 0.6 and abs(late - ratio(ONSET + dt.timedelta(minutes=5), 30)) < 0.1


def test_ordinary_errors_happen_before_during_and_after(case: Case) -> None:
    """Refusals that have nothing to do with the outage occur in all three times."""
    times = [s["start"] for s in case.visits if s["http.response.status_code"] == 422]
    assert any(t < micros(ONSET) for t in times)
    assert any(micros(ONSET) <= t < micros(RECOVERY) for t in times)
    kinds = {
        s["http.response.status_code"]
        for s in case.visits
        if not micros(ONSET) <= s["start"] < micros(RECOVERY)
    }
    assert {200, 401, 404, 409, 422, 500} <= kinds


def test_the_size_is_what_the_course_needs(case: Case) -> None:
    """About twenty thousand requests, and more queries outside the outage than requests that ask."""
    assert 18_000 < len(case.requests) < 22_000
    assert len(case.queries) > 4000
