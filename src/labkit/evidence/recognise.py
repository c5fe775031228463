"""Tell the format of a file by what stands in it; names and endings are not looked at."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import islice
from pathlib import Path

from labkit.evidence.lines import Line, packing_of, read_lines
from labkit.evidence.readers import (
    access_log,
    app_log,
    deployments,
    json_log,
    messages,
    otlp_logs,
    otlp_metrics,
    otlp_traces,
    pgbouncer,
    plain_log,
    postgres_csvlog,
    postgres_jsonlog,
    postgres_stderr,
    progress_csv,
)
from labkit.evidence.readers.reading import Format
from labkit.evidence.readers.wrapped import carried_by, wrapped
from labkit.evidence.readers.wrappers import WRAPPERS
from labkit.evidence.strict import JsonObject, Unusable, parse_object

#: In the order of precedence: where as many lines look like two formats, the first one counts.
FORMATS: tuple[Format, ...] = (
    app_log.FORMAT,
    otlp_traces.FORMAT,
    postgres_jsonlog.FORMAT,
    postgres_csvlog.FORMAT,
    postgres_stderr.FORMAT,
    access_log.FORMAT,
    otlp_logs.FORMAT,
    otlp_metrics.FORMAT,
    deployments.FORMAT,
    messages.FORMAT,
    progress_csv.FORMAT,
    json_log.FORMAT,
    pgbouncer.FORMAT,
    plain_log.FORMAT,
)
_GENERAL = (json_log.FORMAT, plain_log.FORMAT)
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - times in tables are UTC without a zone
_SAMPLE_LINES = 100
_MOST_COATS = 2  # a collector of another collector's lines
_LOOKED_AT = 8


def recognise(path: Path) -> Format | None:
    """Name the format that most of the first hundred lines have, or none.

    Lines that a log collector wrapped are unwrapped first, and recognised by what they carry.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "misleading.csv"
    ...     said = '{"timestamp":"2024-02-29T12:00:00Z","channel":"chat","author":"user","text":"down?"}'
    ...     _ = path.write_text(said, encoding="utf-8")
    ...     print(recognise(path).name)
    messages
    """
    sample = [line for line in islice(read_lines(path), _SAMPLE_LINES) if isinstance(line, Line)]
    changed = _EPOCH + dt.timedelta(seconds=path.stat().st_mtime)
    return _recognised(sample, changed, _MOST_COATS)


def _recognised(sample: list[Line], changed: dt.datetime, coats: int) -> Format | None:
    for wrapper in WRAPPERS if coats else ():
        carried, fitting = carried_by(wrapper, sample)
        if carried and 2 * fitting >= len(sample):
            inner = _recognised(carried, changed, coats - 1) or wrapper.fallback
            if inner:
                return wrapped(wrapper, inner)
    votes = Counter(name for line in sample for name in _votes(line))
    form = _elected(votes) if votes else None
    return plain_log.dated(changed) if form is plain_log.FORMAT else form


def _elected(votes: Counter[str]) -> Format:
    """Choose the format with most votes, of equals the first; a general one needs more than twice as many."""
    special = max((form for form in FORMATS if form not in _GENERAL), key=lambda form: votes[form.name])
    general = max(_GENERAL, key=lambda form: votes[form.name])
    return general if votes[general.name] > 2 * votes[special.name] else special


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
        return f"damaged: it starts like a {packing_of(path)} file but cannot be unpacked"
    if _is_binary(b"\n".join(line.raw[:4096] for line in lines)):
        return "a binary file"
    return f"text that starts with {lines[0].content[:60].decode('utf-8', 'replace')!r}"


def _is_binary(start: bytes) -> bool:
    odd = sum(byte < 9 or 13 < byte < 32 for byte in start)
    return 0 in start or odd * 20 > len(start)
