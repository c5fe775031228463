"""The books that a session of the proving ground finds: a small bank in DuckDB, as one server has it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

#: The bank's tables; whoever has no privilege has none on any of them.
TABLES = ("accounts", "customers", "entries", "environment", "sessions", "transfers")


@dataclass(frozen=True, slots=True)
class Server:
    """What a session can learn of the server it is at.

    ``settings`` are as PostgreSQL's ``SHOW`` writes them; ``limit_ms`` is the longest time of a statement.
    """

    host: str
    port: int
    dbname: str
    user: str
    settings: tuple[tuple[str, str], ...] = ()
    staging: bool = False
    standby: bool = False
    empty: bool = False
    privileged: bool = True
    on_path: bool = True
    read_only: bool = False
    limit_ms: float = 5000.0


def open_books(server: Server) -> duckdb.DuckDBPyConnection:
    """Open the books of a server: in memory, the same rows each time."""
    import duckdb

    con = duckdb.connect(":memory:")
    name = server.dbname.replace('"', '""')
    con.execute(f"ATTACH ':memory:' AS \"{name}\"")
    con.execute(f'USE "{name}"')
    con.execute(_text("catalog"))
    if not server.empty:
        con.execute(_text("books"))
        con.execute(_text("staging" if server.staging else "production"))
    con.execute(f'USE "{name}".{"public" if server.on_path else "elsewhere"}')
    for key in ("dbname", "standby", "privileged", "on_path"):
        con.execute(f"SET VARIABLE {key} = ?", [getattr(server, key)])
    con.execute(_text("session"))
    return con


def _text(name: str) -> str:
    return (resources.files("labkit.replay.proving") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
