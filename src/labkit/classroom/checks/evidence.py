"""Tell which evidence a connection holds: its fingerprint, and its one day."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_DAY = """
    SELECT min(start_utc)::DATE::VARCHAR, max(end_utc)::DATE::VARCHAR FROM requests
"""


def fingerprint(con: duckdb.DuckDBPyConnection) -> str:
    """Make a short text that is the same for the same evidence, and another for any other.

    Tables and views that were added to the connection do not count.

    Returns
    -------
    str
        32 hex digits.

    Raises
    ------
    LabError
        The connection is closed or does not hold the tables of loaded evidence.

    Examples
    --------
    >>> import duckdb
    >>> from labkit.evidence.schema import create_schema
    >>> con = duckdb.connect()
    >>> create_schema(con)
    >>> len(fingerprint(con))
    32
    """
    from labkit.evidence.schema import require_evidence

    require_evidence(con)
    sql = resources.files(__package__).joinpath("sql/fingerprint.sql").read_text(encoding="utf-8")
    rows = con.execute(sql).fetchall()
    return hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()[:32]


def day_of(con: duckdb.DuckDBPyConnection) -> str:
    """Give the one day of the requests as '2023-12-01'; '' where there are several days or no requests."""
    first, last = con.execute(_DAY).fetchall()[0]
    return str(first) if first and first == last else ""
