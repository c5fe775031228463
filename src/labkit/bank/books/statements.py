"""The books' SQL as the server gets it: the text of a file without its header."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def statement(name: str) -> LiteralString:
    """Read ``sql/NAME.sql`` without its comments, on one line: so it stands in traces and server logs.

    Examples
    --------
    >>> statement("post_entries")[:60]
    'INSERT INTO entries (transfer_id, account_id, amount, memo) '
    """
    text = (files("labkit.bank.books") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    kept = (line.strip() for line in text.splitlines() if not line.lstrip().startswith("--"))
    return " ".join(line for line in kept if line)
