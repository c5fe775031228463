"""The laws of loading, tried on broken lines of every format: nothing is lost, and line numbers are right."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import load_samples as made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.evidence.load import load

GOOD = {sample.format: sample.text.splitlines()[-1].encode() for sample in made.SAMPLES}
HEADER = made.PROGRESS.splitlines()[0].encode()
ODD_VALUES = (
    None,
    5,
    -1,
    1.5,
    "text",
    "",
    [],
    {},
    [5],
    True,
    10**30,
    "99999-01-01T00:00:00Z",
    [[]],
    {"a": {}},
)


def cut(rng: random.Random, line: bytes) -> bytes:
    """Cut a line off."""
    return line[: rng.randrange(len(line))]


def wrong_type(rng: random.Random, line: bytes) -> bytes:
    """Put a value of another type somewhere into a JSON line."""
    if not line.startswith(b"{"):
        return line.replace(b"0", b"x", 1)
    whole = json.loads(line)
    places = list(_places(whole))
    holder, key = rng.choice(places)
    holder[key] = rng.choice(ODD_VALUES)
    return json.dumps(whole).encode()


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)


def strange_byte(rng: random.Random, line: bytes) -> bytes:
    """Put a byte into a line that does not belong there."""
    at = rng.randrange(len(line) + 1)
    return line[:at] + bytes([rng.choice([0, 0xFF, 0xC3, 0x0D, 0x0B, 0x22, 0x7D, 0x2C, 0x5C])]) + line[at:]


def twice(rng: random.Random, line: bytes) -> bytes:
    """Give a key twice."""
    places = [at for at in range(len(line)) if line[at : at + 2] == b'{"']
    if not places:
        return line + line
    at = rng.choice(places) + 1
    end = line.index(b'"', at + 1) + 1
    return line[:at] + line[at:end] + b":0," + line[at:]


def deep(_: random.Random, line: bytes) -> bytes:
    """Nest an extra value too deep."""
    return line[:1] + b'"zz":' + b"[" * 100_000 + b"]" * 100_000 + b"," + line[1:]


def huge(_: random.Random, line: bytes) -> bytes:
    """Add a number of five thousand digits."""
    return line[:1] + b'"zz":' + b"9" * 5000 + b"," + line[1:]


def around(_: random.Random, line: bytes) -> bytes:
    """Put white space around a line."""
    return b" \t" + line + b" "


DAMAGE = (cut, wrong_type, strange_byte, twice, deep, huge, around)


def loaded(path: Path) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[int]]:
    """Load without saying anything: sources, rejects, and the lines that made rows."""
    with contextlib.redirect_stderr(io.StringIO()), load(path) as con:
        sources = con.execute("FROM sources").fetchall()
        rejects = con.execute("SELECT * EXCLUDE (source_file) FROM rejects ORDER BY line_number").fetchall()
        table = sources[0][2]
        lines = con.execute(f"SELECT DISTINCT source_line FROM {table} ORDER BY ALL").fetchall()
        return sources, rejects, [line for (line,) in lines]


def check(data: bytes, path: Path) -> None:
    """Hold a file against the laws."""
    path.write_bytes(data)
    sources, rejects, lines = loaded(path)
    (_, _, _, total, good, bad, _) = sources[0]
    physical = data.split(b"\n")
    assert total == sum(bool(line.strip()) for line in physical)
    assert good + bad == total
    starts = [0]
    for line in physical:
        starts.append(starts[-1] + len(line) + 1)
    covered = 0
    for number, offset, reason, raw in rejects:
        assert starts[number - 1] == offset
        kept = raw.split(b"\n")
        expected = [line for line in physical[number - 1 :] if line.strip()][: len(kept)]
        assert kept == [line.removesuffix(b"\r") for line in expected]
        assert reason
        covered += len(kept)
        assert number not in lines
    assert covered == bad
    assert all(physical[line - 1].strip() for line in lines)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", GOOD)
def test_every_line_is_loaded_or_kept(name: str, data: st.DataObject) -> None:
    """Whatever happened to some lines, each is in its table or, with place and bytes, in rejects."""
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    end = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    lines = [GOOD[name]] * 3
    for damage in data.draw(st.lists(st.sampled_from([*DAMAGE, None]), max_size=8)):
        line = GOOD[name] if damage is None else damage(rng, GOOD[name]).replace(b"\n", b"")
        lines += [line, *([b" "] if rng.random() < 0.2 else [])]
    start = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf", b"\n"]))
    whole = start + end.join([HEADER, *lines] if name == "progress" else lines)
    with tempfile.TemporaryDirectory() as folder:
        check(whole + data.draw(st.sampled_from([b"", end])), Path(folder, "file"))


@settings(max_examples=60, deadline=None)
@given(rubbish=st.lists(st.binary(max_size=40) | st.sampled_from(list(GOOD.values())), max_size=12))
def test_rubbish_between_good_lines_is_kept(rubbish: list[bytes]) -> None:
    """Bytes of any kind between good lines of messages never stop or shift them."""
    good = [GOOD["messages"]] * 13
    with tempfile.TemporaryDirectory() as folder:
        check(b"\n".join([*good, *rubbish]), Path(folder, "file"))


BAD_LINES = {
    "app log": [
        made.log_record(timestamp=None),
        made.log_record(timestamp="yesterday"),
        made.log_record(timestamp="2023-02-30T00:00:00Z"),
        made.log_record(timestamp="2023-12-01T14:00:00+99:00"),
        made.log_record(severity_number="high"),
        made.log_record(severity_number=77),
        made.log_record(body=None, severity_text=None, severity_number=None),
        made.log_record(trace_id="0af7"),
        made.log_record(trace_id="z" * 32),
        made.log_record(scope="x"),
        made.log_record(attributes=[1]),
    ],
    "otlp traces": [
        made.batch(made.span(traceId=None)),
        made.batch(made.span(traceId="q" * 32)),
        made.batch(made.span(spanId="0" * 16)),
        made.batch(made.span(name=7)),
        made.batch(made.span(startTimeUnixNano="soon")),
        made.batch(made.span(startTimeUnixNano=None)),
        made.batch(made.span(endTimeUnixNano=0)),
        made.batch(made.span(endTimeUnixNano=2**70)),
        made.batch(made.span(kind=9)),
        made.batch(made.span(kind=[2])),
        made.batch(made.span(status={"code": 7})),
        made.batch(made.span(status="fine")),
        made.batch(made.span(attributes=[5])),
        made.batch(made.span(attributes=[{"value": {"stringValue": "x"}}])),
        made.batch(made.span(attributes=[{"key": "a", "value": 5}])),
        made.batch(made.span(attributes=[{"key": "a", "value": {"oddValue": 5}}])),
        made.batch(made.span(attributes=[made.attribute("a", 5, "boolValue")])),
        made.batch(made.span(attributes=[made.attribute("a", "x", "doubleValue")])),
        made.batch(made.span(attributes=[made.attribute("a", 10**400, "doubleValue")])),
        made.batch(made.span(attributes=[made.attribute("a", 5, "arrayValue")])),
        made.batch(made.span(attributes=[made.attribute("a", 5, "kvlistValue")])),
        made.batch(made.span(attributes=[made.attribute("error.type", True, "boolValue")])),
        made.batch(made.span(), made.span(events="x")),
        {"resourceSpans": None},
        {"resourceSpans": {}},
    ],
    "otlp metrics": [
        made.metrics(made.point(asInt=4)),
        made.metrics(made.point(asDouble=None)),
        made.metrics(made.point(asDouble="fast")),
        made.metrics(made.point(timeUnixNano=None)),
        made.metrics(made.point(), name=None),  # type: ignore[arg-type]
        made.metrics(made.point(), kind="magic"),
        made.metrics(made.point(count=None), kind="histogram"),
        {"resourceMetrics": None},
    ],
    "postgresql jsonlog": [
        {**made.POSTGRES, "timestamp": "2023-12-01 14:00:00.123 PST"},
        {**made.POSTGRES, "error_severity": None},
        {**made.POSTGRES, "pid": "first"},
        {**made.POSTGRES, "message": 5},
    ],
    "deployments": [
        {**made.DEPLOYMENT, "event.name": None},
        {**made.DEPLOYMENT, "attributes": {"config.diff": ["x"]}},
        {**made.DEPLOYMENT, "attributes": {"config.diff": [{"before": "x"}]}},
        {**made.DEPLOYMENT, "attributes": {"service.name": 5}},
    ],
    "messages": [{**made.MESSAGE, "text": None}, {**made.MESSAGE, "author": ["a"]}],
    "access log": [
        "nothing",
        made.ACCESS.replace("Dec", "Dez"),
        made.ACCESS.replace("01/Dec", "31/Feb"),
        made.ACCESS.replace("503", "5x3"),
    ],
    "progress": [
        "2023-12-01T10:00:00Z,60",
        "2023-12-01T10:00:00Z,sixty,40,",
        "2023-12-01T10:00:00Z,,40,",
        '2023-12-01T10:00:00Z,60,40,"x"y',
    ],
}


@pytest.mark.parametrize(
    ("name", "bad"),
    [(name, bad) for name, lines in BAD_LINES.items() for bad in lines],
    ids=lambda value: str(value)[:60],
)
def test_a_value_that_cannot_be_used_rejects_its_line(name: str, bad: Any, tmp_path: Path) -> None:
    """A missing or mistyped value in a known place rejects its line; the lines around it are loaded."""
    line = bad.encode() if isinstance(bad, str) else json.dumps(bad).encode()
    start = [HEADER] if name == "progress" else []
    path = tmp_path / "file"
    path.write_bytes(b"\n".join([*start, GOOD[name], line, GOOD[name]]))
    _, rejects, lines = loaded(path)
    first = len(start) + 1
    assert [(number, raw) for number, _, _, raw in rejects] == [(first + 1, line)]
    assert lines == [first, first + 2]


@pytest.mark.parametrize("name", GOOD)
def test_a_line_of_five_megabytes_is_kept_whole(name: str, tmp_path: Path) -> None:
    """A line of 5 MB of nonsense is one reject of 5 MB."""
    line = b"x" * 5_000_000
    path = tmp_path / "file"
    path.write_bytes(b"\n".join([*([HEADER] if name == "progress" else []), GOOD[name], line, GOOD[name]]))
    _, rejects, lines = loaded(path)
    assert [raw for *_, raw in rejects] == [line]
    assert len(lines) == 2


def test_half_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    """Text that is no Unicode text is rejected although it is written as JSON; a whole pair is fine."""
    path = tmp_path / "file"
    good = json.dumps({**made.MESSAGE, "text": "\U0001f3e6"}).encode()
    path.write_bytes(b"\n".join([good, good, good.replace(b"\\udfe6", b"")]))
    _, rejects, lines = loaded(path)
    assert (lines, [reason for _, _, reason, _ in rejects]) == ([1, 2], ["text with half a surrogate pair"])


def test_an_open_quote_in_csv_costs_only_its_own_line(tmp_path: Path) -> None:
    """A quote that is never closed rejects its line; the snapshots after it are still loaded."""
    row = b"2023-12-02T00:00:00Z,60,41,fine"
    path = tmp_path / "file"
    path.write_bytes(b"\n".join([HEADER, row, b'2023-12-02T00:00:00Z,60,41,"open', row, row]))
    _, rejects, lines = loaded(path)
    assert ([number for number, *_ in rejects], lines) == ([3], [2, 4, 5])


@pytest.mark.parametrize("name", GOOD)
def test_a_cut_off_gzip_of_any_format_loses_nothing(name: str, tmp_path: Path) -> None:
    """Of a damaged gzip file the readable lines are loaded or kept, and the damage is a reject of its own."""
    lines = [*([HEADER] if name == "progress" else []), *[GOOD[name]] * 50]
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(b"\n".join(lines), mtime=0)[:-9])
    sources, rejects, made_rows = loaded(path)
    (_, _, _, total, good, bad, _) = sources[0]
    assert (good + bad, bad) == (total, len(rejects))
    assert "the gzip file is damaged" in rejects[-1][2]
    assert len(made_rows) >= 49


def test_a_quoted_record_that_is_cut_off_with_its_gzip_file_is_kept(tmp_path: Path) -> None:
    """An open quote at the point of damage is a reject beside the damage itself."""
    row = b"2023-12-02T00:00:00Z,60,41,fine"
    path = tmp_path / "file"
    path.write_bytes(
        gzip.compress(b"\n".join([HEADER, row, b'2023-12-02T00:00:00Z,60,41,"open']), mtime=0)[:-9]
    )
    _, rejects, lines = loaded(path)
    assert ([number for number, *_ in rejects], lines) == ([3, 4], [2])


@pytest.mark.parametrize("name", ["access log", "progress"])
def test_invalid_utf_8_is_kept_as_bytes(name: str, tmp_path: Path) -> None:
    """A line of another encoding is rejected with its bytes and the place of the first wrong one."""
    line = GOOD[name].replace(b"0", b"\xe9", 1)
    path = tmp_path / "file"
    path.write_bytes(b"\n".join([*([HEADER] if name == "progress" else []), GOOD[name], line]))
    _, rejects, _ = loaded(path)
    assert [raw for *_, raw in rejects] == [line]
    assert f"invalid UTF-8 at byte {line.index(0xE9)}" in rejects[0][2]


def test_many_large_rejects_are_kept(tmp_path: Path) -> None:
    """Rejects of many megabytes are written in several goes and none is missing."""
    path = tmp_path / "file"
    path.write_bytes(b"\n".join([GOOD["messages"], *[bytes([65 + n]) * 3_000_000 for n in range(7)]]))
    _, rejects, _ = loaded(path)
    assert [(number, raw[:1]) for number, _, _, raw in rejects] == [
        (n + 2, bytes([65 + n])) for n in range(7)
    ]


def test_a_header_of_its_own_order_is_understood(tmp_path: Path) -> None:
    """Columns of the progress file may stand in any order; a line before the header is rejected."""
    path = tmp_path / "file"
    header = b"note,completed_milestones,time_utc,planned_milestones"
    path.write_bytes(b"\n".join([b"a title", header, b"x,40,2023-12-01T10:00:00Z,60"]))
    sources, rejects, lines = loaded(path)
    assert [row[3:] for row in sources] == [(3, 2, 1, 1)]
    assert ([number for number, *_ in rejects], lines) == ([1], [3])
