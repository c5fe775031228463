"""One run of a real PostgreSQL, logged as text, CSV and JSON, says the same in each."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from logged_postgres import FORMATS, PREFIXES, log_in_all_formats
from real_postgres import CannotStartError, running_postgres

import labkit

pytestmark = pytest.mark.server

SAME = (
    "error_severity, rtrim(message, e'\\n'), detail, hint, rtrim(statement, e'\\n'), attributes->>'context', "
    "attributes->>'internal_query', attributes->>'cursor_position', attributes->>'internal_position', pid, "
    "date_trunc('second', time_utc)"
)
#: What a prefix tells beyond that.
TOLD = {
    "debian": "time_utc",
    "pgbadger": "user_name, dbname, application_name",
    "rds": "user_name, dbname, remote_host, remote_port",
    "sqlstate": "time_utc, state_code, session_id",
    "verbose": "state_code, attributes->>'file_name', attributes->>'file_line_num'",
}


#: The embedded PostgreSQL, and those that Debian's packages have installed here and that know jsonlog.
INSTALLED = sorted(path for path in Path("/usr/lib/postgresql").glob("*/bin") if int(path.parent.name) >= 15)
SERVERS = {"embedded": None, **{f"debian {path.parent.name}": path for path in INSTALLED}}


@pytest.fixture(scope="module", params=SERVERS)
def logs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Path]]:
    """Log one run of statements in every format, once for each prefix, on each server there is."""
    folder = tmp_path_factory.mktemp("logged")
    try:
        with running_postgres(logs_to=folder, programs=SERVERS[request.param]) as server:
            return log_in_all_formats(server, folder)
    except CannotStartError as reason:
        if sys.platform == "linux" or os.environ.get("CI"):
            pytest.fail(f"a real PostgreSQL must start here, and did not: {reason}")
        pytest.skip(f"no PostgreSQL here: {reason}")


@pytest.mark.parametrize("style", [*PREFIXES, "verbose"])
def test_every_format_says_the_same(logs: dict[str, dict[str, Path]], style: str) -> None:
    """Text, CSV and JSON of one run load whole and say the same in every column they share.

    Processes may overtake each other between one format and the next, so rows are put in order by process.
    """
    with labkit.load(list(logs[style].values())) as con:
        sources = con.execute(
            "SELECT format, lines_in = lines_loaded, lines_rejected FROM sources"
        ).fetchall()
        assert sources == [(name, True, 0) for name in FORMATS.values()]
        text, table, json = (
            con.execute(
                f"SELECT {SAME}, {TOLD[style]} FROM postgres_log "
                "WHERE source_file = $1 ORDER BY pid, source_line",
                [file.name],
            ).fetchall()
            for file in logs[style].values()
        )
    assert len(json) > 25
    assert text == json
    assert table == json


def test_csv_and_json_are_equal_in_every_column(logs: dict[str, dict[str, Path]]) -> None:
    """No column differs, not even the places in the server's source; the postmaster counts lines apart."""
    with labkit.load([logs["verbose"]["csv"], logs["verbose"]["json"]]) as con:
        table, json = (
            con.execute(
                "SELECT * EXCLUDE (source_file, source_line, attributes), "
                "CAST(attributes AS MAP(VARCHAR, JSON)) AS rest FROM postgres_log "
                "WHERE source_file = $1 AND backend_type <> 'postmaster' ORDER BY pid, source_line",
                [name],
            ).fetchall()
            for name in ("verbose.csv", "verbose.json")
        )
    assert table == json
    assert len(json) > 20
