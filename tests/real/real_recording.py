"""A run of a real service against a real server, and what it left behind."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from real_postgres import RealPostgres, free_port


@dataclass(frozen=True)
class Recorded:
    """What the run left behind: the files, and what was done by its own count."""

    folder: Path
    done: dict[str, int]
    pool_warnings: list[str]
    port: int
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def traces(self) -> Path:
        """What the OpenTelemetry SDK wrote."""
        return self.folder / "traces.otlp.jsonl"

    @property
    def jsonlog(self) -> Path:
        """What PostgreSQL wrote."""
        return self.folder / "postgresql.json"


def record(server: RealPostgres, folder: Path) -> Recorded:
    """Make the bank's database, run the service once, and say where its files are."""
    password = secrets.token_urlsafe(12)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE bank_app LOGIN PASSWORD '{password}'")
        connection.execute("CREATE DATABASE bank OWNER bank_app")
    bank = {"user": "bank_app", "password": password, "dbname": "bank", "application_name": "bank-web"}
    dsns = {
        "bank": server.dsn(**bank),
        "wrong_port": server.dsn(**bank, port=free_port()),
        "wrong_password": server.dsn(**bank | {"password": f"old-{password}"}),
        "wrong_database": server.dsn(**bank | {"dbname": "bankk"}),
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("real_service.py")), str(folder / "traces.otlp.jsonl")],
        input=json.dumps(dsns),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return Recorded(folder, told["done"], told["pool_warnings"], server.port, (password, server.password))
