"""Tell the format of a file by what stands in it; names and endings are not looked at."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

from labkit.evidence.lines import Line, read_lines
from labkit.evidence.readers import (
    access_log,
    app_log,
    deployments,
    messages,
    otlp_metrics,
    otlp_traces,
    postgres_jsonlog,
    progress_csv,
)
from labkit.evidence.readers.reading import Format
from labkit.evidence.strict import JsonObject, Unusable, parse_object

FORMATS: tuple[Format, ...] = (
    app_log.FORMAT,
    otlp_traces.FORMAT,
    postgres_jsonlog.FORMAT,
    access_log.FORMAT,
    otlp_metrics.FORMAT,
    deployments.FORMAT,
    messages.FORMAT,
    progress_csv.FORMAT,
)
_SAMPLE_LINES = 100
_LOOKED_AT = 8


def recognise(path: Path) -> Format | None:
    """Name the format that most of the first hundred lines have, or none.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "misleading.csv"
    ...     said = '{"timestamp":"2023-12-01T14:45:10Z","channel":"chat","author":"user","text":"down?"}'
    ...     _ = path.write_text(said, encoding="utf-8")
    ...     print(recognise(path).name)
    messages
    """
    votes: Counter[str] = Counter()
    for line in islice(read_lines(path), _SAMPLE_LINES):
        if isinstance(line, Line):
            votes.update(_votes(line))
    return next((f for f in FORMATS if f.name == votes.most_common(1)[0][0]), None) if votes else None


def _votes(line: Line) -> list[str]:
    record = _record(line.content)
    return [f.name for f in FORMATS if f.looks_like(line.content, record)]


def _record(raw: bytes) -> JsonObject | None:
    try:
        return parse_object(raw) if raw.lstrip().startswith(b"{") else None
    except Unusable:
        return None


def describe_content(path: Path) -> str:
    """Say in a few words what a file that was not recognised looks like."""
    start = list(islice(read_lines(path), _LOOKED_AT))
    if not start:
        return "an empty file"
    lines = [line for line in start if isinstance(line, Line)]
    if not lines:
        return "damaged: it starts like a gzip file but cannot be unpacked"
    if _is_binary(b"\n".join(line.raw[:4096] for line in lines)):
        return "a binary file"
    return f"text that starts with {lines[0].content[:60].decode('utf-8', 'replace')!r}"


def _is_binary(start: bytes) -> bool:
    odd = sum(byte < 9 or 13 < byte < 32 for byte in start)
    return 0 in start or odd * 20 > len(start)
