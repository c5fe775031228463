"""The fields of a request as text of fixed width, shared by all writers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labkit.simulation.requests import Requests
from labkit.simulation.rows import common_log, decimal, epoch, hexadecimal

if TYPE_CHECKING:
    from labkit.simulation.rows import Bytes
    from labkit.simulation.streams import Ints

LOG_LEAD_US = 250


def account_of(user: Ints) -> Ints:
    """Return the account of a customer: six digits, a different one for each."""
    return np.asarray(100_000 + (user * 7919) % 900_000)


def log_time(requests: Requests, low: int) -> Ints:
    """Return when a request writes its log record: just before its answer, but not before ``low``."""
    return np.maximum(np.maximum(requests.end - LOG_LEAD_US, requests.start), low)


def columns_of(requests: Requests) -> dict[str, Bytes]:
    """Write every field of every request."""
    user = np.maximum(requests.user, 0)
    return {
        "trace": hexadecimal(requests.trace),
        "span": hexadecimal(requests.span),
        "session": hexadecimal(requests.session),
        "start": epoch(requests.start),
        "end": epoch(requests.end),
        "user": decimal(user, 5),
        "account": decimal(account_of(user), 6),
        "client": _client(np.maximum(requests.client, 0)),
        "clf": common_log(requests.end),
        "bytes": decimal(user * 31 % 100, 2),
    }


def _client(client: Ints) -> Bytes:
    """Write addresses of 100.64.0.0/10 (RFC 6598: nobody's own), three digits in each moving part."""
    high, low = np.divmod(client, 156)
    fixed = np.frombuffer(b"100.64.", dtype=np.uint8)
    rows = np.full((len(client), 14), ord("."), dtype=np.uint8)
    rows[:, :7] = fixed
    rows[:, 7:10] = decimal(100 + high, 3)
    rows[:, 11:] = decimal(100 + low, 3)
    return rows


def columns_of_query(requests: Requests, query: int) -> dict[str, Bytes]:
    """Write the fields of one query of each request; times of queries that did not run mean nothing."""
    none = int(requests.start.min())
    return {
        "span": hexadecimal(requests.query_span[:, query]),
        "parent": hexadecimal(requests.span),
        "start": epoch(np.maximum(requests.query_start[:, query], none)),
        "end": epoch(np.maximum(requests.query_end[:, query], none)),
    }
