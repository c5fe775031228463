"""What is damaged: the recorded samples, the committed evidence, and lines of formats that none of these has."""
# ruff: noqa: E501 - lines of logs are not broken

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
SAMPLES = TESTS / "evidence" / "samples"
EVIDENCE = TESTS.parent / "data" / "debacle"
_MOST_LINES = 400  # of one seed: enough to hold every kind of line it has

_WRITTEN: dict[str, tuple[str, ...]] = {
    "json log": (
        '{"level":50,"time":1701439200123,"pid":7,"hostname":"h","name":"app","msg":"m","err":{"stack":"E: x"}}',
        '{"@timestamp":"2023-12-01T14:30:00Z","log.level":"ERROR","message":"m","error":{"message":"x"}}',
        '{"ts":1701439200.5,"level":"warn","msg":"dial","error":"tcp: refused","trace_id":"0af7","n":-1.5e3}',
        '{"ts":"2023-12-01T14:30:00.123456789Z","level":"info","msg":"é \\u2603 \\ud83c\\udfe6","logger":"a.b"}',
        '{"timestamp":"2023-12-01 14:30:00,123","levelname":"INFO","name":"x","message":"a\\nb","taskName":null}',
    ),
    "otlp logs": (
        '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},"scopeLogs":'
        '[{"scope":{"name":"l"},"logRecords":[{"timeUnixNano":"1701439200123456789","severityNumber":17,"body":'
        '{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"5"}}]}},"attributes":null}]}]}]}',
        '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"observedTimeUnixNano":1701439200123456789,"severityText":"WARN",'
        '"body":{"stringValue":"x"},"traceId":"0af7651916cd43dd8448eb211c80319c","eventName":"e"}]}]}]}',
    ),
    "printed records": (
        '{"body":"x","severity_number":17,"severity_text":"ERROR","attributes":{"exception.type":"E","n":1.50},'
        '"timestamp":"2026-11-23T15:28:55.465549Z","trace_id":"0x2d95b6d397161cb98ad1ae1e3b5a7ae3","trace_flags":3,'
        '"resource":{"attributes":{"service.name":"shop","host.name":"web-1"},"schema_url":""},"event_name":""}',
        '{"body":{"a":[1,null]},"severity_number":null,"attributes":null,"timestamp":null,"event_name":"placed",'
        '"observed_timestamp":"2026-11-23T15:28:55.871160Z","trace_id":"0x00000000000000000000000000000000"}',
    ),
    "plain log": (
        "2023-12-01 14:30:00,123 - bank.db - ERROR - failed",
        "Traceback (most recent call last):",
        '  File "x.py", line 1, in <module>',
        "psycopg.OperationalError: connection failed: é",
        "Dec  1 14:30:00 web-1 app[77]: message",
        '<34>1 2023-12-01T14:30:00.123Z host app 77 ID1 [x a="b"] message',
        "E1201 14:30:00.123456   1 file.go:12] message",
        "[Fri Dec 01 14:30:00.5 2023] [core:error] [pid 1:tid 2] text",
        "2023-12-01T14:30:00.123Z ERROR 12 --- [main] c.e.Foo : text",
    ),
    "otlp document": (
        "{",
        '  "resourceSpans": [',
        '    {"scopeSpans": [{"spans": [{"traceId": "0af7651916cd43dd8448eb211c80319c",',
        '      "spanId": "b7ad6b7169203331", "name": "GET /", "kind": "SPAN_KIND_SERVER",',
        '      "startTimeUnixNano": "1701439200123456789", "endTimeUnixNano": 1701439200140000789,',
        '      "attributes": [{"key": "http.status_code", "value": {"intValue": 503}}], "status": {"code": 2}}]}]}',
        "  ]",
        "}",
    ),
}


@dataclass(frozen=True)
class Seed:
    """A file of a known kind: its name, and its lines without their ends."""

    name: str
    lines: tuple[bytes, ...]


@cache
def seeds() -> tuple[Seed, ...]:
    """List the files to mutate, always in the same order."""
    recorded = [_read(path) for path in sorted(SAMPLES.rglob("*")) if path.suffix not in ("", ".md")]
    evidence = [_read(path) for path in sorted(EVIDENCE.iterdir())]
    written = [Seed(name, tuple(line.encode() for line in lines)) for name, lines in _WRITTEN.items()]
    return (*recorded, *evidence, *written)


def _read(path: Path) -> Seed:
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if path.suffix == ".gz" else raw).splitlines()
    step = max(1, len(lines) // _MOST_LINES)
    return Seed(path.relative_to(TESTS.parent).as_posix(), tuple(lines[::step] if step > 1 else lines))
