"""Read one message of an error: which row of the tables it is, and what it names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.evidence.investigate.model import MISCONFIGURED, Row
from labkit.evidence.investigate.signature import Meaning, Signature
from labkit.evidence.investigate.signatures_connecting import CONNECTING
from labkit.evidence.investigate.signatures_session import SESSION
from labkit.evidence.investigate.signatures_text import BEFORE_DIALLING

#: Every row of the tables, in the order in which they are tried.
SIGNATURES: tuple[Signature, ...] = (*BEFORE_DIALLING, *CONNECTING, *SESSION)
_ENDPOINTS = (
    r'server at "(?P<host>[^"]+)"(?: \([^)]*\))?, port (?P<port>\d+)',
    r'on host "(?P<host>[^"]+)"(?: \([^)]*\))? and accepting TCP/IP connections on port (?P<port>\d+)',
    r"Connect call failed \('(?P<host>[^']+)', (?P<port>\d+)\)",
    r"ECONNREFUSED (?P<host>\S+):(?P<port>\d+)",
    r"dial tcp (?P<host>[^\s:]+):(?P<port>\d+)",
    r"Connection to (?P<host>[^\s:]+):(?P<port>\d+) refused",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message says.

    Attributes
    ----------
    signature : Signature
        Row of the table.
    named : dict
        What the message names: host, port, dbname, user, part.
    meanings : tuple of Meaning
        Causes it speaks for.
    """

    signature: Signature
    named: dict[str, str]
    meanings: tuple[Meaning, ...]


def read_message(
    text: str,
    *,
    error: str = "",
    sqlstate: str | None = None,
    detail: str | None = None,
    server: bool = False,
) -> Reading | None:
    """Say what a message means, or None where no row of the tables knows it.

    Parameters
    ----------
    text : str
        The message.
    error : str
        Class of the exception, where there is one.
    sqlstate : str, optional
        As the server gave it.
    detail : str, optional
        What the server's log adds; clients are not told.
    server : bool
        True for a line of the database server's own log.

    Examples
    --------
    >>> reading = read_message('connection to server at "192.0.2.7", port 6432 failed: Connection refused')
    >>> reading.signature.name, reading.named["port"], reading.meanings[0].part
    ('refused', '6432', 'port')
    """
    whole = "\n".join(part for part in (detail, text, error) if part)
    for signature in SIGNATURES:
        if signature.writer == "server" and not server:
            continue
        found = signature.pattern.search(whole)
        if found is not None:
            return _reading(signature, whole, found)
    return _by_sqlstate(whole, sqlstate, server)


def _by_sqlstate(whole: str, sqlstate: str | None, server: bool) -> Reading | None:
    for signature in SIGNATURES:
        if sqlstate in signature.sqlstates and (server or signature.writer != "server"):
            return _reading(signature, whole, None)
    return None


def _reading(signature: Signature, whole: str, found: re.Match[str] | None) -> Reading:
    named = endpoint(whole)
    if found is not None:
        named |= {key: value for key, value in found.groupdict().items() if value is not None}
    meanings = signature.meanings
    if "part" in named:
        meanings = (Meaning(MISCONFIGURED, named["part"], 0.9),)
    return Reading(signature, named, meanings)


def endpoint(text: str) -> dict[str, str]:
    """Find the host and the port that a message names; of several attempts the first.

    Examples
    --------
    >>> endpoint("connect ECONNREFUSED 192.0.2.7:6432")
    {'host': '192.0.2.7', 'port': '6432'}
    """
    for pattern in _ENDPOINTS:
        if found := re.search(pattern, text):
            return dict(found.groupdict())
    return {}


def read_row(row: Row) -> Reading | None:
    """Read one row of the query ``error_messages``."""
    return read_message(
        row["example"] or "",
        error=row["error"] or "",
        sqlstate=row["sqlstate"],
        detail=row["detail"],
        server=row["source"] == "postgres_log",
    )
