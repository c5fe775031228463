"""Every fault of the catalogue says on each plane what a real driver and a real server said."""

from __future__ import annotations

import collections
import json
import re
import statistics
from pathlib import Path
from typing import Any

import pytest
from simulated import ONSET, RECOVERY, Case, micros

from labkit.simulation.faults import CATALOGUE, QUERY_FAULTS, ROWS, ConnectFault, QueryFault, connect
from labkit.simulation.faults.effects import special_outcomes
from labkit.simulation.faults.query_errors import pointer
from labkit.simulation.generate import generate
from labkit.simulation.model import Outcome
from labkit.simulation.scenario import load_scenario, scenario_names
from labkit.simulation.story import truth

FACTS: dict[str, dict[str, Any]] = {
    fact["fault"]: fact
    for line in (Path(__file__).parents[1] / "facts" / "catalogue_faults.jsonl")
    .read_text("utf-8")
    .splitlines()
    for fact in [json.loads(line)]
}
KINDS = {
    "misconfigured_connection",
    "overload",
    "network",
    "database_server",
    "application_code",
    "none",
}
SHOWN = [row for row in CATALOGUE if row.name in scenario_names()]


def blank(text: str) -> str:
    """Blank the names, numbers and places that differ between any two systems."""
    text = re.sub(r"-?postgres\w*://\S+?(?=\"\"|\"|\s|$)", "URL", text)
    text = re.sub(r"database=\S+\n?", "database=D", text)
    text = re.sub(r'"host all [^"]+"', "RULE", text)
    text = re.sub(r"(file )?\"?\(?/\S+pg_hba.conf\S*", "HBA", text)
    text = re.sub(r'"[^"]*"', '"X"', text)
    text = re.sub(r"'[^']*'", "'X'", text)
    text = re.sub(r"\b(user|host|port|line|session time:)([ =])\S+", r"\1\2N", text)
    return re.sub(r" application_name=\S+| SSL enabled .*", "", text)


def result_of(name: str) -> Any:
    """Return what the faulty release of a scenario meets."""
    scenario = load_scenario(name)
    release = scenario.releases[1]
    return connect(release.dsn, scenario.topology, release.databases)


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: row.name)
def test_the_client_says_what_a_real_client_said(row: ConnectFault) -> None:
    """Message and exception class of the scenario's fault are the measured ones, names apart."""
    fact, result = FACTS[row.measured], result_of(row.name)
    assert result.fault == row.name
    assert blank(result.client_message) == blank(fact["message"])
    assert result.exception == fact["exception"]
    assert "sqlstate_seen_by_client" not in fact


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: row.name)
def test_the_server_logs_what_a_real_server_logged(row: ConnectFault) -> None:
    """Severity, SQLSTATE, message and detail of each line are the measured ones, in the same order."""
    fact, result = FACTS[row.measured], result_of(row.name)
    lines = fact["server_log"]
    assert result.reached == any(line["message"].startswith("connection received") for line in lines)
    kept = [line for line in lines if not line["message"].startswith("connection received")]
    wanted = [
        (x["error_severity"], x.get("state_code", ""), blank(x["message"]), blank(x.get("detail", "")))
        for x in kept
    ]
    found = [(s.severity, s.sqlstate, blank(s.message), blank(s.detail)) for s in result.server_lines]
    assert found == wanted


def test_every_connection_fault_was_measured() -> None:
    """No fault stands in the catalogue whose messages nobody has seen on a real server."""
    assert {row.measured for row in CATALOGUE} <= set(FACTS)


def test_a_blackhole_takes_as_long_as_the_string_allows() -> None:
    """An attempt that nobody answers lasts connect_timeout, and as long was measured."""
    assert result_of("blackholed-host").takes_s == 5
    assert FACTS["04_blackhole_accepts_silent_to5"]["elapsed_ms"] == pytest.approx(5000, rel=0.01)


def test_every_row_says_what_separates_it() -> None:
    """Each row has a kind, says which evidence tells it apart, and names only rows that exist."""
    for row in ROWS.values():
        assert row.kind in KINDS
        assert row.separates and row.spans and row.log
        assert set(row.alike) <= set(ROWS)
        for other in row.alike:
            assert row.name in ROWS[other].alike


@pytest.mark.parametrize("name", scenario_names())
def test_the_truth_names_kind_and_part(name: str) -> None:
    """The truth of every scenario has the fault's kind and part, and never a password."""
    said = truth(load_scenario(name), 1)
    assert said["kind"] in KINDS
    assert "part" in said
    assert not re.search(r"ledger|demo-\d|key-52", json.dumps(said))


MEASURED_QUERIES = [row for row in QUERY_FAULTS if row.measured]


def outcomes_of(name: str) -> list[Outcome]:
    """List the outcomes that the faulty release of a scenario brings."""
    return [outcome for release, outcome in special_outcomes(load_scenario(name)) if release == 1]


@pytest.mark.parametrize("row", MEASURED_QUERIES, ids=lambda row: row.name)
def test_queries_fail_as_real_queries_failed(row: QueryFault) -> None:
    """Exception class, SQLSTATE and message of failing queries and the server's line were measured."""
    fact, found = FACTS[row.measured], outcomes_of(row.name)
    (line,) = [line for line in fact["server_log"] if line["error_severity"] == "ERROR"]
    assert found
    for outcome in found:
        assert outcome.exception == fact["exception"]
        assert outcome.sqlstate == fact["sqlstate_seen_by_client"] == line["state_code"]
        assert told(outcome.message) == told(fact["message"])
        assert told(outcome.server_message) == told(line["message"])


def told(text: str) -> str:
    """Blank which table, which verb and which statement an error speaks of."""
    text = re.sub(r"LINE 1: .*\n *\^$", "LINE", text)
    text = re.sub(r"execute [A-Z ]+ in", "execute VERB in", text)
    return re.sub(r"table \w+", "table T", blank(text))


def test_the_caret_stands_below_the_table() -> None:
    """The statement that an error quotes is cut as libpq cuts it, and its caret points at the table."""
    fact = FACTS["15_wrong_search_path"]["message"].split("\n", 1)[1]
    assert pointer("select count(*) from accounts", 21) == fact
    for outcome in outcomes_of("empty-database"):
        _, quoted, caret = outcome.message.replace("«account»", "100000").split("\n")
        table = re.search(r'relation "(\w+)"', outcome.message)
        assert table
        assert quoted[caret.index("^") :].startswith(table.group(1))
        assert len(quoted) <= len("LINE 1: ...") + 60 + len("...")
    long = "SELECT " + "a_column, " * 9 + "b FROM accounts"
    assert pointer(long, long.index("accounts")).startswith("LINE 1: ...")


def during(case: Case, route: str) -> list[dict[str, Any]]:
    """List the requests of a route while the update is in force."""
    return [
        span
        for span in case.visits
        if micros(ONSET) <= span["start"] < micros(RECOVERY) and span["http.route"] == route
    ]


def made(tmp_path: Path, name: str, scale: float = 0.3) -> Case:
    """Generate a scenario."""
    generate(name, seed=5, out=tmp_path, scale=scale)
    return Case(tmp_path)


def test_an_empty_database_fails_every_first_query(tmp_path: Path) -> None:
    """Requests end with 500 at once; their one query span has 42P01 and names the other database."""
    case = made(tmp_path, "empty-database")
    bad = during(case, "/accounts/{account_id}")
    assert {span["http.response.status_code"] for span in bad} == {500}
    assert max(span["end"] - span["start"] for span in bad) < 200_000
    failed = [q for q in case.queries if q.get("db.response.status_code") == "42P01"]
    assert {q["db.namespace"] for q in failed} == {"bank_archive"}
    assert len(failed) > 100
    assert any("LINE 1: SELECT balance FROM accounts" in q["status"]["message"] for q in failed)


def test_a_replica_reads_and_does_not_write(tmp_path: Path) -> None:
    """Account pages open; logins and transfers fail with 25006."""
    case = made(tmp_path, "read-replica")
    opened = [span["http.response.status_code"] for span in during(case, "/accounts/{account_id}")]
    assert opened.count(200) > 0.95 * len(opened)
    assert {span["http.response.status_code"] for span in during(case, "/transfers")} == {500, 422}
    operations = {q["db.operation.name"] for q in case.queries if q.get("db.response.status_code") == "25006"}
    assert operations == {"SELECT", "INSERT"}


def test_a_short_timeout_cancels_the_slow_and_spares_the_fast(tmp_path: Path) -> None:
    """Cancelled queries all end just after the limit, and none that succeeded took longer."""
    case = made(tmp_path, "short-statement-timeout")
    inside = [q for q in case.queries if micros(ONSET) <= q["start"] < micros(RECOVERY)]
    taken = {
        state: [q["end"] - q["start"] for q in inside if q.get("db.response.status_code") == state]
        for state in ("57014", None)
    }
    assert min(taken["57014"]) > 30_000 and max(taken["57014"]) < 35_000
    assert max(taken[None]) <= 30_000
    assert len(taken["57014"]) > 20


def test_a_staging_database_is_silent(tmp_path: Path) -> None:
    """No request fails more than on any day; customers are not known; queries name the other host."""
    case = made(tmp_path, "staging-database")
    status = collections.Counter(
        s["http.response.status_code"] for r in ("/login", "/accounts/{account_id}") for s in during(case, r)
    )
    assert status[401] + status[404] > 10 * status[200]
    assert not any(code >= 502 for code in status)
    hosts = {q["server.address"] for q in case.queries if micros(ONSET) < q["start"] < micros(RECOVERY)}
    assert hosts == {"db-staging.bank.example"}
    assert not [log for log in case.logs if log["scope"]["name"] == "psycopg.pool"]


def test_a_bug_in_one_route_leaves_queries_and_other_routes_alone(tmp_path: Path) -> None:
    """Statements fail with an exception of the language after a query that succeeded; accounts open."""
    case = made(tmp_path, "code-bug")
    bad = {
        s["spanId"]
        for s in during(case, "/accounts/{account_id}/statement")
        if s.get("error.type") == "TypeError"
    }
    assert len(bad) > 50
    assert not [q for q in case.queries if q["parentSpanId"] in bad and "error.type" in q]
    fine = [s["http.response.status_code"] for s in during(case, "/accounts/{account_id}")]
    assert fine.count(200) > 0.9 * len(fine)


def test_a_query_over_growing_data_ramps_on_its_route_alone(tmp_path: Path) -> None:
    """The statement's query grows slower hour by hour until some are cancelled; others stay as they were."""
    case = made(tmp_path, "slow-query")
    hours = collections.defaultdict(list)
    for query in case.queries:
        table = "entries" if "FROM entries" in query["db.query.text"] else "others"
        hours[table, (query["start"] - micros(ONSET)) // 1_800_000_000].append(query["end"] - query["start"])
    middle = {key: statistics.median(values) for key, values in hours.items()}
    assert 4 * middle["entries", -1] < middle["entries", 0] < middle["entries", 1] < middle["entries", 2]
    assert middle["others", 2] < 2 * middle["others", -1]
    cancelled = [q for q in case.queries if q.get("db.response.status_code") == "57014"]
    assert len(cancelled) > 10


def test_a_small_pool_makes_requests_wait(tmp_path: Path) -> None:
    """From the deployment on one connection a host is all there is, and some requests give up waiting."""
    case = made(tmp_path, "pool-too-small", 1.0)
    late = [s for s in case.visits if s.get("error.type") == "psycopg_pool.PoolTimeout"]
    assert len(late) > 20
    assert all(micros(ONSET) <= span["start"] < micros(RECOVERY) for span in late)
    sizes = {
        value
        for (name, _, _), series in case.metrics.items()
        if name == "db.client.connection.max"
        for at, value in series.items()
        if micros(ONSET) <= at < micros(RECOVERY)
    }
    assert sizes == {1.0}


@pytest.mark.parametrize("name", ["quiet-day", "quiet-afternoon"])
def test_a_quiet_day_has_ordinary_errors_only(name: str, tmp_path: Path) -> None:
    """Fewer than one request in a hundred fails, none in the pool, and the truth is that nothing happened."""
    case = made(tmp_path, name, 1.0)
    bad = [s for s in case.visits if s["http.response.status_code"] >= 500]
    assert 0 < len(bad) < 0.01 * len(case.visits)
    assert "psycopg_pool.PoolTimeout" not in {s["error.type"] for s in bad}
    assert truth(load_scenario(name), 5)["kind"] == "none"


def test_of_two_things_at_once_both_are_true() -> None:
    """The truth of a double fault names the other one as well."""
    said = truth(load_scenario("code-bug-then-wrong-port"), 1)
    assert (said["fault"], [other["fault"] for other in said["also"]]) == ("wrong-port", ["code-bug"])
    said = truth(load_scenario("overload-then-wrong-password"), 1)
    assert (said["part"], [other["kind"] for other in said["also"]]) == ("password", ["overload"])
