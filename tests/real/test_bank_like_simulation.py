"""The bank in a real outage and the simulated one agree, fault by fault, on all that is read of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import contract_shapes as shapes
import pytest
from contract_bank import HEALTH
from contract_differences import DIFFERENCES
from contract_faults import AT_THE_DOOR, RESTART, UNHEARD, WITHIN
from contract_record import Contract, Side, loaded, made_once, record
from web_bank import APP_PASSWORD

pytestmark = [pytest.mark.server, pytest.mark.slow]

NAMES = [f.name for f in (*UNHEARD, *AT_THE_DOOR, *WITHIN) if f.name not in (HEALTH, RESTART)]
WITHOUT_CONNECTION = [
    *(fault.name for fault in (*UNHEARD, *AT_THE_DOOR)),
    "read-write-from-standby",
]
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "bank-and-simulation.md"


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    """Record both sides, once for all test processes of this run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "contract-of-bank-and-simulation"
    made_once(folder, record)
    with loaded(folder) as both:
        yield both


#: While a lock keeps statements waiting, it keeps the entries of a transfer waiting, too.
LOCKED = "short-statement-timeout: only the bank: .*(transfer|INSERT)"


def compared(
    contract: Contract, names: list[str], told: Callable[[Side], set[Any]], without: str = "(?!)"
) -> list[str]:
    """List what only one side has, fault by fault; texts that match ``without`` are left out."""
    found = []
    for name in names:
        real, made = (told(side) for side in (contract.real[name], contract.made[name]))
        for who, more in (("bank", real - made), ("simulation", made - real)):
            found += [f"{name}: only the {who}: {item}" for item in more]
    return sorted(text for text in found if not re.search(without, text))


def test_the_application_log_says_the_same(contract: Contract) -> None:
    """Severity, logger, body, class and message of every failure and of every warning of the pool agree."""
    names = [name for name in NAMES if name not in ("bad-options", "pool-too-small")]
    without = f"reconnection attempt in pool|LINE N: SELECT (account_id|balance)|{LOCKED}"
    differ = compared(contract, names, lambda side: shapes.logged(side.con, side.rows), without)
    assert differ == []


def test_a_transfer_that_fails_names_the_table_of_its_first_query(contract: Contract) -> None:
    """Where the first query differs in its text, class and first line of the message still agree."""
    for name in ("empty-database", "wrong-search-path"):
        for side in (contract.real[name], contract.made[name]):
            said = {
                (kind, str(message).partition("\n")[0])
                for _, logger, _, kind, message in shapes.logged(side.con, side.rows)
                if logger == "bank.transfers"
            }
            assert said == {("psycopg.errors.UndefinedTable", 'relation "accounts" does not exist')}, name


def test_an_unknown_setting_is_said_twice_by_the_real_one(contract: Contract) -> None:
    """libpq tries again without application_name, so the bank's warning is the simulation's, twice."""

    def warning(side: Side) -> str:
        texts = {
            body for _, logger, body, *_ in shapes.logged(side.con, side.rows) if logger == "psycopg.pool"
        }
        (text,) = [str(text) for text in texts if "error connecting" in str(text)]
        return text.partition("connection failed: ")[2]

    once = warning(contract.made["bad-options"])
    assert warning(contract.real["bad-options"]) == f"{once}\n{once}"


def test_requests_fail_alike(contract: Contract) -> None:
    """Route, status, error class, span status, and whether query spans are missing agree."""
    names = [name for name in NAMES if name != "pool-too-small"]
    differ = compared(contract, names, lambda side: shapes.failed_requests(side.con, side.rows), LOCKED)
    assert differ == []
    for name in WITHOUT_CONNECTION:
        ends = shapes.failed_requests(contract.real[name].con, contract.real[name].rows)
        assert {row[2] for row in ends} == {"psycopg_pool.PoolTimeout"}, name
        assert not any(row[6] for row in ends), name


def test_queries_fail_alike(contract: Contract) -> None:
    """Operation, class and SQLSTATE of failing queries agree; the real message has its class before it."""

    def failing(side: Side) -> set[tuple[Any, ...]]:
        rows = shapes.failed_queries(side.con, side.rows)
        return {(*row[:4], str(row[4]).removeprefix(f"{str(row[1]).rpartition('.')[2]}: ")) for row in rows}

    differ = compared(contract, NAMES, failing, "LINE N: SELECT (account_id|balance)|statement timeout")
    assert differ == []
    for name in ("empty-database", "missing-privilege", "read-replica", "short-statement-timeout"):
        rows = shapes.failed_queries(contract.real[name].con, contract.real[name].rows)
        assert rows, name
        assert all(str(row[4]).startswith(f"{str(row[1]).rpartition('.')[2]}: ") for row in rows), name


def test_the_servers_log_says_the_same(contract: Contract) -> None:
    """Lines of clients agree in severity, SQLSTATE, message, detail, statement, stage and kind of backend."""
    names = [name for name in NAMES if name not in ("pool-too-small", "bad-options", "staging-database")]
    first_of_transfer = "FROM accounts WHERE account_id = N FOR UPDATE"
    later = f"({'|'.join(fault.name for fault in WITHIN)}): .*disconnection: session time"
    without = f"{first_of_transfer}|{later}|{LOCKED}"
    assert compared(contract, names, lambda side: shapes.server_said(side.con, side.times), without) == []


def test_the_server_hears_nothing_of_what_does_not_reach_it(contract: Contract) -> None:
    """For a wrong text or place, both servers' logs are silent: that silence is evidence."""
    for fault in UNHEARD:
        for side in (contract.real[fault.name], contract.made[fault.name]):
            assert shapes.server_said(side.con, side.times) == set(), fault.name


def test_staging_shows_in_answers_only(contract: Contract) -> None:
    """With another environment's database nothing fails, and strangers are refused: 401 and 404."""
    for side in (contract.real["staging-database"], contract.made["staging-database"]):
        seen = shapes.statuses(side.con, side.rows)
        assert max(status for _, status in seen) < 500
        assert {("/login", 401), ("/accounts/{account_id}", 404), ("/transfers", 404)} <= seen


def test_a_server_that_stops_ends_every_session(contract: Contract) -> None:
    """Each connection costs one request, 57P01; then there is none: 503. The server says the same of each."""
    failed, said, logged = [], [], []
    for side in (contract.real[RESTART], contract.made[RESTART]):
        failed.append({row[1:5] + row[6:] for row in shapes.failed_requests(side.con, side.rows)})
        logged.append({(row[0], row[3], row[4]) for row in shapes.logged(side.con, side.rows) if row[3]})
        lines = side.con.execute(
            "SELECT DISTINCT error_severity, message, backend_type, json_extract_string(attributes, '$.ps') "
            f"FROM postgres_log WHERE state_code = '57P01' AND {side.times}"
        ).fetchall()
        said.append(set(lines))
    cut = "psycopg.errors.AdminShutdown"
    assert failed[0] == failed[1]
    assert (500, cut, "ERROR", "AdminShutdown", True, (cut,)) in failed[0]
    assert (503, "psycopg_pool.PoolTimeout", "ERROR", "PoolTimeout", False, ()) in failed[0]
    assert logged[0] == logged[1]
    assert said[0] == said[1] != set()


def test_latency_has_the_same_shape(contract: Contract) -> None:
    """Where no connection comes, both wait the pool's two seconds; elsewhere both end in much less."""
    for name in [n for n in NAMES if n != "pool-too-small"]:
        real, made = (
            shapes.durations_ms(side.con, side.rows) for side in (contract.real[name], contract.made[name])
        )
        for key in real.keys() & made.keys():
            slow = made[key] > 1900
            assert slow == (name in WITHOUT_CONNECTION and key[1]), (name, key)
            low, high = (1900, 4000) if slow else (0, 1500)
            assert low <= real[key] < high, (name, key, real[key], made[key])


def test_a_pool_that_is_too_small_makes_requests_wait(contract: Contract) -> None:
    """Some requests time out in the pool after two seconds, others wait and are served: queries go on."""
    for side in (contract.real["pool-too-small"], contract.made["pool-too-small"]):
        timeouts, served, waited = side.con.execute(
            f"""
            SELECT count(*) FILTER (WHERE error_type = 'psycopg_pool.PoolTimeout' AND duration_ms >= 1990),
                   count(*) FILTER (WHERE http_response_status_code = 200 AND http_route LIKE '/acc%'),
                   count(*) FILTER (WHERE http_response_status_code >= 500 AND duration_ms < 1900)
            FROM spans WHERE kind = 'SERVER' AND {side.rows}
            """
        ).fetchone() or (0, 0, 1)
        assert (timeouts > 0, served > 0, waited) == (True, True, 0)


@pytest.mark.parametrize(
    ("table", "of"),
    [
        ("logs", "severity_number < 17"),
        ("spans", "kind = 'SERVER' AND http_route <> '/livez' AND http_response_status_code < 500"),
        ("spans", "kind = 'CLIENT'"),
        ("spans", "http_route = '/livez'"),
        ("requests", "status < 500"),
        ("queries", "true"),
        ("access", "true"),
        ("postgres_log", "remote_host IS NOT NULL"),
        ("metrics", "name NOT LIKE 'ping.%'"),
    ],
)
def test_in_good_health_the_same_columns_are_filled(contract: Contract, table: str, of: str) -> None:
    """Every column and attribute that simulated rows have, the bank's rows have too."""
    real, made = contract.real[HEALTH], contract.made[HEALTH]
    released = table in ("logs", "spans")
    found = [
        shapes.filled(side.con, table, f"{of} AND {side.rows if released else side.anywhere(table)}")
        for side in (real, made)
    ]
    assert found[1] - found[0] == set()
    assert len(found[1]) > 4


def test_failures_fill_the_same_columns(contract: Contract) -> None:
    """Failed requests and their log records carry the same columns and attributes on both sides."""
    real, made = contract.real["wrong-port"], contract.made["wrong-port"]
    for table, of in (("logs", "severity_number >= 13"), ("spans", "error_type IS NOT NULL")):
        missing = shapes.filled(made.con, table, f"{of} AND {made.rows}") ^ shapes.filled(
            real.con, table, f"{of} AND {real.rows}"
        )
        extra = {f"attributes.{name}" for name in ("client.port", "url.scheme", "user_agent.original")}
        assert missing <= extra | {"attributes.network.protocol.version"}, table


def test_ordinary_errors_are_alike(contract: Contract) -> None:
    """What goes wrong on every day ends in the same statuses, log lines and SQLSTATEs."""
    real, made = contract.real[HEALTH], contract.made[HEALTH]
    bank, simulation = (
        {
            (severity, logger, shapes.shape(body))
            for severity, logger, body in side.con.execute(
                f"SELECT DISTINCT severity_text, logger, body FROM logs WHERE {side.rows}"
            ).fetchall()
        }
        for side in (real, made)
    )
    assert bank == {
        ("INFO", "bank.auth", "login of customer-N"),
        ("WARNING", "bank.auth", "login of customer-N refused: password does not match"),
        ("WARNING", "bank.auth", "login form refused: field 'password' is empty"),
        ("INFO", "bank.accounts", "account not found for customer-N"),
        ("INFO", "bank.transfers", "transfer posted for customer-N"),
        ("WARNING", "bank.transfers", "transfer of customer-N was sent twice; the first one counts"),
        ("WARNING", "bank.transfers", "transfer of customer-N refused: amount is not a number"),
    }
    assert {line for line in simulation if line[1] in ("bank.auth", "bank.transfers")} <= bank
    twice = (
        "SELECT DISTINCT error_type, db_response_status_code FROM spans "
        f"WHERE kind = 'CLIENT' AND error_type IS NOT NULL AND {real.rows}"
    )
    assert real.con.execute(twice).fetchall() == [("psycopg.errors.UniqueViolation", "23505")]


def test_metrics_have_the_same_names(contract: Contract) -> None:
    """The bank writes the simulation's gauges with its units and labels, but for the pings."""
    sql = "SELECT DISTINCT name, unit, attributes::VARCHAR FROM metrics WHERE name NOT LIKE 'ping.%'"
    bank, simulation = (both[HEALTH].con.execute(sql).fetchall() for both in (contract.real, contract.made))
    assert len(bank) == 7
    assert set(bank) == set(simulation)


def test_no_evidence_has_a_password(contract: Contract) -> None:
    """Neither the role's password nor a piece of the misspelt ones stands in any file of any lane."""
    words = [APP_PASSWORD, "another-one", "key-41", "demo-41"]
    files = [file for file in contract.folder.rglob("lane-*/*") if file.is_file()]
    assert len(files) >= 25
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert [word for word in words if word in text] == [], file.name


def test_the_differences_are_written_down() -> None:
    """The document has a row for each difference that these tests leave out, and no other."""
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert rows == [difference.row for difference in DIFFERENCES]
