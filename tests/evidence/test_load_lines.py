"""The fast way of loading lines of text: it says the same as the strict reader, line by line."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import duckdb
import load_samples as made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.core.errors import LabError
from labkit.evidence import fast_lines
from labkit.evidence import load as module
from labkit.evidence.fast import Fast
from labkit.evidence.fast_lines import LineFormat
from labkit.evidence.json_shapes import SEPARATOR, shape_of
from labkit.evidence.load import load

ACCESS = [
    made.ACCESS.replace('\\"', "'"),
    '::1 - - [29/Feb/2024:23:59:59 -0730] "GET /a?b=[1] HTTP/2.0" 200 - "-" "x [y] \\x22" "more" 0.5',
    '10.0.0.9 id some user [01/Jan/2023:00:00:00 +1400] "POST /x HTTP/1.1" 007 12',
]
APP = [
    made.log_record(attributes={}),
    made.log_record(scope=None, attributes=None, trace_id="0" * 32, more={"a": [1, "x"]}, nothing=None),
    made.log_record(
        body='q"\\ é 𝄞',
        resource={"attributes": {"service.name": "s", "x": 1.5}, "schema_url": ""},
        trace_id="0x" + "AB" * 16,
        attributes={"exception.stacktrace": "a\n\tb", "n": -1e-7, "list": [True, None]},
    ),
]
POSTGRES = [made.POSTGRES, {**made.POSTGRES, "ps": 'x"y', "txid": 0, "func_name": None, "query_id": -(2**62)}]
JSON = [
    {
        "ts": 1701439200.4516463,
        "level": "info",
        "msg": "é",
        "logger": "a.b",
        "tags": ["x"],
        "n": None,
        "o": {},
    },
    {"time": 1701439200123, "level": 50, "msg": "m", "error": "dial tcp: refused", "req": {"id": 1}},
    {
        "@timestamp": "2023-12-01T14:30:00.123456789+01:30",
        "severity": "WARN",
        "message": "",
        "trace_id": "0" * 32,
    },
    {
        "timestamp": "2023-12-01 14:30:00,5",
        "levelname": "Odd",
        "event": "x",
        "span_id": "ab" * 8,
        "host": "h",
    },
]
GOOD: dict[str, list[str]] = {
    "access log": ACCESS,
    "app log": [made.dumps(record) for record in APP],
    "postgresql jsonlog": [made.dumps(record) for record in POSTGRES],
    "json log": [made.dumps(record) for record in JSON],
}
Tables = list[list[Any]]


@pytest.fixture
def fast_results(monkeypatch: pytest.MonkeyPatch) -> list[Fast]:
    """What the fast way gave, each time it was used."""
    seen: list[Fast] = []

    def spy(*arguments: Any) -> Fast:
        seen.append(fast_lines.load_lines(*arguments))
        return seen[-1]

    monkeypatch.setattr(module, "load_lines", spy)
    return seen


def tables(path: Path, *, fast: bool) -> Tables:
    """Load one way and give rows (JSON in one spelling), rejects and sources."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FAST_FROM_BYTES", 0 if fast else 1 << 60)
        con = load(path)
    with con:
        (table,) = con.execute("SELECT table_name FROM sources").fetchall()[0]
        order = "source_line" if table else "1"
        rows = con.execute(f"FROM {table or 'rejects'} ORDER BY {order}")
        places = [place for place, column in enumerate(rows.description) if column[0] == "attributes"]
        found = [[_spelled(v) if at in places else v for at, v in enumerate(row)] for row in rows.fetchall()]
        return [
            found,
            con.execute("FROM rejects ORDER BY ALL").fetchall(),
            con.execute("FROM sources").fetchall(),
        ]


def _spelled(value: str | None) -> str | None:
    return None if value is None else json.dumps(json.loads(value), sort_keys=True)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_usual_lines_take_the_fast_way(tmp_path: Path, fast_results: list[Fast], name: str, end: str) -> None:
    """Lines as programs usually write them load fast and say the same; the name of the file is no pattern."""
    path = tmp_path / "file [1]"
    path.write_bytes(end.join(GOOD[name]).encode() + end.encode())
    found = tables(path, fast=True)
    assert fast_results == [Fast(len(GOOD[name]), len(GOOD[name]))]
    assert found == tables(path, fast=False)
    assert found[2][0][1] == name


ODD = {
    "access log": [
        made.ACCESS,
        made.ACCESS.replace("Dec", "Dez"),
        ACCESS[0].replace("01/Dec", "31/Feb"),
        ACCESS[0].replace("198.51.100.7", "bank.example:80 198.51.100.7"),
        ACCESS[0].replace("GET ", ""),
        ACCESS[0].replace(" HTTP/1.1", ""),
        ACCESS[0] + ' "',
    ],
    "app log": [
        made.dumps(made.log_record(body={"a": 1})),
        made.dumps(made.log_record(timestamp=None, observed_timestamp="2023-12-01T14:05:09Z")),
        made.dumps(made.log_record(severity_number="9")),
        made.dumps(made.log_record(attributes={"a": {"b": {"c": 1}}})),
        made.dumps(made.log_record()).replace('"body"', '"severity_text": "x", "body"'),
        made.dumps(made.log_record())[:-1] + ",}",
        made.dumps(made.log_record(resource={"thread": 1})),
        made.dumps(made.log_record(x="nul\0")),
    ],
    "postgresql jsonlog": [
        made.dumps({**made.POSTGRES, "pid": "4711"}),
        made.dumps({**made.POSTGRES, "timestamp": "2023-12-01 14:00:00.123 CET"}),
        made.dumps({**made.POSTGRES, "x": float("inf")}),
    ],
    "json log": [
        '{"ts":"2023-12-01T14:30:00Z","time":1701439200,"msg":"x"}',
        '{"ts":17,"msg":"x"}',
        '{"msg":"x"}',
        '{"ts":1701439200,"level":"7","msg":"x"}',
        '{"ts":1701439200,"msg":"x","stack":"E: x"}',
        '{"ts":1701439200,"msg":"x","log":{"logger":"y"}}',
        '{"ts":1701439200,"msg":"x","error":"a\\nb"}',
        '{"ts":1701439200,"msg":5,"level":"Ä"}',
        '{"ts":1701439200,"msg":"x","a\\u001fb":1}',
    ],
}


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in ODD.items() for line in lines])
def test_odd_lines_go_to_the_strict_reader(
    tmp_path: Path, fast_results: list[Fast], name: str, line: str
) -> None:
    """A line that could be read in another way is judged strictly, and only that line."""
    path = tmp_path / "file"
    path.write_text("\n".join([*GOOD[name] * 2, line, "", *GOOD[name]]), encoding="utf-8")
    found = tables(path, fast=True)
    place = 2 * len(GOOD[name]) + 1
    assert fast_results == [Fast(3 * len(GOOD[name]), 3 * len(GOOD[name]), frozenset({place, place + 1}))]
    assert found == tables(path, fast=False)


@pytest.mark.parametrize("name", GOOD)
def test_lines_that_are_no_text_cost_only_themselves(
    tmp_path: Path, fast_results: list[Fast], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that are no text, a zero and a lone carriage return leave the other lines to the fast way."""
    monkeypatch.setattr(fast_lines, "_PIECE", 5)
    good = [line.encode() for line in GOOD[name] * 5]
    odd = [b"\xff" + good[0], good[0] + b"\r\r", b"a\x01b", b"a\0b"]
    path = tmp_path / "file"
    path.write_bytes(b"\n".join([*good, *odd, b"", *good]))
    found = tables(path, fast=True)
    place = len(good) + 1
    assert fast_results == [Fast(2 * len(good), 2 * len(good), frozenset(range(place, place + 5)))]
    assert found == tables(path, fast=False)


def test_a_piece_that_cannot_be_read_goes_to_the_strict_reader(
    tmp_path: Path, fast_results: list[Fast], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where DuckDB refuses a piece after all, its lines are judged strictly, none twice."""
    monkeypatch.setattr(fast_lines, "_is_plain", lambda _: True)
    path = tmp_path / "file"
    path.write_bytes("\n".join(ACCESS).encode() + b"\n\xff")
    found = tables(path, fast=True)
    assert fast_results == [Fast(0, 0, frozenset({1, 2, 3, 4}))]
    assert found == tables(path, fast=False)


@pytest.mark.parametrize("damage", ["none", "cut", "checksum"])
def test_packed_files_say_the_same(tmp_path: Path, fast_results: list[Fast], damage: str) -> None:
    """A packed file loads as its text does; of a damaged one the damage is a reject of its own."""
    data = gzip.compress("\n".join(GOOD["json log"] * 40).encode(), mtime=0)
    cut = {"none": data, "cut": data[:-9], "checksum": data[:-8] + b"xxxx" + data[-4:]}[damage]
    path = tmp_path / "file"
    path.write_bytes(cut)
    found = tables(path, fast=True)
    assert found == tables(path, fast=False)
    assert len(fast_results[0].doubted) == (damage != "none") * len(found[1])


def test_a_statement_that_is_wrong_is_no_verdict_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in a statement of ours is raised, not taken for a file that cannot be read."""
    monkeypatch.setattr(fast_lines, "sql_of", lambda name: "SELECT nosuch")
    path = tmp_path / "file"
    path.write_text("\n".join(ACCESS), encoding="utf-8")
    monkeypatch.setitem(fast_lines.LINE_FORMATS, "access log", LineFormat("access", "nosuch"))
    with pytest.raises(LabError, match="nosuch") as raised:
        tables(path, fast=True)
    assert isinstance(raised.value.__cause__, duckdb.BinderException)


def test_sets_of_keys_that_can_be_read_in_two_ways_have_no_shape() -> None:
    """Two names for one column, keys given twice, and names of exceptions are left to the strict reader."""
    for keys in (
        ["ts", "time", "msg"],
        ["ts", "ts"],
        ["ts", "stack"],
        ["msg"],
        ["ts"],
        ["ts", f"msg{SEPARATOR}"],
    ):
        assert shape_of(keys) is None
    shape = shape_of(["host", "log", "ts", "error"])
    assert shape is not None
    assert (shape.rest, shape.flat, shape.columns["error"]) == ([2], [2], 4)


def _damaged(rng: random.Random, line: bytes) -> bytes:
    at = rng.randrange(len(line) + 1)
    sign = bytes([rng.choice(b'"\\{}[],: \t0-9.eZ+\r\x00\xff\xc3')])
    return rng.choice(
        [
            line[:at] + sign + line[at:],
            line[:at] + line[at + 1 :],
            line[:at],
            line[:at] + sign + line[at + 1 :],
        ]
    )


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.05, 0.5]))
def test_fast_and_strict_agree_on_damaged_lines(
    tmp_path_factory: pytest.TempPathFactory, name: str, seed: int, share: float
) -> None:
    """Both ways give the same rows, rejects and counts, whatever became of some lines."""
    rng = random.Random(seed)
    lines = [rng.choice(GOOD[name]).encode() for _ in range(40)]
    lines = [_damaged(rng, line) if rng.random() < share else line for line in lines]
    path = tmp_path_factory.mktemp("damaged") / "file"
    path.write_bytes(b"\n".join([*(line.encode() for line in GOOD[name] * 3), *lines]))
    assert tables(path, fast=True) == tables(path, fast=False)
