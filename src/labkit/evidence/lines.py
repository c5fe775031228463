"""A file as numbered lines of bytes: nothing is decoded, so nothing can be lost."""

from __future__ import annotations

import datetime as dt
import gzip
import importlib
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BOM = b"\xef\xbb\xbf"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank: its number from 1, where it starts, and its bytes without the line end.

    A line that was wrapped by a log collector also has the time that the collector gave it, in UTC.
    """

    number: int
    offset: int
    raw: bytes
    received: dt.datetime | None = None

    @property
    def content(self) -> bytes:
        """The bytes to read: without a byte order mark at the start of the file."""
        return self.raw.removeprefix(BOM) if self.offset == 0 else self.raw


@dataclass(frozen=True, slots=True)
class Broken:
    """The end of a packed file that cannot be unpacked: where, why, and what is left of it."""

    number: int
    offset: int
    reason: str
    raw: bytes


def packing_of(path: Path) -> str:
    """Name what a file is packed with by how it starts: ``gzip``, ``zstd`` or ``none``."""
    with path.open("rb") as file:
        start = file.read(4)
    return "gzip" if start[:2] == _GZIP_MAGIC else "zstd" if start == _ZSTD_MAGIC else "none"


def count_lines(path: Path) -> int | None:
    """Count the lines of a file, blank ones too; none where a packed file is damaged."""
    count, last = 0, b"\n"
    with path.open("rb") as file:
        for block in _blocks(file) if packing_of(path) != "none" else iter(lambda: file.read(_BLOCK), b""):
            if isinstance(block, Broken):
                return None
            count += block.count(b"\n")
            last = block[-1:]
    return count + (last != b"\n")


def read_lines(path: Path) -> Iterator[Line | Broken]:
    """Yield every line that is not blank; a damaged gzip file ends with one `Broken`.

    Offsets count the bytes of the unpacked text.
    """
    if packing_of(path) != "none":
        yield from _unpacked_lines(path)
        return
    with path.open("rb") as file:
        offset = 0
        for number, raw in enumerate(file, start=1):
            if raw.strip():
                yield Line(number, offset, _without_end(raw))
            offset += len(raw)


def _unpacked_lines(path: Path) -> Iterator[Line | Broken]:
    number = offset = 0
    rest = b""
    problem: Broken | None = None
    with path.open("rb") as packed:
        for block in _blocks(packed):
            if isinstance(block, Broken):
                problem = block
                break
            *whole, rest = (rest + block).split(b"\n") if b"\n" in block else (rest + block,)
            for raw in whole:
                number += 1
                if raw.strip():
                    yield Line(number, offset, raw.removesuffix(b"\r"))
                offset += len(raw) + 1
    if rest.strip():
        yield Line(number + 1, offset, rest.removesuffix(b"\r"))
        offset += len(rest)
        number += 1
    if problem is not None:
        yield Broken(number + 1, offset, problem.reason, problem.raw)


def _blocks(packed: IO[bytes]) -> Iterator[bytes | Broken]:
    """Unpack block by block, over all members of the file, until its end or the first damage."""
    name = "zstd" if packed.read(4) == _ZSTD_MAGIC else "gzip"
    packed.seek(0)
    zstd = _zstd()
    with zstd.ZstdFile(packed) if name == "zstd" else gzip.GzipFile(fileobj=packed, mode="rb") as file:
        while True:
            try:
                block = file.read1(_BLOCK)
            except (EOFError, OSError, zlib.error, zstd.ZstdError) as error:
                yield Broken(0, 0, f"the {name} file is damaged: {error}", b"")
                return
            if not block:
                return
            yield block


def _zstd() -> Any:
    """Give the module for zstd: Python's own from 3.14 on, until then the same one for older Pythons."""
    return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def _without_end(raw: bytes) -> bytes:
    return raw[:-2] if raw.endswith(b"\r\n") else raw.removesuffix(b"\n")
