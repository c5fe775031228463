"""How lines are damaged: as bytes, as text with numbers and times in it, as JSON, and as lines of a file."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

BYTES = (
    0,
    1,
    9,
    0x0B,
    0x0C,
    0x0D,
    0x1A,
    0x1C,
    0x20,
    0x22,
    0x27,
    0x2C,
    0x5B,
    0x5C,
    0x5D,
    0x7B,
    0x7D,
    0x85,
    0xC3,
    0xFF,
)
NUMBERS = (
    *(b"0", b"-0", b"-1", b"1e5", b"1E400", b"-1e-400", b"00012", b"0x1F", b"1_000", b"NaN", b"-Infinity"),
    *(
        b"9" * 19,
        b"9223372036854775807",
        b"-9223372036854775808",
        b"18446744073709551616",
        b"9" * 400,
        b"1" * 5000,
    ),
    *(
        b"2147483648",
        b"1.5",
        b"1.",
        b".5",
        b"\xd9\xa1\xd9\xa2",
        b"65536",
        b"1701439200",
        b"253402300800000000000",
    ),
)
TIMES = (
    *(b"0000-00-00T00:00:00Z", b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59.999999999-23:59"),
    *(
        b"2023-02-30 00:00:00 UTC",
        b"2023-12-01T24:00:00Z",
        b"2023-12-01T14:30:60Z",
        b"2023-12-01 14:30:00 IST",
    ),
    *(b"1677-09-21T00:12:43Z", b"2262-04-12 00:00:00Z", b"2023-12-01T14:30Z", b"294247-01-10 04:00:54Z"),
)
TEXTS = (
    *(
        b'"',
        b"''",
        b'\\"',
        b"\\u0000",
        b"\\ud800",
        b"\\udc00\\ud800",
        b"\\x00",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
    ),
    *(
        b"\xf0\x9f\x8f\xa6",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"%s%n",
        b"$1",
        b"{}",
        b"[]",
        b"[" * 3000,
        b"A" * 70_000,
    ),
    *(
        b"null",
        b"true",
        b"\t",
        b"  ",
        b"\r",
        b":",
        b",",
        b";",
        b"=",
        b"LOG:  ",
        b"ERROR:  ",
        b"DETAIL:  ",
        b"\n\t",
    ),
)
KEYS = (
    *(
        "timestamp",
        "time",
        "ts",
        "level",
        "message",
        "msg",
        "body",
        "severity_number",
        "attributes",
        "resource",
    ),
    *(
        "resourceSpans",
        "scopeSpans",
        "spans",
        "events",
        "kind",
        "status",
        "traceId",
        "error",
        "log",
        "stream",
    ),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 5, 1.5, 1e300, 10**19, 10**30, "", "text", "5", "NaN", [], {}, [[]], [None]),
    *(
        {"a": 1},
        {"values": []},
        {"stringValue": "x"},
        {"intValue": "x"},
        "2023-12-01T14:30:00Z",
        "\ud800",
        "\0",
    ),
)
_NUMBER = re.compile(rb"\d+(?:\.\d+)?")
_TIME = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?")

Lines = list[bytes]
OfLine = Callable[[random.Random, bytes], bytes]
OfLines = Callable[[random.Random, Lines], Lines]


def one_byte(rng: random.Random, line: bytes) -> bytes:
    """Change, add or take away one byte."""
    at = rng.randrange(len(line) + 1)
    byte = bytes([rng.choice(BYTES) if rng.random() < 0.7 else rng.randrange(256)])
    return rng.choice(
        [line[:at] + byte + line[at:], line[:at] + byte + line[at + 1 :], line[:at] + line[at + 1 :]]
    )


def cut(rng: random.Random, line: bytes) -> bytes:
    """Keep the beginning, the end, or both without the middle."""
    a, b = sorted((rng.randrange(len(line) + 1), rng.randrange(len(line) + 1)))
    return rng.choice([line[:a], line[a:], line[:a] + line[b:], line[a:b]])


def text(rng: random.Random, line: bytes) -> bytes:
    """Put a text that is hard on parsers somewhere."""
    at = rng.randrange(len(line) + 1)
    return line[:at] + rng.choice(TEXTS) + line[at:]


def repeat(rng: random.Random, line: bytes) -> bytes:
    """Repeat a part of the line, up to some thousand times."""
    a, b = sorted((rng.randrange(len(line) + 1), rng.randrange(len(line) + 1)))
    part = line[a : min(b, a + 20)]
    return line[:a] + part * rng.choice([2, 3, 50, 2000]) + line[a:]


def number(rng: random.Random, line: bytes) -> bytes:
    """Put another number in the place of one."""
    return _replaced(rng, line, _NUMBER, rng.choice(NUMBERS))


def time(rng: random.Random, line: bytes) -> bytes:
    """Put another time in the place of one."""
    return _replaced(rng, line, _TIME, rng.choice(TIMES))


def _replaced(rng: random.Random, line: bytes, what: re.Pattern[bytes], by: bytes) -> bytes:
    places = list(what.finditer(line))
    if not places:
        return one_byte(rng, line)
    place = rng.choice(places)
    return line[: place.start()] + by + line[place.end() :]


def value(rng: random.Random, line: bytes) -> bytes:
    """Put another value, or another key, into a JSON line."""
    try:
        whole = json.loads(line)
    except (ValueError, RecursionError):
        return one_byte(rng, line)
    places = list(_places(whole))
    if not places:
        return one_byte(rng, line)
    holder, key = rng.choice(places)
    if isinstance(holder, dict) and rng.random() < 0.3:
        holder[rng.choice(KEYS)] = holder.pop(key) if rng.random() < 0.5 else rng.choice(VALUES)
    else:
        holder[key] = rng.choice(VALUES)
    compact = (",", ":") if rng.random() < 0.5 else None
    return json.dumps(whole, separators=compact).encode()


def _places(whole: Any) -> list[tuple[Any, Any]]:
    """List every holder of a value, with the key it stands under."""
    found: list[tuple[Any, Any]] = []
    waiting = [whole]
    while waiting:
        inner = waiting.pop()
        keys = (
            list(inner) if isinstance(inner, dict) else range(len(inner)) if isinstance(inner, list) else ()
        )
        for key in keys:
            found.append((inner, key))
            waiting.append(inner[key])
    return found


def key_twice(rng: random.Random, line: bytes) -> bytes:
    """Give a key of a JSON object twice."""
    places = [match.end() for match in re.finditer(rb"\{|,(?=\")", line)]
    if not places:
        return one_byte(rng, line)
    at = rng.choice(places)
    match = re.compile(rb'"[^"\\]*"').search(line, at)
    name = match[0] if match else b'"x"'
    inner = name + b":" + rng.choice([b"0", b"null", b"{}", b'"z"', b"[]"])
    return line[:at] + inner + b"," + line[at:]


def around(rng: random.Random, line: bytes) -> bytes:
    """Put white space or a sign around the line."""
    return (
        rng.choice([b" ", b"\t", b"\r", b"\x0b", b"> ", b"\xef\xbb\xbf"])
        + line
        + rng.choice([b"", b" ", b"\r", b","])
    )


def of_one_line(rng: random.Random, lines: Lines) -> Lines:
    """Damage one line."""
    at = rng.randrange(len(lines))
    changed = rng.choice(OF_LINE)(rng, lines[at])
    return [*lines[:at], *changed.split(b"\n"), *lines[at + 1 :]]


def dropped(rng: random.Random, lines: Lines) -> Lines:
    """Take a line away, unless it is the last."""
    at = rng.randrange(len(lines))
    return lines[:at] + lines[at + 1 :] if len(lines) > 1 else lines


def doubled(rng: random.Random, lines: Lines) -> Lines:
    """Give some lines twice."""
    at = rng.randrange(len(lines))
    return lines[: at + 1] + lines[max(0, at - 2) :]


def swapped(rng: random.Random, lines: Lines) -> Lines:
    """Let two lines change places."""
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    result = list(lines)
    result[a], result[b] = lines[b], lines[a]
    return result


def spliced(rng: random.Random, lines: Lines) -> Lines:
    """Let two lines run into each other, or break one in two."""
    at = rng.randrange(len(lines))
    if rng.random() < 0.5 and at + 1 < len(lines):
        return [*lines[:at], lines[at] + lines[at + 1], *lines[at + 2 :]]
    place = rng.randrange(len(lines[at]) + 1)
    return [*lines[:at], lines[at][:place], lines[at][place:], *lines[at + 1 :]]


def blank(rng: random.Random, lines: Lines) -> Lines:
    """Put a blank line in."""
    at = rng.randrange(len(lines) + 1)
    return [*lines[:at], rng.choice([b"", b" ", b"\t\r", b"\x0c"]), *lines[at:]]


def rubbish(rng: random.Random, lines: Lines) -> Lines:
    """Put a line of any bytes in."""
    at = rng.randrange(len(lines) + 1)
    return [*lines[:at], rng.randbytes(rng.randrange(60)).replace(b"\n", b""), *lines[at:]]


OF_LINE: tuple[OfLine, ...] = (
    one_byte,
    one_byte,
    cut,
    text,
    repeat,
    number,
    time,
    value,
    value,
    key_twice,
    around,
)
OF_LINES: tuple[OfLines, ...] = (*(of_one_line,) * 9, dropped, doubled, swapped, spliced, blank, rubbish)
