"""What the bank's hosts answered in the last seconds, read from the end of their traces.

Hosts write their spans about once a second; a request is there when it has ended. Only requests that need the
database count: others succeed at once while those wait, and would look like a recovery.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRACES = "traces.otlp.jsonl"
#: How much is read at a time, from the end backwards, and at most.
_PIECE, _MOST = 1 << 18, 1 << 25
#: A batch is written up to this long after its spans have ended, in seconds.
_WRITTEN_AFTER_S = 5.0
_SERVER, _CLIENT = 2, 3
_FAILED_FROM = 500
_CHECKS = frozenset({"/livez", "/readyz"})
Span = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Second:
    """The requests that began in one second and needed the database, as far as they have been answered.

    Attributes
    ----------
    at_s : int
        The second, since 1970.
    requests, failed : int
        Requests that asked the database something or failed; those answered with 500 and more.
    p95_ms : float
        Their 95th percentile of duration.
    """

    at_s: int
    requests: int
    failed: int
    p95_ms: float


def recent(bank: Path, seconds: float, *, now_s: float | None = None) -> tuple[Second, ...]:
    """Count the requests of the last seconds over all hosts; seconds without requests are left out.

    Parameters
    ----------
    bank : Path
        The bank's folder.
    seconds : float
        How far back.
    now_s : float, optional
        Until when, in seconds since 1970; now unless given.
    """
    since = (time.time() if now_s is None else now_s) - seconds
    found: dict[int, list[tuple[float, bool]]] = {}
    for file in sorted((bank / "evidence").glob(f"*/{TRACES}")):
        for begin_s, took_ms, failed in _requests(file, since):
            found.setdefault(int(begin_s), []).append((took_ms, failed))
    return tuple(_second(at, found[at]) for at in sorted(found))


def _second(at: int, requests: list[tuple[float, bool]]) -> Second:
    took = sorted(one for one, _ in requests)
    p95 = took[min(len(took) - 1, int(0.95 * len(took)))]
    return Second(at, len(requests), sum(failed for _, failed in requests), round(p95, 3))


def _requests(file: Path, since_s: float) -> Iterator[tuple[float, float, bool]]:
    """Give begin, duration and failure of each request that began since then and needed the database."""
    spans = list(_spans_since(file, since_s))
    asked = {span.get("traceId") for span in spans if span.get("kind") == _CLIENT}
    for span in spans:
        begin_s, end_s = _times(span)
        if span.get("kind") != _SERVER or begin_s < since_s:
            continue
        known = _attributes(span)
        failed = int(known.get("http.response.status_code", 0)) >= _FAILED_FROM
        if (failed or span.get("traceId") in asked) and known.get("http.route") not in _CHECKS:
            yield begin_s, 1000 * (end_s - begin_s), failed


def _spans_since(file: Path, since_s: float) -> Iterator[Span]:
    """Give the spans of a file from the last batch back to those that have ended long before."""
    for line in _lines_backwards(file):
        spans = list(_spans(line))
        yield from spans
        if spans and max(_times(span)[1] for span in spans) < since_s - _WRITTEN_AFTER_S:
            return


def _spans(line: bytes) -> Iterator[Span]:
    """Give the spans of a batch; a line that is no batch has none."""
    try:
        batch = json.loads(line)
    except ValueError:
        return
    for resource in batch.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            yield from scope.get("spans", ())


def _times(span: Span) -> tuple[float, float]:
    begin_s, end_s = (int(span[key]) / 1e9 for key in ("startTimeUnixNano", "endTimeUnixNano"))
    return begin_s, end_s


def _attributes(span: Span) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values()), None) for one in span.get("attributes", ())}


def _lines_backwards(file: Path) -> Iterator[bytes]:
    """Give the whole lines of a file from the last one on; what is still being written is left out."""
    try:
        with file.open("rb") as opened:
            at = opened.seek(0, 2)
            least, rest = max(0, at - _MOST), b""
            while at > least:
                size = min(_PIECE, at - least)
                at -= size
                opened.seek(at)
                first, *whole = (opened.read(size) + rest).split(b"\n")
                rest = first
                yield from reversed([line for line in whole if line])
            if rest and at == 0:
                yield rest
    except FileNotFoundError:
        return
