"""Changes around a running service: pools that outlive them, sessions that are cut, packets that get lost."""

from __future__ import annotations

import collections
import datetime as dt
import json
from pathlib import Path

import pytest
from simulated import ONSET, RECOVERY, Case, micros

from labkit.simulation.faults.query_errors import CUT_MESSAGE
from labkit.simulation.generate import generate
from labkit.simulation.scenario import load_scenario
from labkit.simulation.story import truth

FACTS = Path(__file__).parents[1] / "facts" / "catalogue_faults.jsonl"
MINUTE = 60_000_000
POOL_TIMEOUT = "psycopg_pool.PoolTimeout"


def made(tmp_path: Path, name: str) -> Case:
    """Generate a scenario at its own size."""
    generate(name, seed=5, out=tmp_path, scale=1.0)
    return Case(tmp_path)


@pytest.mark.parametrize(("name", "state"), [("rotated-password", "28P01"), ("outlived-rule", "28000")])
def test_a_change_on_the_server_bites_as_connections_recycle(name: str, state: str, tmp_path: Path) -> None:
    """The server refuses soon after the change; requests fail later, host by host, without a release."""
    case = made(tmp_path, name)
    refused = [line["at"] for line in case.postgres if line.get("state_code") == state]
    late = collections.defaultdict(list)
    for span in case.visits:
        if span.get("error.type") == POOL_TIMEOUT:
            late[span["resource"]["host.name"]].append(span["start"])
    first = sorted(min(times) for times in late.values())
    assert micros(ONSET) <= min(refused) < first[0] - MINUTE
    assert len(first) == 3
    assert first[2] - first[0] > MINUTE
    assert first[2] < micros(ONSET) + 30 * MINUTE
    assert max(max(times) for times in late.values()) < micros(RECOVERY) + 5 * MINUTE
    said = dt.datetime.fromisoformat(str(truth(load_scenario(name), 5)["first_refusal"]))
    assert abs(micros(said) - first[0]) < MINUTE
    changed = [e["timestamp"] for e in case.lines("deployments.jsonl") if "T14:" in e["timestamp"]]
    assert changed == []


def test_connections_that_outlive_the_change_still_serve(tmp_path: Path) -> None:
    """Between the change and the end of the last connection a host answers with fewer and fewer."""
    case = made(tmp_path, "rotated-password")
    for host in ("bank-web-1", "bank-web-2", "bank-web-3"):
        used = case.metrics["db.client.connection.count", host, "used"]
        idle = case.metrics["db.client.connection.count", host, "idle"]
        whole = [used[at] + idle[at] for at in sorted(used) if micros(ONSET) <= at < micros(RECOVERY)]
        assert whole == sorted(whole, reverse=True)
        assert whole[-1] == 0
        assert len(set(whole)) >= 3


def test_a_restart_cuts_sessions_and_comes_back(tmp_path: Path) -> None:
    """57P01 for every session, then nothing, then 57P03, then connections again, at the same address."""
    case = made(tmp_path, "database-restart")
    states = collections.Counter(
        line["state_code"] for line in case.postgres if line["error_severity"] == "FATAL"
    )
    assert states["57P01"] == 12
    assert states["57P03"] > 10
    down = (micros(ONSET) + 10_000_000, micros(ONSET) + 14 * MINUTE)
    assert not [line for line in case.postgres if down[0] < line["at"] < down[1]]
    cut = [q for q in case.queries if q.get("db.response.status_code") == "57P01"]
    assert cut
    assert {q["status"]["message"] for q in cut} == {CUT_MESSAGE}
    warned = {
        log["body"].split("5432 failed: ", 1)[1][:25] for log in case.logs if "5432 failed" in log["body"]
    }
    assert warned == {"Connection refused\n\tIs th", "FATAL:  the database syst"}
    late = [s["start"] for s in case.visits if s.get("error.type") == POOL_TIMEOUT]
    assert micros(ONSET) <= min(late) and max(late) < micros(ONSET) + 26 * MINUTE
    measured = [json.loads(line) for line in FACTS.read_text("utf-8").splitlines()]
    assert CUT_MESSAGE in [fact.get("message") for fact in measured if fact["fault"].startswith("22_")]


def test_loss_on_one_way_touches_one_host(tmp_path: Path) -> None:
    """Timeouts and lost pings belong to one host; the server measures none of the time that queries take."""
    case = made(tmp_path, "network-loss")
    late = [s for s in case.visits if s.get("error.type") == POOL_TIMEOUT]
    assert len(late) > 100
    assert {s["resource"]["host.name"] for s in late} == {"bank-web-2"}
    for host in ("bank-web-1", "bank-web-2", "bank-web-3"):
        series = case.metrics["ping.loss", host, "db-primary.bank.example"]
        inside = [v for at, v in series.items() if micros(ONSET) <= at < micros(RECOVERY)]
        assert (min(inside) > 0.5) == (host == "bank-web-2")
        assert max(inside) <= 1
    slow = [q for q in case.queries if q["end"] - q["start"] > 1_000_000 and "error.type" not in q]
    logged = [line for line in case.postgres if line["message"].startswith("duration")]
    assert len(slow) > 3 * len(logged) > 0
