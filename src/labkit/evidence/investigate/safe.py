"""Text from anywhere, fit to be shown: a driver's message may quote a whole connection string."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from labkit.core.secret import MASK
from labkit.evidence.investigate.model import Row

_RULES = (
    # The message of libpq's parser quotes what it could not read, as a rule a piece of the secret.
    (
        r"(?s)(invalid percent-encoded token: |unexpected spaces found in |missing \"=\" after )\".*\"",
        rf'\1"{MASK}"',
    ),
    (r"(resolve host|translate host name) (['\"])[^'\"]*@", rf"\1 \2{MASK}@"),
    (r"(://[^:@/\s'\"]*):[^@\s'\"]*@", rf"\1:{MASK}@"),
    (r"(?i)\b((?:ssl)?password|passwd|pwd)(\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&\"']+)", rf"\1\2{MASK}"),
)
_LONG = 400


def safe(text: str) -> str:
    """Mask what may be a password or a piece of one.

    Examples
    --------
    >>> safe("cannot use postgresql://bank_app:correct-horse@db.example/bank")
    'cannot use postgresql://bank_app:***@db.example/bank'
    >>> safe("failed to resolve host 'horse@db.example'")
    "failed to resolve host '***@db.example'"
    """
    for pattern, mask in _RULES:
        text = re.sub(pattern, mask, text)
    return text


def safe_host(host: str) -> str:
    """Mask what stands before an @: no host has one, so it is the end of a password.

    Examples
    --------
    >>> safe_host("horse@db.example")
    '***@db.example'
    """
    return f"{MASK}@{host.rpartition('@')[2]}" if "@" in host else host


def plain(value: Any) -> Any:
    """Turn a cell of a result into text, a number or None, fit to be shown and written as JSON."""
    if isinstance(value, dt.datetime):
        return iso(value)
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if value is None or isinstance(value, bool | int):
        return value
    text = safe(str(value))
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def plain_row(row: Row) -> dict[str, Any]:
    """Turn a row of a result into cells fit to be shown."""
    return {name: plain(value) for name, value in row.items()}


def iso(time: dt.datetime) -> str:
    """Write a time as ISO 8601 with its zone, which is UTC.

    Examples
    --------
    >>> iso(dt.datetime(2031, 5, 6, 9, 0))
    '2031-05-06T09:00:00Z'
    """
    return f"{time.isoformat(timespec='auto')}Z"
