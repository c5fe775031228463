"""Real outages on a real PostgreSQL are solved from what was really written."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from real_postgres import CannotStartError, RealPostgres, free_port, running_postgres

import labkit
from labkit.evidence.investigate import investigate

pytestmark = [pytest.mark.server, pytest.mark.slow]
SECONDS = 8.0
TABLE = "CREATE TABLE accounts AS SELECT n AS id, 100 AS balance FROM generate_series(0, 19) AS n"
#: Each fault: what replaces which part of the connection string, and the part to be found. Without a record
#: of deployments a session set to read only and a replica look alike, so either part will do.
FAULTS: dict[str, tuple[dict[str, str | int], set[str]]] = {
    "wrong port": ({}, {"port"}),
    "wrong database": ({"dbname": "shopp"}, {"dbname"}),
    "wrong password": ({"password": "another"}, {"password"}),
    "missing privilege": ({"user": "reader", "password": "reading"}, {"user"}),
    "existing, empty database": ({"dbname": "empty"}, {"dbname"}),
    "read only": (
        {"options": "-cdefault_transaction_read_only=on"},
        {"options", "host", "target_session_attrs"},
    ),
}


@dataclass(frozen=True)
class Outage:
    """One recorded outage: its files, and when what changed."""

    folder: Path
    began: dt.datetime
    onset: dt.datetime
    recovery: dt.datetime
    ended: dt.datetime


@pytest.fixture(scope="module")
def recorded_outages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Outage]]:
    """Let one service after the other go through its outage on one PostgreSQL, whose log is then complete."""
    folder = tmp_path_factory.mktemp("outages")
    try:
        with running_postgres(logs_to=folder) as server:
            _prepare(server)
            outages = {name: _run(server, folder / name.replace(" ", "-"), name) for name in FAULTS}
    except CannotStartError as reason:
        if sys.platform == "linux":
            raise
        pytest.skip(f"no PostgreSQL here: {reason}")
    return folder / "postgresql.json", outages


def _prepare(server: RealPostgres) -> None:
    """Make the shop's database, an empty one, and a role without privileges."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        for statement in (
            "CREATE ROLE shop LOGIN PASSWORD 'selling'",
            "CREATE ROLE reader LOGIN PASSWORD 'reading'",
            "CREATE DATABASE shop OWNER shop",
            "CREATE DATABASE empty OWNER shop",
        ):
            connection.execute(statement)
    with psycopg.connect(server.dsn(user="shop", password="selling", dbname="shop")) as connection:
        connection.execute(TABLE)


def _run(server: RealPostgres, folder: Path, name: str) -> Outage:
    folder.mkdir()
    good: dict[str, str | int] = {"user": "shop", "password": "selling", "dbname": "shop"}
    bad = good | ({"port": free_port()} if name == "wrong port" else FAULTS[name][0])
    given = {"good": server.dsn(**good), "bad": server.dsn(**bad), "seconds": SECONDS}
    began = _now()
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("real_outage_service.py")), str(folder)],
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    onset, recovery = (
        dt.datetime.fromisoformat(text).replace(tzinfo=None) for text in json.loads(done.stdout)
    )
    return Outage(folder, began, onset, recovery, _now())


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


@pytest.mark.parametrize("name", FAULTS)
def test_a_real_outage_is_solved(recorded_outages: tuple[Path, dict[str, Outage]], name: str) -> None:
    """Kind and part come first, times are right to two seconds, without any record of deployments."""
    server_log, outages = recorded_outages
    outage = outages[name]
    with labkit.load([outage.folder, server_log]) as con:
        con.execute(
            "DELETE FROM postgres_log WHERE time_utc NOT BETWEEN $began AND $ended",
            {"began": outage.began, "ended": outage.ended},
        )
        found = investigate(con)
    assert found.root_cause.kind == "misconfigured_connection", found
    assert found.root_cause.part in FAULTS[name][1], found
    assert found.onset_utc is not None
    assert found.recovery_utc is not None
    assert abs((found.onset_utc - outage.onset).total_seconds()) <= 2
    assert abs((found.recovery_utc - outage.recovery).total_seconds()) <= 2
    assert "selling" not in str(found.to_json())
