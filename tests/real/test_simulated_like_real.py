"""What is simulated looks like what the real programs write: names, order, types and messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_recording import Recorded

from labkit.simulation.generate import generate

pytestmark = pytest.mark.server

Json = dict[str, Any]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate a small seed incident."""
    folder = tmp_path_factory.mktemp("simulated")
    generate("debacle", seed=7, out=folder, scale=0.1)
    return folder


def records(file: Path) -> Iterator[Json]:
    for line in file.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def shape(message: str) -> str:
    """Leave of a message what does not differ from case to case."""
    message = re.sub(r"\(/[^)]*pg_hba\.conf:\d+\)", "(HBA)", message)
    message = re.sub(r" \(0x[0-9A-F]+/\d+\)", "", message)  # Windows adds its own number of an error
    message = re.sub(r"\d+(\.\d+)*", "N", message)
    return re.sub(r"'pool-N'", "'POOL'", message)


def shapes(file: Path) -> dict[tuple[str, str], set[tuple[str, ...]]]:
    """Collect the key orders of each kind of record of a client's life."""
    found: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for record in records(file):
        if record.get("user", "bank_app") == "bank_app" and "remote_host" in record:
            found.setdefault((record["error_severity"], shape(record["message"])), set()).add(tuple(record))
    return found


def spans(file: Path, kind: int) -> Iterator[Json]:
    for batch in records(file):
        for resource in batch["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                yield from (
                    span | {"scope": scope["scope"]["name"]}
                    for span in scope["spans"]
                    if span["kind"] == kind
                )


def attribute_types(span: Json) -> set[tuple[str, str]]:
    return {(entry["key"], next(iter(entry["value"]))) for entry in span["attributes"]}


def test_the_life_of_a_connection_reads_the_same(recorded: Recorded, simulated: Path) -> None:
    """Connecting, logging in and leaving make the same records with the same keys in the same order."""
    real, made = shapes(recorded.jsonlog), shapes(simulated / "postgresql.json")
    life = [
        ("LOG", "connection received: host=N port=N"),
        ("LOG", 'connection authenticated: identity="bank_app" method=scram-sha-N (HBA)'),
        ("LOG", "connection authorized: user=bank_app database=bank application_name=bank-web"),
        ("LOG", "disconnection: session time: N:N:N user=bank_app database=bank host=N port=N"),
    ]
    assert [made.get(kind) for kind in life] == [real.get(kind) for kind in life]
    assert all(kind in real for kind in life)


def test_query_spans_have_what_the_real_ones_have(recorded: Recorded, simulated: Path) -> None:
    """Simulated query spans name the same instrumentation and carry its attributes with the same types."""
    real = [span for span in spans(recorded.traces, 3) if not span["status"]]
    made = [span for span in spans(simulated / "traces.otlp.jsonl", 3) if not span["status"]]
    assert {span["scope"] for span in made} == {span["scope"] for span in real}
    needed = set.intersection(*(attribute_types(span) for span in real))
    assert all(needed <= attribute_types(span) for span in made)
    assert {type(span["startTimeUnixNano"]) for span in made} == {
        type(span["startTimeUnixNano"]) for span in real
    }
    assert {tuple(key for key in span if key != "flags") for span in real} == {tuple(span) for span in made}


def test_requests_without_a_connection_fail_alike(recorded: Recorded, simulated: Path) -> None:
    """A request that gets no connection ends with the same error class and answer, and has no child."""

    def ends(file: Path) -> set[tuple[str, str, int]]:
        parents = {span["parentSpanId"] for span in spans(file, 3)}
        return {
            (values["error.type"], values["http.response.status_code"], span["status"]["code"])
            for span in spans(file, 2)
            for values in [
                {entry["key"]: next(iter(entry["value"].values())) for entry in span["attributes"]}
            ]
            if "PoolTimeout" in values.get("error.type", "") and span["spanId"] not in parents
        }

    assert (
        ends(simulated / "traces.otlp.jsonl")
        == ends(recorded.traces)
        == {("psycopg_pool.PoolTimeout", "503", 2)}
    )


def test_the_pool_says_the_same_of_a_wrong_port(recorded: Recorded, simulated: Path) -> None:
    """The few warnings that name the cause have the words of the real pool, line break and tab included."""
    made = {
        shape(record["body"])
        for record in records(simulated / "app.log.jsonl")
        if record["scope"]["name"] == "psycopg.pool" and record["body"].startswith("error connecting")
    }
    real = {shape(text) for text in recorded.pool_warnings if "Connection refused" in text}
    assert len(real) == 1
    assert made == real
