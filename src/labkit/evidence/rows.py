"""Move records into tables: column by column, thousands at a time, as one bound JSON parameter."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.core.records import TABLES, Column, columns

if TYPE_CHECKING:
    import duckdb

_BATCH = 5000
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - times in tables are UTC without a zone
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass
class Writer:
    """Collect records of one file for one table and write them in batches; flush at the end."""

    con: duckdb.DuckDBPyConnection
    table: str
    source_file: str
    rows: list[Any] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def add(self, line: int, records: Sequence[Any]) -> None:
        """Add the records that one line made."""
        self.rows.extend(records)
        self.lines.extend([line] * len(records))
        if len(self.rows) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        if self.rows:
            fields = [c for c in columns(TABLES[self.table]) if c.name not in ("source_file", "source_line")]
            values = {c.name: [_plain(c)(getattr(row, c.name)) for row in self.rows] for c in fields}
            payload = json.dumps({**values, "source_line": self.lines}, ensure_ascii=False)
            self.con.execute(_insert(self.table, fields), [payload, self.source_file])
        self.rows, self.lines = [], []


def _plain(column: Column) -> Callable[[Any], Any]:
    """Choose how a value of this column is put into the parameter."""
    return _PLAIN.get(column.sql_type, _nested if column.sql_type.startswith("STRUCT") else _same)


def _same(value: Any) -> Any:
    return value


def _microseconds(value: dt.datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def _double(value: float | None) -> Any:
    return value if value is None or value - value == 0 else str(value)


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _nested(value: Sequence[Any] | None) -> Any:
    return (
        None
        if value is None
        else [{c.name: getattr(one, c.name) for c in columns(type(one))} for one in value]
    )


_PLAIN: dict[str, Callable[[Any], Any]] = {"TIMESTAMP": _microseconds, "DOUBLE": _double, "JSON": _json}
_CARRIED = {"TIMESTAMP": "BIGINT", "JSON": "VARCHAR"}


def _insert(table: str, fields: Sequence[Column]) -> str:
    """Write the statement from the published columns: one list a column, unnested side by side."""
    names = ", ".join(c.name for c in fields)
    shape = ", ".join(f'"{c.name}" {_CARRIED.get(c.sql_type, c.sql_type)}[]' for c in fields)
    lists = ", ".join(f"unnest(p.{c.name}) AS {c.name}" for c in fields)
    final = ", ".join(f"make_timestamp({c.name})" if c.sql_type == "TIMESTAMP" else c.name for c in fields)
    return (
        f"INSERT INTO {table} ({names}, source_file, source_line) "
        f"SELECT {final}, $2, source_line FROM (SELECT {lists}, unnest(p.source_line) AS source_line "
        f"FROM (SELECT CAST(CAST($1 AS JSON) AS STRUCT({shape}, source_line BIGINT[])) AS p))"
    )
