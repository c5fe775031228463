"""The fast way of loading spans: it says the same as the strict reader, line by line."""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import json
from pathlib import Path
from typing import Any

import load_samples as made
import pytest
import span_files

from labkit.evidence import fast_spans
from labkit.evidence import load as module
from labkit.evidence.fast_spans import Fast
from labkit.evidence.load import load

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
def fast_results(monkeypatch: pytest.MonkeyPatch) -> list[Fast | None]:
    """What the fast way gave, each time it was used."""
    seen: list[Fast | None] = []

    def spy(*arguments: Any) -> Fast | None:
        seen.append(fast_spans.load_spans(*arguments))
        return seen[-1]

    monkeypatch.setattr(module, "load_spans", spy)
    return seen


@pytest.mark.parametrize("shares", list(itertools.product([0.0, 0.1, 0.6], [0.0, 0.01, 0.1])), ids=str)
@pytest.mark.parametrize("seed", [1, 2])
def test_fast_and_strict_agree(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fast_results: list[Fast | None],
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
        assert result is not None
        assert result.lines > 10


def test_keys_given_twice_are_found_in_small_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines with a key given twice are rejected wherever they stand among broken and good ones."""
    monkeypatch.setattr(fast_spans, "_PIECES", (4000, 1500))
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


def test_a_line_longer_than_duckdb_takes_goes_to_the_strict_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_results: list[Fast | None]
) -> None:
    """A file that DuckDB's reader refuses as a whole is loaded strictly, and nothing is there twice."""
    long = made.dumps(made.batch(made.span(name="n" * 40_000_000)))
    path = tmp_path / "spans"
    path.write_text("\n".join([made.dumps(made.batch(made.span()))] * 3 + [long]), encoding="utf-8")
    _, _, sources = tables(path, monkeypatch, fast=True)
    assert fast_results == [None]
    assert sources == [("spans", "otlp traces", "spans", 4, 4, 0, 4)]


def test_lines_that_do_not_add_up_go_to_the_strict_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_results: list[Fast | None]
) -> None:
    """Where DuckDB saw another number of lines than there are, its rows are taken back."""
    path = tmp_path / "spans"
    path.write_text("\n".join([made.dumps(made.batch(made.span()))] * 9), encoding="utf-8")
    monkeypatch.setattr(fast_spans, "count_lines", lambda _: 8)
    monkeypatch.setattr(fast_spans, "read_lines", lambda _: iter(()))
    _, _, sources = tables(path, monkeypatch, fast=True)
    assert fast_results == [None]
    assert sources == [("spans", "otlp traces", "spans", 9, 9, 0, 9)]


def test_an_interrupt_while_duckdb_reads_stops_the_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C during a long statement ends it at once and leaves no database."""
    told: list[float] = []

    def interrupted(done: int, total: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "FAST_FROM_BYTES", 0)
    monkeypatch.setattr(fast_spans, "_POLL_SECONDS", 0.001)
    path = tmp_path / "spans"
    path.write_text((made.dumps(made.batch(made.span())) + "\n") * 5000, encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        load(path, tmp_path / "out.duckdb", progress=interrupted)
    assert len(told) == 1
    assert [left.name for left in tmp_path.iterdir()] == ["spans"]


def test_progress_is_told_while_duckdb_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The callback hears of DuckDB's own progress during one long statement."""
    monkeypatch.setattr(module, "FAST_FROM_BYTES", 0)
    monkeypatch.setattr(fast_spans, "_POLL_SECONDS", 0.001)
    path = tmp_path / "spans"
    path.write_text((made.dumps(made.batch(made.span())) + "\n") * 5000, encoding="utf-8")
    seen: list[tuple[int, int]] = []
    load(path, progress=lambda done, total: seen.append((done, total))).close()
    size = path.stat().st_size
    assert len(seen) > 2
    assert all(0 <= done <= total == size for done, total in seen)
    assert seen[-1] == (size, size)
