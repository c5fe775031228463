"""One run of statements on a real PostgreSQL, logged in all three formats at once, for each prefix."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import psycopg
from real_postgres import RealPostgres

PREFIXES = {
    "debian": "%m [%p] %q%u@%d ",
    "pgbadger": "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "rds": "%t:%r:%u@%d:[%p]:",
    "sqlstate": "%m [%p] %e %c ",
}
FORMATS = {"log": "postgresql stderr", "csv": "postgresql csvlog", "json": "postgresql jsonlog"}
STATEMENTS = [
    "SELECT 1",
    "SELECT nosuch FROM pg_class",
    "SELECT 'it''s, \"quoted\"', 'zwölf €' FROM nosuch",
    "SELECT 1,\n\n\t2,\n       nosuch\n  FROM (SELECT 3) AS three\n",
    "SELECT '\n2023-12-01 14:30:00.123 UTC [1] ERROR:  not a record\n' FROM nosuch",
    "SELECT '\n2023-12-01 14:30:00.123 UTC,,,1,,6569ee28.1a2b,1,,2023-12-01 14:30:00 UTC,,0,LOG,00000,\"x\"' "
    "FROM nosuch",
    "CREATE TEMP TABLE kept (id int PRIMARY KEY, balance int CHECK (balance >= 0))",
    "INSERT INTO kept VALUES (1, 1)",
    "INSERT INTO kept VALUES (1, 1)",
    "UPDATE kept SET balance = -1",
    "SELECT upperr('x')",
    "DO $$ BEGIN PERFORM 1 / 0; END $$",
    "DO $$ BEGIN EXECUTE 'SELECT nosuch' || chr(10) || 'FROM kept'; END $$",
    "DO $$ BEGIN RAISE WARNING E'two\\n\\nlines: % LOG:  x', 7 USING DETAIL = E'd\\ne', HINT = 'h'; END $$",
    "SET statement_timeout = 20; SELECT pg_sleep(5)",
    "RESET statement_timeout",
]


def log_in_all_formats(server: RealPostgres, folder: Path) -> dict[str, dict[str, Path]]:
    """Run the statements once for each prefix; give the files by prefix and by ending."""
    with psycopg.connect(server.dsn(application_name="admin"), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET log_destination = 'stderr,csvlog,jsonlog'")
        admin.execute("ALTER SYSTEM SET log_statement = 'none'")
        files = {style: _run(server, admin, folder, style) for style in (*PREFIXES, "verbose")}
        _settle(admin, "after")
    return files


def _run(server: RealPostgres, admin: psycopg.Connection, folder: Path, style: str) -> dict[str, Path]:
    verbose = style == "verbose"
    admin.execute(f"ALTER SYSTEM SET log_line_prefix = '{PREFIXES.get(style, '%m [%p] ')}'")
    admin.execute(f"ALTER SYSTEM SET log_error_verbosity = '{'verbose' if verbose else 'default'}'")
    _settle(admin, style)
    _work(server)
    time.sleep(0.3)  # the server logs the end of a session after the client has gone
    _settle(admin, "between")
    files = {}
    for ending in FORMATS:
        file = f"current_setting('log_directory') || '/{style}.{ending}'"
        (content,) = admin.execute(f"SELECT pg_read_binary_file({file})").fetchone() or (b"",)
        files[ending] = folder / f"{style}.{ending}"
        files[ending].write_bytes(content)
    return files


def _settle(admin: psycopg.Connection, name: str) -> None:
    """Have the server log to new files, and wait until it does."""
    admin.execute(f"ALTER SYSTEM SET log_filename = '{name}.log'")
    admin.execute("SELECT pg_reload_conf()")
    until = time.monotonic() + 20
    while time.monotonic() < until:
        (current,) = admin.execute("SELECT pg_current_logfile('csvlog')").fetchone() or (None,)
        if current and Path(current).name == f"{name}.csv":
            time.sleep(0.3)  # the collector writes in the order it reads
            return
        time.sleep(0.05)
    raise AssertionError(f"the server does not log to {name}")


def _work(server: RealPostgres) -> None:
    with psycopg.connect(server.dsn(application_name="an app, of two=words"), autocommit=True) as connection:
        for statement in STATEMENTS:
            with contextlib.suppress(psycopg.Error):
                connection.execute(statement)
    for wrong in ({"password": "wrong"}, {"dbname": "nosuch"}, {"user": "nobody@here"}):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(server.dsn(**wrong)).close()
