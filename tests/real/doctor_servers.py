"""Real servers for the connection doctor: a primary with every kind of role and database, and a standby."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from certificates import Signed, signed_for
from odd_servers import answering, behind_tls, full, silent
from psycopg import sql
from real_postgres import RealPostgres, free_port, running_postgres

PLACES = 12
DEBIAN = Path("/usr/lib/postgresql/15/bin")
HBA = b"""
hostssl all         ssl_only      all scram-sha-256
host    all         rejected_user all reject
host    replication postgres      all scram-sha-256
host    all postgres,bank_app,bank_special,bank_nopriv,bank_lim   all scram-sha-256
host    all bank_nologin,bank_expired,ghost_user                  all scram-sha-256
"""
SETTINGS = f"max_connections = {PLACES}\nsuperuser_reserved_connections = 2\nmax_wal_senders = 2\n"
ROLES = {
    "bank_app": "LOGIN PASSWORD 'plainpw'",
    "bank_special": "LOGIN PASSWORD 'p@ss:w/rd#1%x'",
    "bank_nopriv": "LOGIN PASSWORD 'plainpw'",
    "bank_lim": "LOGIN PASSWORD 'plainpw' CONNECTION LIMIT 1",
    "bank_nologin": "NOLOGIN PASSWORD 'plainpw'",
    "bank_expired": "LOGIN PASSWORD 'plainpw' VALID UNTIL '2020-01-01'",
    "ssl_only": "LOGIN PASSWORD 'plainpw'",
    "rejected_user": "LOGIN PASSWORD 'plainpw'",
    "nohba": "LOGIN PASSWORD 'plainpw'",
}
SETUP = """
CREATE DATABASE bank;
CREATE DATABASE bank_staging;
CREATE DATABASE revdb;
CREATE DATABASE closeddb ALLOW_CONNECTIONS false;
CREATE DATABASE limdb CONNECTION LIMIT 1;
REVOKE CONNECT ON DATABASE revdb FROM PUBLIC;
ALTER DATABASE bank SET app.environment = 'production';
ALTER DATABASE bank SET search_path = bank, public;
ALTER DATABASE bank_staging SET app.environment = 'staging';
"""
TABLES = """
CREATE SCHEMA bank;
CREATE SCHEMA vault;
CREATE TABLE bank.accounts (id int PRIMARY KEY, balance int);
CREATE TABLE vault.keys (id int);
GRANT USAGE ON SCHEMA bank TO PUBLIC;
GRANT SELECT, UPDATE ON bank.accounts TO bank_app, bank_special, bank_lim, ssl_only;
"""


@dataclass(frozen=True)
class DoctorServers:
    """Where everything listens."""

    primary: RealPostgres
    standby: RealPostgres
    behind_tls: int
    refused: int
    answering: int
    silent: int
    full: int
    signed: Signed
    folder: Path

    def admin(self, dbname: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """Connect as the superuser."""
        return psycopg.connect(self.primary.dsn(dbname=dbname), autocommit=True)


@contextmanager
def doctor_servers(folder: Path) -> Iterator[DoctorServers]:
    """Run them all; they stop when the block ends."""
    signed = signed_for("db.bank.example")
    (folder / "root.pem").write_bytes(signed.root)
    (folder / "other.pem").write_bytes(signed_for("db.bank.example", "Another root").root)
    with ExitStack() as stack:
        primary = stack.enter_context(running_postgres(folder, settings=SETTINGS, files={"pg_hba.conf": HBA}))
        fill(primary)
        yield DoctorServers(
            primary=primary,
            standby=stack.enter_context(running_postgres(folder, follows=primary)),
            behind_tls=stack.enter_context(behind_tls(primary.port, signed)),
            refused=free_port(),
            answering=stack.enter_context(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
            silent=stack.enter_context(silent()),
            full=stack.enter_context(full()),
            signed=signed,
            folder=folder,
        )


def fill(server: RealPostgres) -> None:
    """Make roles, databases and tables."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        for name, rest in ROLES.items():
            admin.execute(sql.SQL("CREATE ROLE {} " + rest).format(sql.Identifier(name)))
        for statement in filter(str.strip, SETUP.split(";")):
            admin.execute(statement)
    with psycopg.connect(server.dsn(dbname="bank")) as bank:
        bank.execute(TABLES)


@contextmanager
def held(server: RealPostgres, count: int, **parts: str) -> Iterator[None]:
    """Hold connections, the superuser's unless parts say otherwise."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(psycopg.connect(server.dsn(**parts)))
        yield
