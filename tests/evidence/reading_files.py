"""Write lines into a file, load it, and give what became of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import labkit
from labkit.core.errors import LabError

CHANGED = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()  # when every such file was last changed


@dataclass(frozen=True)
class Read:
    """What became of one file: its row in sources, its rows, and its rejects."""

    format: str
    table: str | None
    lines_in: int
    lines_loaded: int
    rows: list[dict[str, Any]]
    rejects: list[tuple[int, str, bytes]]


def read(*lines: str | bytes, end: bytes = b"\n") -> Read:
    """Load lines as a file of their own."""
    return read_bytes(b"".join((line.encode() if isinstance(line, str) else line) + end for line in lines))


def read_bytes(content: bytes) -> Read:
    """Load bytes as a file of their own, beside one of a known format."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "evidence")
        path.write_bytes(content)
        os.utime(path, (CHANGED, CHANGED))
        return read_path(path)


def read_path(path: Path) -> Read:
    """Load one file, of whatever format; check what must hold of every file."""
    try:
        con = labkit.load(path.parent / f"{path.name}*")  # a pattern: an unknown file may be named as well
    except LabError as error:
        assert "no known format" in str(error)
        return Read("unknown", None, 0, 0, [], [])
    with con:
        source = con.execute("SELECT * EXCLUDE (source_file) FROM sources").fetchone()
        assert source is not None
        name, table, lines_in, loaded, rejected, made = source
        assert loaded + rejected == lines_in
        rejects = con.execute("SELECT line_number, reason, raw FROM rejects ORDER BY line_number").fetchall()
        rows = []
        if table:
            result = con.execute(f"SELECT * FROM {table} ORDER BY source_line")
            names = [column[0] for column in result.description]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        assert made == len(rows)
        return Read(name, table, lines_in, loaded, rows, rejects)
