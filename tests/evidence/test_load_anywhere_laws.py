"""The laws of loading for logs from anywhere: every line counted once, and no line raises."""

from __future__ import annotations

import gzip
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_files import read_bytes

from labkit.evidence.lines import Broken, Line
from labkit.evidence.readers import (
    collected,
    json_log,
    otlp_logs,
    pgbouncer,
    plain_log,
    postgres_csvlog,
    postgres_stderr,
)
from labkit.evidence.readers.reading import Format, Loaded
from labkit.evidence.readers.wrapped import wrapped
from labkit.evidence.readers.wrappers import WRAPPERS

STDERR = [
    b'2023-12-01 14:30:00.123 UTC [7] bank_app@bank ERROR:  relation "x" does not exist at character 15',
    b"2023-12-01 14:30:00.123 UTC [7] bank_app@bank STATEMENT:  SELECT *",
    b"\tFROM x",
    b"2023-12-01 14:30:01 CET:10.0.0.9(41102):app@bank:[812]:LOG:  checkpoint starting: time",
]
CSV = [
    b'2023-12-01 14:30:00.123 UTC,"app","bank",7,"10.0.0.9:41102",6569ee28.7,1,"SELECT",'
    b'2023-12-01 14:29:00 UTC,3/4,0,ERROR,42P01,"relation ""x"" does not exist",,,,,,"SELECT *',
    b'FROM x",15,,"web","client backend",,0',
    b"2023-12-01 14:30:01.000 UTC,,,1,,6569ee28.1,2,,2023-12-01 14:29:00 UTC,,0,LOG,00000,"
    b'"checkpoint starting: time",,,,,,,,,"","checkpointer",,0',
]
TEXT = [
    b"2023-12-01 14:30:00,123 - bank.db - ERROR - failed",
    b"Traceback (most recent call last):",
    b'  File "x.py", line 1',
    b"psycopg.OperationalError: connection failed",
    b"Dec  1 14:30:00 web-1 app[77]: message",
    b"<34>1 2023-12-01T14:30:00.123Z host app 77 ID1 - message",
    b"E1201 14:30:00.123456   1 file.go:12] message",
]
BOUNCER = [
    b"2023-12-01 14:30:00.123 UTC [55] LOG S-0x5: bank/app@10.0.0.2:5433 closing because: connect failed",
    b"2023-12-01 14:30:00.123 UTC [55] WARNING C-0x1: (nodb)/(nouser)@10.0.0.1:5 pooler error: no database",
]
JSON = [
    b'{"level":50,"time":1701439200123,"hostname":"h","name":"app","msg":"m","err":{"stack":"E: x"}}',
    b'{"@timestamp":"2023-12-01T14:30:00Z","log.level":"ERROR","message":"m","error":{"message":"x"}}',
    b'{"ts":"1701439200.5","level":"warn","msg":"m","error":"dial tcp: refused","trace_id":"0af7"}',
]
OTLP = [
    b'{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},'
    b'"scopeLogs":[{"scope":{"name":"l"},"logRecords":[{"timeUnixNano":"1701439200123456789","severityNumber":17,'
    b'"body":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"5"}}]}},"attributes":null}]}]}]}'
]
GOOD: dict[str, tuple[Format, list[bytes]]] = {
    "stderr": (postgres_stderr.FORMAT, STDERR),
    "csvlog": (postgres_csvlog.FORMAT, CSV),
    "text": (plain_log.FORMAT, TEXT),
    "pgbouncer": (pgbouncer.FORMAT, BOUNCER),
    "json": (json_log.FORMAT, JSON),
    "otlp logs": (otlp_logs.FORMAT, OTLP),
    "lines": (collected.FORMAT, TEXT),
}


def docker(line: bytes) -> bytes:
    """Wrap a line as Docker does."""
    text = line.decode("utf-8", "replace") + "\n"
    return json.dumps({"log": text, "stream": "stderr", "time": "2023-12-01T14:30:00.2Z"}).encode()


def cri(line: bytes) -> bytes:
    """Wrap a line as the container runtimes of Kubernetes do, in two pieces."""
    head = b"2023-12-01T14:30:00.123456789Z stderr "
    return head + b"P " + line[:9] + b"\n" + head + b"F " + line[9:]


def google(line: bytes) -> bytes:
    """Wrap a line as Google Cloud Logging does."""
    text = line.decode("utf-8", "replace")
    return json.dumps({"textPayload": text, "timestamp": "2023-12-01T14:30:00Z"}).encode()


COATS = {"docker json-file": docker, "kubernetes cri": cri, "google cloud logging": google}


def lines_of(data: bytes) -> list[Line]:
    """Cut bytes into lines as the loader does."""
    lines, offset = [], 0
    for number, raw in enumerate(data.split(b"\n"), start=1):
        if raw.strip():
            lines.append(Line(number, offset, raw.removesuffix(b"\r")))
        offset += len(raw) + 1
    return lines


def check(form: Format, lines: list[Line]) -> None:
    """Hold a reader against the law: every line is loaded or rejected, once, in the order of the file."""
    given_lines: list[Line | Broken] = [*lines, Broken(10**6, 10**6, "damaged", b"")]
    outcomes = list(form.read(given_lines))
    assert sum(outcome.lines for outcome in outcomes) == len(given_lines)
    numbers = [line.number for line in given_lines]
    seen: list[int] = []
    for outcome in outcomes:
        assert outcome.line in numbers
        seen.append(outcome.line)
        if not isinstance(outcome, Loaded):
            assert outcome.reason
            place = numbers.index(outcome.line)
            assert outcome.offset == given_lines[place].offset
    assert len(seen) == len(set(seen))


def damaged(rng: random.Random, line: bytes) -> bytes:
    """Cut, double, repeat or disturb a line."""
    at = rng.randrange(len(line) + 1)
    return rng.choice(
        [
            line[:at],
            line[at:],
            line[:at] + bytes([rng.choice([0, 9, 10, 0x0D, 0x22, 0x5C, 0x7B, 0xC3, 0xFF])]) + line[at:],
            line + line,
            line[:at] + b"99" + line[at:],
            b"\t" + line,
            b"",
        ]
    )


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[Format, bytes]:
    """Draw a file of some format, wrapped or not, of which some lines are damaged."""
    form, good = GOOD[draw(st.sampled_from(sorted(GOOD)))]
    rng = draw(st.randoms(use_true_random=False))
    coat = draw(st.sampled_from([None, *WRAPPERS]))
    wrap = COATS.get(coat.name, lambda line: line) if coat else lambda line: line
    lines = [rng.choice(good) for _ in range(rng.randrange(1, 12))]
    lines = [wrap(damaged(rng, line) if rng.random() < 0.3 else line) for line in lines]
    lines = [damaged(rng, line) if rng.random() < 0.2 else line for line in lines]
    return (wrapped(coat, form) if coat else form), b"\n".join(lines)


@given(spoiled())
@settings(max_examples=400, deadline=None)
def test_every_line_counts_once(file: tuple[Format, bytes]) -> None:
    """A reader loads or rejects every line of a damaged file once, and raises nothing."""
    form, data = file
    check(form, lines_of(data))


@given(st.sampled_from(sorted(GOOD)), st.binary(max_size=300), st.text(max_size=100))
@settings(max_examples=200, deadline=None)
def test_no_content_raises(name: str, raw: bytes, text: str) -> None:
    """A reader survives bytes of any kind between good lines, its own coat or another's around them."""
    form, good = GOOD[name]
    for wrapper in WRAPPERS:
        check(
            wrapped(wrapper, form), lines_of(b"\n".join([docker(raw), cri(raw), google(text.encode()), raw]))
        )
    check(form, lines_of(b"\n".join([good[0], raw, good[-1], text.encode()])))


@given(spoiled(), st.integers(0, 200))
@settings(max_examples=40, deadline=None)
def test_the_loader_keeps_the_law(file: tuple[Format, bytes], cut: int) -> None:
    """A whole file, packed and cut off or not, loads so that loaded and rejected lines are all lines."""
    _, data = file
    read_bytes(data)
    read_bytes(gzip.compress(data)[: -cut or None])


@pytest.mark.parametrize("name", [name for name in sorted(GOOD) if name != "lines"])
@pytest.mark.parametrize("coat", [None, *COATS])
def test_good_lines_are_recognised_in_every_coat(name: str, coat: str | None) -> None:
    """Good lines of every format load whole, bare and wrapped, and a wrapped file gives the same rows."""
    form, good = GOOD[name]
    bare = read_bytes(b"\n".join(good))
    assert (bare.format, bare.rejects) == (form.name, [])
    if coat:
        if name == "csvlog" and coat == "google cloud logging":
            good = [b"\n".join(good[:2]), good[2]]
        found = read_bytes(b"\n".join(COATS[coat](line) for line in good))
        assert found.format == f"{form.name} in {coat}"
        assert (found.rejects, found.table) == ([], bare.table)
        assert [drop(row) for row in found.rows] == [drop(row) for row in bare.rows]


def drop(row: dict[str, object]) -> dict[str, object]:
    """Leave out where a row stood."""
    return {key: value for key, value in row.items() if key not in ("source_line", "source_file")}
