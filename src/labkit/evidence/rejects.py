"""Keep lines that could not be used: with file, line, offset, reason and their bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labkit.evidence.readers.reading import Rejected

if TYPE_CHECKING:
    import duckdb

_BATCH_BYTES = 8 << 20
_INSERT = """
    INSERT INTO rejects (source_file, line_number, byte_offset, reason, raw)
    SELECT $1, unnest($2::BIGINT[]), unnest($3::BIGINT[]), unnest($4::VARCHAR[]), unnest($5::BLOB[])
"""


@dataclass
class RejectWriter:
    """Collect the rejects of one file and write them in batches; flush at the end."""

    con: duckdb.DuckDBPyConnection
    source_file: str
    lines: int = 0
    pending: list[Rejected] = field(default_factory=list)
    size: int = 0

    def add(self, reject: Rejected) -> None:
        """Add one reject."""
        self.pending.append(reject)
        self.lines += reject.lines
        self.size += len(reject.raw) + 200
        if self.size >= _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        if self.pending:
            values = [
                [getattr(r, name) for r in self.pending] for name in ("line", "offset", "reason", "raw")
            ]
            self.con.execute(_INSERT, [self.source_file, *values])
        self.pending, self.size = [], 0
