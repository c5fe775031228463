"""What OTLP/JSON files share: attribute lists, resources, and documents of one or of many lines.

Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding (ids are hex, enums and 64-bit
integers may be numbers or text, unknown keys are ignored).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from labkit.evidence.lines import Broken, Line
from labkit.evidence.readers.reading import Lines, Loaded, Outcome, Rejected, read_line
from labkit.evidence.strict import JsonObject, Unusable, array, parse_object, text, whole, wrong

_BATCH = re.compile(rb"\s*\{\s*\"resource(Spans|Metrics|Logs)\"")

ObjectParser = Callable[[bytes], list[Any]]


def batch_of(raw: bytes, key: str, *, forgiving: bool = False) -> JsonObject:
    """Read one export batch, whose groups stand under a key such as ``resourceSpans``."""
    batch = parse_object(raw, forgiving=forgiving)
    if batch.get(key) is None:
        raise Unusable(f"{key} is missing")
    return batch


def begins_with(key: str) -> Callable[[bytes, JsonObject | None], bool]:
    """Tell a line that is a batch with that key, or the second line of a document of many lines."""

    def looks_like(raw: bytes, record: JsonObject | None) -> bool:
        if record is not None:
            return type(record.get(key)) is list and bool(array(record, key))
        return raw.lstrip().startswith(b'"%b"' % key.encode())

    return looks_like


def attributes_of(
    record: JsonObject, key: str = "attributes", wanted: Collection[str] | None = None
) -> JsonObject:
    """Turn a list of keys and typed values into a plain mapping; of a key given twice the first counts.

    Where only some are wanted, the values of the others are not looked at.
    """
    result: JsonObject = {}
    for entry in objects(record, key):
        name = text(entry, "key")
        if name is None:
            raise Unusable("an attribute without a key")
        if name not in result and (wanted is None or name in wanted):
            result[name] = any_value(entry.get("value"), name)
    return result


def objects(record: JsonObject, key: str) -> Iterator[JsonObject]:
    """Yield the objects of an array."""
    for entry in array(record, key):
        if not isinstance(entry, dict):
            raise wrong(f"an entry of {key}", entry, "an object")
        yield entry


def scopes(group: JsonObject, signal: str) -> Iterator[JsonObject]:
    """Yield what each library of a program recorded; before OTLP 0.19 scopes were named after libraries."""
    yield from objects(group, f"scope{signal}")
    yield from objects(group, f"instrumentationLibrary{signal}")


def any_value(value: object, name: str) -> Any:
    """Read an AnyValue: exactly one of its kinds, or nothing."""
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        raise wrong(f"the value of {name}", value, "an object")
    given = [key for key in _KINDS if value.get(key) is not None]
    if len(given) != 1:
        raise Unusable(f"the value of {name} has no known kind, or more than one")
    return _KINDS[given[0]](value, given[0])


def _boolean(value: JsonObject, key: str) -> bool:
    if type(value[key]) is not bool:
        raise wrong(key, value[key], "true or false")
    return bool(value[key])


def number(value: JsonObject, key: str) -> float:
    """Read a double: a number, or one of the names JSON has no number for."""
    found = value[key]
    if found in ("NaN", "Infinity", "-Infinity"):
        return float(found)
    if type(found) not in (int, float):
        raise wrong(key, found, "a number")
    try:
        return float(found)
    except OverflowError as error:
        raise Unusable(f"{key} is out of range") from error


def _double(value: JsonObject, key: str) -> float | str:
    found = number(value, key)
    return found if found - found == 0 else str(value[key])  # JSON has no NaN: its name is kept


def _list(value: JsonObject, key: str) -> list[Any]:
    inner = value[key]
    if not isinstance(inner, dict):
        raise wrong(key, inner, "an object")
    return [any_value(entry, key) for entry in array(inner, "values")]


def _mapping(value: JsonObject, key: str) -> JsonObject:
    inner = value[key]
    if not isinstance(inner, dict):
        raise wrong(key, inner, "an object")
    return attributes_of(inner, "values")


_KINDS: dict[str, Callable[[JsonObject, str], Any]] = {
    "stringValue": text,
    "intValue": lambda value, key: whole(key, value[key]),
    "boolValue": _boolean,
    "doubleValue": _double,
    "arrayValue": _list,
    "kvlistValue": _mapping,
    "bytesValue": text,
}


def take_text(source: JsonObject, *keys: str) -> str | None:
    """Take the first of these attributes out, as text; a whole number is taken as its digits."""
    values = [source.pop(key, None) for key in keys]
    key, value = next(((k, v) for k, v in zip(keys, values, strict=True) if v is not None), (keys[0], None))
    if value is None or type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    raise wrong(key, value, "text")


def take_integer(source: JsonObject, *keys: str) -> int | None:
    """Take the first of these attributes out, as a whole number."""
    values = [source.pop(key, None) for key in keys]
    key, value = next(((k, v) for k, v in zip(keys, values, strict=True) if v is not None), (keys[0], None))
    return None if value is None else whole(key, value)


def by_line_or_document(parse: ObjectParser) -> Callable[[Lines], Iterator[Outcome]]:
    """Make a reader for batches, one a line, and for documents that are printed over many lines."""

    def read(lines: Lines) -> Iterator[Outcome]:
        open_lines: list[Line] = []
        for line in lines:
            if open_lines and _ends_early(line):
                yield _several(open_lines, parse)
                open_lines = []
            if isinstance(line, Line) and (open_lines or line.content.strip() == b"{"):
                open_lines.append(line)
                if _closes(open_lines):
                    yield _several(open_lines, parse)
                    open_lines = []
            else:
                yield read_line(line, parse)
        if open_lines:
            yield _several(open_lines, parse)

    return read


def _ends_early(line: Line | Broken) -> bool:
    """Say whether a document that is still open was cut off: here comes another one, or nothing more."""
    return isinstance(line, Broken) or line.raw.startswith(b"{") or _BATCH.match(line.raw) is not None


def _closes(lines: list[Line]) -> bool:
    """Say whether the last line closes the document: a bracket with the indent of the first."""
    first, last = lines[0].content.rstrip(), lines[-1].raw.rstrip()
    return last == first[:-1] + b"}"


def _several(lines: list[Line], parse: ObjectParser) -> Outcome:
    try:
        return Loaded(lines[0].number, len(lines), parse(b"\n".join(line.content for line in lines)))
    except Unusable as reason:
        raw = b"\n".join(line.raw for line in lines)
        return Rejected(lines[0].number, len(lines), lines[0].offset, str(reason), raw)
