"""What is put around lines: the coats of log collectors, line ends, and packing, sound or damaged."""

from __future__ import annotations

import base64
import gzip
import importlib
import json
import random
import sys
from collections.abc import Callable
from typing import Any

Coat = Callable[[random.Random, bytes], list[bytes]]
_STAMPS = ("2023-12-01T14:30:00.2Z", "2023-12-01T14:30:00.123456789Z", "2023-12-01T15:30:00+01:00")


def docker(rng: random.Random, line: bytes) -> list[bytes]:
    """Wrap a line as Docker's json-file driver does; a long one comes in pieces."""
    text = line.decode("utf-8", "replace") + "\n"
    pieces = [text[at : at + 16384] for at in range(0, len(text), 16384)]
    stream = rng.choice(["stdout", "stderr"])
    return [
        json.dumps({"log": piece, "stream": stream, "time": rng.choice(_STAMPS)}).encode() for piece in pieces
    ]


def cri(rng: random.Random, line: bytes) -> list[bytes]:
    """Wrap a line as the container runtimes of Kubernetes do, sometimes in two pieces."""
    head = f"{rng.choice(_STAMPS)} {rng.choice(['stdout', 'stderr'])} ".encode()
    at = rng.randrange(len(line) + 1)
    return (
        [head + b"P " + line[:at], head + b"F " + line[at:]] if rng.random() < 0.2 else [head + b"F " + line]
    )


def google(rng: random.Random, line: bytes) -> list[bytes]:
    """Wrap a line as Google Cloud Logging does: as text, or as an object if it is one."""
    entry: dict[str, Any] = {"timestamp": rng.choice(_STAMPS), "severity": "INFO", "insertId": "x"}
    try:
        entry["jsonPayload"] = json.loads(line)
    except (ValueError, RecursionError):
        entry["textPayload"] = line.decode("utf-8", "replace")
    return [json.dumps(entry).encode()]


def cloudwatch(rng: random.Random, line: bytes) -> list[bytes]:
    """Wrap a line as an event of CloudWatch."""
    at = rng.choice([1701439200123, "2023-12-01 14:30:00.123"])
    return [
        json.dumps({"timestamp": at, "message": line.decode("utf-8", "replace"), "eventId": "1"}).encode()
    ]


def stamped(rng: random.Random, line: bytes) -> list[bytes]:
    """Put a bare time in front of a line."""
    return [rng.choice(_STAMPS).encode() + b" " + line]


COATS: tuple[Coat, ...] = (docker, cri, google, cloudwatch, stamped)


def joined(rng: random.Random, lines: list[bytes]) -> bytes:
    """Make lines a text: with either line end, with or without one at the end, with a mark in front."""
    end = b"\r\n" if rng.random() < 0.15 else b"\n"
    start = b"\xef\xbb\xbf" if rng.random() < 0.05 else b""
    return start + end.join(lines) + (end if rng.random() < 0.8 else b"")


def packed(rng: random.Random, data: bytes) -> bytes:
    """Pack a text: with gzip, as several members of it, or with zstd."""
    way = rng.randrange(4)
    at = rng.randrange(len(data) + 1)
    if way == 0:
        return gzip.compress(data[:at], 1, mtime=0) + gzip.compress(data[at:], 1, mtime=0)
    if way == 1:
        name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
        return bytes(importlib.import_module(name).compress(data))
    return gzip.compress(data, 1, mtime=0)


def broken(rng: random.Random, data: bytes) -> bytes:
    """Damage a packed file: cut it off, change a byte, or let rubbish follow."""
    at = rng.randrange(4, len(data))
    way = rng.randrange(3)
    if way == 0:
        return data[:at]
    if way == 1:
        return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    return data + base64.b64encode(rng.randbytes(9))
