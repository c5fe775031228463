"""The fast way of loading spans: it says the same as the strict reader, line by line."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import io
import itertools
import json
from pathlib import Path
from typing import Any

import load_samples as made
import pytest
import span_files

from labkit.evidence import fast, fast_spans, span_insert, span_pieces
from labkit.evidence import load as module
from labkit.evidence.fast import Fast, Into
from labkit.evidence.load import load
from labkit.evidence.span_insert import Made, Way

Tables = tuple[list[tuple[Any, ...]], ...]


def tables(path: Path, monkeypatch: pytest.MonkeyPatch, *, fast: bool) -> Tables:
    """Load one way and give spans (JSON in one spelling), rejects and sources."""
    monkeypatch.setattr(module, "FAST_FROM_BYTES", 0 if fast else 1 << 60)
    with contextlib.redirect_stderr(io.StringIO()), load(path) as con:
        spans = con.execute("SELECT * EXCLUDE (attributes, events), attributes, events FROM spans").fetchall()
        spelled = [(*row[:-2], *(_spelled(value) for value in row[-2:])) for row in spans]
        return (
            sorted(spelled, key=repr),
            con.execute("FROM rejects ORDER BY ALL").fetchall(),
            con.execute("FROM sources").fetchall(),
        )


def _spelled(value: str | None) -> str | None:
    return None if value is None else json.dumps(json.loads(value), sort_keys=True)


@pytest.fixture
def fast_results(monkeypatch: pytest.MonkeyPatch) -> list[Fast]:
    """What the fast way gave, each time it was used."""
    seen: list[Fast] = []

    def spy(*arguments: Any) -> Fast:
        seen.append(fast_spans.load_spans(*arguments))
        return seen[-1]

    monkeypatch.setattr(module, "load_spans", spy)
    return seen


@pytest.mark.parametrize("shares", list(itertools.product([0.0, 0.1, 0.6], [0.0, 0.01, 0.1])), ids=str)
@pytest.mark.parametrize("seed", [1, 2])
def test_fast_and_strict_agree(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fast_results: list[Fast],
    shares: tuple[float, float],
    seed: int,
) -> None:
    """Both ways give the same rows, rejects and counts for varied and damaged files."""
    path, (damaged, odd) = tmp_path / "spans", shares
    blank = 0.1 if seed % 2 else 0.0
    path.write_bytes(span_files.make(seed, lines=60, damaged=damaged, odd=odd, blank=blank))
    assert tables(path, monkeypatch, fast=True) == tables(path, monkeypatch, fast=False)
    assert len(fast_results) == 1
    if not damaged and not odd:
        (result,) = fast_results
        assert result.lines > 5


def test_events_and_values_of_every_kind_take_the_fast_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_results: list[Fast]
) -> None:
    """Events as the real SDK writes them, and values of every kind, leave no line to the strict reader."""
    error = [
        made.attribute("exception.type", "psycopg.OperationalError"),
        made.attribute("exception.stacktrace", 'File "a","b"\n\té'),
        {"key": "exception.escaped", "value": {"boolValue": False}},
    ]
    times: tuple[Any, ...] = ("1701439200123456789", 1701439200000000000, "1701439200000001999")
    events = [{"timeUnixNano": time, "name": "exception", "attributes": error} for time in times]
    mapped = {"kvlistValue": {"values": [{"key": 'k"é', "value": value} for value in span_files.PLAIN[:1]]}}
    values = [*span_files.PLAIN, {"arrayValue": {"values": list(span_files.PLAIN)}}, mapped]
    kinds = [{"key": f"x.{number}", "value": value} for number, value in enumerate(values)]
    spans = [
        made.span(events=events),
        made.span(events=events[:1]),
        made.span(events=[]),
        made.span(events=[{"timeUnixNano": times[0]}]),
        made.span(attributes=kinds),
    ]
    path = tmp_path / "spans [1]"
    path.write_text("\n".join(made.dumps(made.batch(span)) for span in spans), encoding="utf-8")
    found = tables(path, monkeypatch, fast=True)
    assert fast_results == [Fast(5, 5)]
    assert found == tables(path, monkeypatch, fast=False)
    assert sum(row[-1] is not None for row in found[0]) == 3


def test_spans_under_the_name_of_before_stand_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_results: list[Fast]
) -> None:
    """A batch that names libraries as OTLP did before 0.19, alone or beside scopes, loses no span."""
    older = [{"instrumentationLibrary": {"name": "x"}, "spans": [made.span(spanId="00000000000000ab")]}]
    both, alone = made.batch(made.span()), made.batch(made.span())
    both["resourceSpans"][0]["instrumentationLibrarySpans"] = older
    alone["resourceSpans"][0] = {"instrumentationLibrarySpans": older}
    path = tmp_path / "spans"
    lines = [made.dumps(batch) for batch in (made.batch(made.span()), both, alone)]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = tables(path, monkeypatch, fast=True)
    assert fast_results == [Fast(1, 1, frozenset({2, 3}))]
    assert found == tables(path, monkeypatch, fast=False)
    assert len(found[0]) == 4


def test_events_are_judged_strictly_where_errors_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_results: list[Fast]
) -> None:
    """Beside a value of a wrong type, spans with events go to the strict reader, and only they."""
    event = {"timeUnixNano": "1701439200123456789", "name": "exception"}
    spans = [
        made.span(),
        made.span(events=[event]),
        made.span(events={}),
        made.span(attributes=5),
        made.span(events=[]),
    ]
    path = tmp_path / "spans"
    path.write_text("\n".join(made.dumps(made.batch(span)) for span in spans), encoding="utf-8")
    found = tables(path, monkeypatch, fast=True)
    assert fast_results == [Fast(2, 2, frozenset({2, 3, 4}))]
    assert found == tables(path, monkeypatch, fast=False)


def test_keys_given_twice_are_found_in_small_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines with a key given twice are rejected wherever they stand among broken and good ones."""
    monkeypatch.setattr(span_pieces, "_PIECE", 20_000)
    monkeypatch.setattr(span_pieces, "_SMALLER", (4000, 1500))
    good = made.dumps(made.batch(made.span()))
    lines = [good] * 60
    lines[7] = lines[7].replace('"kind"', '"name": "dup", "kind"')
    lines[33] = lines[33].replace('"spans"', '"spans": [], "spans"')
    lines[50] = lines[50][:100]
    path = tmp_path / "spans"
    path.write_text("\n".join(lines), encoding="utf-8")
    spans, rejects, sources = tables(path, monkeypatch, fast=True)
    assert [(line, reason[:8]) for _, line, _, reason, _ in rejects] == [
        (8, "key give"),
        (34, "key give"),
        (51, "not JSON"),
    ]
    assert [row[3:] for row in sources] == [(60, 57, 3, 57)]
    assert (spans, rejects, sources) == tables(path, monkeypatch, fast=False)


@pytest.mark.parametrize("indent", [None, 1])
def test_packed_files_and_documents_take_the_fast_way_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indent: int | None
) -> None:
    """A gzip file of lines and a pretty-printed document give the same as the strict reader."""
    text = json.dumps(made.batch(made.span(), made.span(spanId="00000000000000ab")), indent=indent)
    path = tmp_path / "spans"
    path.write_bytes(gzip.compress(f"{text}\n{text}\n".encode(), mtime=0))
    found = tables(path, monkeypatch, fast=True)
    assert found == tables(path, monkeypatch, fast=False)
    assert len(found[0]) == 4


def test_a_byte_order_mark_and_carriage_returns_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file written on Windows gives the same as the strict reader, every line loaded."""
    line = made.dumps(made.batch(made.span()))
    path = tmp_path / "spans"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([line] * 5).encode() + b"\r\n")
    found = tables(path, monkeypatch, fast=True)
    assert found == tables(path, monkeypatch, fast=False)
    assert found[2] == [("spans", "otlp traces", "spans", 5, 5, 0, 5)]


def test_only_a_line_longer_than_duckdb_takes_goes_to_the_strict_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_results: list[Fast]
) -> None:
    """A file with a line that DuckDB's reader refuses keeps all its lines, the others loaded fast."""
    long = made.dumps(made.batch(made.span(name="n" * 40_000_000)))
    path = tmp_path / "spans"
    path.write_text("\n".join([made.dumps(made.batch(made.span()))] * 3 + [long]), encoding="utf-8")
    _, _, sources = tables(path, monkeypatch, fast=True)
    assert fast_results == [Fast(3, 3, frozenset({4}))]
    assert sources == [("spans", "otlp traces", "spans", 4, 4, 0, 4)]


def test_a_file_whose_lines_do_not_add_up_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_results: list[Fast]
) -> None:
    """Where DuckDB saw another number of lines than there are, its rows are taken back and made anew."""
    path = tmp_path / "spans"
    path.write_text("\n".join([made.dumps(made.batch(made.span()))] * 9), encoding="utf-8")
    monkeypatch.setattr(fast_spans, "count_lines", lambda _: 8)
    monkeypatch.setattr(fast_spans, "read_lines", lambda _: iter(()))
    _, _, sources = tables(path, monkeypatch, fast=True)
    assert fast_results == [Fast(9, 9)]
    assert sources == [("spans", "otlp traces", "spans", 9, 9, 0, 9)]


def test_a_piece_whose_lines_do_not_add_up_goes_to_the_strict_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_results: list[Fast]
) -> None:
    """Where the lines of a piece cannot be counted right, all of them are judged strictly, none twice."""

    def one_too_many(into: Into, path: Path, way: Way) -> Made | None:
        found = span_insert.insert(into, path, way)
        return None if found is None else dataclasses.replace(found, lines=found.lines + 1)

    path = tmp_path / "spans"
    good = made.dumps(made.batch(made.span()))
    path.write_text("\n".join([good[:90]] + [good] * 9), encoding="utf-8")
    monkeypatch.setattr(span_pieces, "insert", one_too_many)
    _, _, sources = tables(path, monkeypatch, fast=True)
    assert fast_results == [Fast(0, 0, frozenset(range(1, 11)))]
    assert sources == [("spans", "otlp traces", "spans", 10, 9, 1, 9)]


@pytest.mark.parametrize("packed", [False, True])
def test_lines_that_are_cut_off_cost_only_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_results: list[Fast], packed: bool
) -> None:
    """Of a file with cut-off lines, a packed one cut off itself too, only these go to the strict reader."""
    monkeypatch.setattr(span_pieces, "_PIECE", 5000)
    good = made.dumps(made.batch(made.span()))
    lines = [good.encode()] * 40
    lines[3], lines[20], lines[31] = lines[3][:50], b'{"resourceSpans":[{}', lines[31][:-1]
    whole = b"\n".join(lines)
    path = tmp_path / "spans"
    path.write_bytes(gzip.compress(whole)[:-6] if packed else whole)
    found = tables(path, monkeypatch, fast=True)
    (result,) = fast_results
    assert result.doubted == {4, 21, 32, 41} if packed else result.doubted == {4, 21, 32}
    assert result.lines == result.rows == 37
    assert found == tables(path, monkeypatch, fast=False)


def test_an_interrupt_while_duckdb_reads_stops_the_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C during a long statement ends it at once and leaves no database."""
    told: list[float] = []

    def interrupted(done: int, total: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "FAST_FROM_BYTES", 0)
    monkeypatch.setattr(fast, "_POLL_SECONDS", 0.001)
    path = tmp_path / "spans"
    path.write_text((made.dumps(made.batch(made.span())) + "\n") * 5000, encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        load(path, tmp_path / "out.duckdb", progress=interrupted)
    assert len(told) == 1
    assert [left.name for left in tmp_path.iterdir()] == ["spans"]


def test_progress_is_told_while_duckdb_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The callback hears of DuckDB's own progress during one long statement."""
    monkeypatch.setattr(module, "FAST_FROM_BYTES", 0)
    monkeypatch.setattr(fast, "_POLL_SECONDS", 0.001)
    path = tmp_path / "spans"
    path.write_text((made.dumps(made.batch(made.span())) + "\n") * 5000, encoding="utf-8")
    seen: list[tuple[int, int]] = []
    load(path, progress=lambda done, total: seen.append((done, total))).close()
    size = path.stat().st_size
    assert len(seen) > 2
    assert all(0 <= done <= total == size for done, total in seen)
    assert seen[-1] == (size, size)
