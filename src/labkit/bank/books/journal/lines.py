"""A file of JSON lines that is only added to, each line with a checksum and on the disk before it counts."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.core.syncing import open_to_append, sync_file

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was read: its number, from 1; its record, or why it has none; and its bytes."""

    number: int
    raw: bytes
    record: Record | None
    reason: str = ""


class Lines:
    """One file of lines. Whoever calls holds the journal's lock.

    A line that a killed process left unfinished is given to whoever looks next, with the number 0, to be kept
    aside; then it is taken off the end, so that the next line begins on a line of its own.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._size = 0

    def news(self) -> Iterator[Line]:
        """Read what was added since the last look, by whichever process, and mend the end of the file."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._size)
                added = file.read()
        except FileNotFoundError:
            return
        *whole, rest = added.split(b"\n")
        for raw in whole:
            self.count += 1
            self._size += len(raw) + 1
            yield read_line(raw, self.count)
        if rest:
            yield from self._mend(rest)

    def _mend(self, rest: bytes) -> Iterator[Line]:
        """Finish a line that lacks its end alone, or take an unfinished one off, once it is kept aside."""
        line = read_line(rest, self.count + 1)
        if line.record is None:
            yield Line(0, rest, None, "unfinished: whoever wrote it was killed, and had not accepted it")
            _cut(self.path, self._size)
        else:
            self._put(b"\n", self._size + len(rest))
            self.count += 1
            self._size += len(rest) + 1
            yield line

    def add(self, record: Mapping[str, Any]) -> None:
        """Add one line; when this returns, the disk has it. Look at the news before.

        Raises
        ------
        OSError
            Where the disk does not take it; then it is not there.
        """
        raw = write_line(record)
        self._put(raw, self._size)
        self.count += 1
        self._size += len(raw)

    def _put(self, raw: bytes, size: int) -> None:
        """Write bytes at the end, and nothing of them where that fails."""
        number = open_to_append(self.path)
        try:
            written = 0
            while written < len(raw):
                written += os.write(number, raw[written:])
            sync_file(number)
        except OSError:
            _cut(self.path, size)
            raise
        finally:
            os.close(number)


def _cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)
        sync_file(file.fileno())


def write_line(record: Mapping[str, Any]) -> bytes:
    """Write a record as a line, its checksum first.

    Examples
    --------
    >>> write_line({"entry": 1})
    b'{"sha256": "51e4e6b3d0ab9a43", "entry": 1}\\n'
    """
    text = json.dumps(dict(record))
    return f'{{"sha256": "{_checksum(text)}", {text[1:]}\n'.encode("ascii")


def read_line(raw: bytes, number: int) -> Line:
    """Read a line, and see that it is as it was written.

    Examples
    --------
    >>> read_line(write_line({"entry": 1}).rstrip(), 1).record
    {'entry': 1}
    >>> read_line(b'{"sha256": "51e4e6b3d0ab9a43", "entry": 2}', 1).reason
    'its checksum is that of another text'
    """
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return Line(number, raw, None, "not a line of JSON")
    if not isinstance(record, dict) or "sha256" not in record:
        return Line(number, raw, None, "a line without a checksum")
    if record.pop("sha256") != _checksum(json.dumps(record)):
        return Line(number, raw, None, "its checksum is that of another text")
    return Line(number, raw, record)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]
