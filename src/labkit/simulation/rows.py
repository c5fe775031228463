"""Lines made in bulk: a template with fields of fixed width, overwritten column by column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labkit.simulation.clock import from_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from labkit.simulation.streams import Ints, Words

    Bytes = NDArray[np.uint8]
    Objects = NDArray[np.object_]

#: Width of each field a template may name, in bytes.
WIDTHS = {
    "trace": 32, "span": 16, "parent": 16, "session": 16, "start": 16, "end": 16, "account": 6, "user": 5,
    "client": 14, "iso": 26, "clf": 20, "bytes": 2,
}  # fmt: skip
_FIELD = re.compile("«([a-z]+)»")
_HEX = np.frombuffer(b"".join(b"%02x" % k for k in range(256)), dtype=np.uint16)
_DIGITS = np.frombuffer(b"".join(b"%03d" % k for k in range(1000)), dtype=np.uint8).reshape(1000, 3)


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of a file as parts that are written one after the other, and the lines it makes.

    Parts are not joined: ``writelines`` through a buffer that stays in the processor's cache takes a third of
    the time of one long write.
    """

    parts: list[bytes]
    lines: int


@dataclass(frozen=True, slots=True)
class Template:
    """One line with holes; made from text with fields written «name»."""

    base: Bytes
    fields: tuple[tuple[str, int], ...]

    def fill(self, columns: Mapping[str, Bytes], chosen: Ints) -> Objects:
        """Make one line for each chosen row."""
        rows = np.empty((len(chosen), len(self.base)), dtype=np.uint8)
        rows[:] = self.base
        for name, at in self.fields:
            column = columns[name]
            rows[:, at : at + column.shape[1]] = column[chosen]
        return as_objects(rows)


def template(text: str) -> Template:
    """Compile a template.

    Examples
    --------
    >>> made = template("user «user»!")
    >>> made.fill({"user": decimal(np.array([7, 42]), 5)}, np.array([1, 0])).tolist()
    [b'user 00042!', b'user 00007!']
    """
    base, fields = b"", []
    for k, part in enumerate(_FIELD.split(text)):
        if k % 2:
            fields.append((part, len(base)))
            base += b"0" * WIDTHS[part]
        else:
            base += part.encode("utf-8")
    return Template(np.frombuffer(base, dtype=np.uint8), tuple(fields))


def as_objects(rows: Bytes) -> Objects:
    """Turn rows of equal width into byte strings."""
    if not len(rows):
        return np.empty(0, dtype=object)
    return np.asarray(rows.view(f"S{rows.shape[1]}").ravel().astype(object))


def hexadecimal(words: Words) -> Bytes:
    """Write 64-bit words as hex, 16 digits each; columns side by side."""
    octets = np.ascontiguousarray(words.astype(">u8")).view(np.uint8).reshape(len(words), -1)
    return _HEX[octets].view(np.uint8).reshape(len(words), -1)


def decimal(values: Ints, width: int) -> Bytes:
    """Write whole numbers with leading zeros."""
    groups = -(-width // 3)
    out = np.empty((len(values), groups * 3), dtype=np.uint8)
    rest = values
    for k in range(groups - 1, -1, -1):
        above = rest // 1000
        out[:, 3 * k : 3 * k + 3] = _DIGITS[rest - above * 1000]
        rest = above
    return out[:, groups * 3 - width :]


def stamp(us: Ints, write: Callable[[int], bytes], between: bytes = b"") -> Bytes:
    """Write times as their second, in a form of choice, and six digits of microseconds."""
    seconds = us // 1_000_000
    head, gap = looked_up(seconds, write), len(between)
    out = np.empty((len(us), head.shape[1] + gap + 6), dtype=np.uint8)
    out[:, : head.shape[1]] = head
    out[:, head.shape[1] : -6] = np.frombuffer(between, dtype=np.uint8)
    out[:, -6:] = decimal((us - seconds * 1_000_000).astype(np.int32), 6)
    return out


def epoch(us: Ints) -> Bytes:
    """Write times as microseconds since 1970, sixteen digits."""
    return stamp(us, lambda second: b"%010d" % second)


def iso(us: Ints) -> Bytes:
    """Write times as 2023-12-01T14:05:09.123456."""
    return stamp(us, _iso_second, b".")


def common_log(us: Ints) -> Bytes:
    """Write times as 01/Dec/2023:14:05:09."""
    return looked_up(us // 1_000_000, _clf_second)


def looked_up(seconds: Ints, write: Callable[[int], bytes]) -> Bytes:
    """Write each second of the range once and look all others up."""
    if not len(seconds):
        return np.empty((0, len(write(0))), dtype=np.uint8)
    first, last = int(seconds.min()), int(seconds.max())
    table = np.frombuffer(b"".join(write(second) for second in range(first, last + 1)), dtype=np.uint8)
    return table.reshape(last - first + 1, -1)[seconds - first]


def _iso_second(second: int) -> bytes:
    return f"{from_us(second * 1_000_000):%Y-%m-%dT%H:%M:%S}".encode()


def _clf_second(second: int) -> bytes:
    when = from_us(second * 1_000_000)
    return f"{when.day:02d}/{_MONTHS[when.month - 1]}/{when:%Y:%H:%M:%S}".encode()


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
