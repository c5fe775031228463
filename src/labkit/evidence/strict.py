"""What a usable value is: strict JSON, strict types, times in range; everything else raises `Unusable`."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from typing import Any

from labkit.evidence.zones import PATTERN, UnknownZone, offset_of

JsonObject = dict[str, Any]

_TIME = re.compile(rf"(\d{{4}}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{{1,9}}))? ?({PATTERN})?", re.ASCII)
_EXCESS = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])|-?\b(?:nan|inf(?:inity)?)\b', re.IGNORECASE)
_DIGITS = re.compile(r"-?\d{1,19}", re.ASCII)
_HEX = re.compile(r"[0-9a-fA-F]+", re.ASCII)
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - times in tables are UTC without a zone
_MAX_INT64 = 2**63 - 1
_BEYOND = 10**400  # stands for every whole number that no type here can hold
_LATEST_NANOSECOND = 9_223_286_400_000_000_000  # 2262-04-11: the last whole day 64 bits can count


class Unusable(Exception):  # noqa: N818 - a verdict on a line, not a failure
    """A line cannot be used; the text says why."""


def parse_object(raw: bytes, *, forgiving: bool = False) -> JsonObject:
    """Read one JSON object from bytes, refusing what JSON readers like to let through.

    Invalid UTF-8, NaN, a key given twice, half a surrogate pair and numbers beyond reason are refused.
    A forgiving reading lets pass what DuckDB's JSON reader lets pass: a comma before a closing bracket,
    NaN or Infinity where a number may stand, and keys given twice as long as nobody asks for them.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unusable(f"invalid UTF-8 at byte {error.start} of the line") from error
    try:
        value = _loads(text, forgiving)
    except RecursionError as error:
        raise Unusable("JSON is nested too deep") from error
    except ValueError as error:
        raise Unusable(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Unusable(f"not a JSON object but {kind(value)}")
    if "\\u" in text:
        _refuse_half_characters(value)
    return value


def _loads(text: str, forgiving: bool) -> Any:
    if not forgiving:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    try:
        return json.loads(text, object_pairs_hook=_forgiving_object, parse_int=_any_int)
    except ValueError:
        mended = _EXCESS.sub(_mend, text)
        return json.loads(mended, object_pairs_hook=_forgiving_object, parse_int=_any_int)


def _mend(match: re.Match[str]) -> str:
    """Keep a text as it is, drop a comma too many, and write NaN and Infinity as Python knows them."""
    found = match[0]
    if found.startswith('"'):
        return found
    return "" if found == "," else "NaN"


def _any_int(digits: str) -> int:
    return int(digits) if len(digits) < 300 else _BEYOND


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unusable(f"key given twice: {twice[:80]!r}")
    return result


class _Ambiguous(dict[str, Any]):
    """An object with keys given twice: only who asks for one of these is refused."""

    def __init__(self, pairs: list[tuple[str, Any]], twice: frozenset[str]) -> None:
        super().__init__(pairs)
        self.twice = twice

    def get(self, key: str, default: Any = None) -> Any:
        if key in self.twice:
            raise Unusable(f"key given twice: {key!r}")
        return super().get(key, default)


def _forgiving_object(pairs: list[tuple[str, Any]]) -> JsonObject:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    names = Counter(name for name, _ in pairs)
    return _Ambiguous(pairs, frozenset(name for name, count in names.items() if count > 1))


def _no_constant(name: str) -> Any:
    raise Unusable(f"not JSON: {name} is no JSON number")


def _refuse_half_characters(value: JsonObject) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unusable("text with half a surrogate pair") from error


def kind(value: object) -> str:
    """Name the JSON type of a value, for reasons."""
    if isinstance(value, dict):
        return "an object"
    return {list: "an array", str: "text", bool: "true or false", type(None): "null"}.get(
        type(value), "a number"
    )


def wrong(key: str, value: object, wanted: str) -> Unusable:
    """Build the reason for a value of the wrong type."""
    return Unusable(f"{key} is {kind(value)}, not {wanted}")


def text(record: JsonObject, key: str) -> str | None:
    """Take an optional text."""
    value = record.get(key)
    if value is None or type(value) is str:
        return value
    raise wrong(key, value, "text")


def need_text(record: JsonObject, key: str) -> str:
    """Take a text that must be there."""
    value = text(record, key)
    if value is None:
        raise Unusable(f"{key} is missing")
    return value


def integer(record: JsonObject, key: str) -> int | None:
    """Take an optional 64-bit integer, written as a number or as digits in quotes."""
    value = record.get(key)
    return None if value is None else whole(key, value)


def whole(key: str, value: object) -> int:
    """Read a 64-bit integer, written as a number or as digits in quotes."""
    if type(value) is str and _DIGITS.fullmatch(value):
        value = int(value)
    if type(value) is not int:
        raise wrong(key, value, "a whole number")
    if not -_MAX_INT64 <= value <= _MAX_INT64:
        raise Unusable(f"{key} does not fit 64 bits")
    return value


def mapping(record: JsonObject, key: str) -> JsonObject:
    """Take an optional object; nothing is an empty one."""
    value = record.get(key)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise wrong(key, value, "an object")


def array(record: JsonObject, key: str) -> list[Any]:
    """Take an optional array; nothing is an empty one."""
    value = record.get(key)
    if value is None:
        return []
    if type(value) is list:
        return value
    raise wrong(key, value, "an array")


def hex_id(record: JsonObject, key: str, digits: int) -> str | None:
    """Take an optional id of so many hex digits, in lower case; an empty one or all zeros is none."""
    value = text(record, key)
    if not value:
        return None
    value = value.removeprefix("0x")
    if len(value) != digits or not _HEX.fullmatch(value):
        raise Unusable(f"{key} is not {digits} hex digits")
    return value.lower() if value.strip("0") else None


def need_hex_id(record: JsonObject, key: str, digits: int) -> str:
    """Take an id of so many hex digits that must be there."""
    value = hex_id(record, key, digits)
    if value is None:
        raise Unusable(f"{key} is missing")
    return value


def nanoseconds(record: JsonObject, key: str) -> int:
    """Take a time in nanoseconds since 1970 that must be there, up to the year 2262."""
    value = integer(record, key)
    if value is None:
        raise Unusable(f"{key} is missing")
    if not 0 < value < _LATEST_NANOSECOND:
        raise Unusable(f"{key} is out of range")
    return value


def at_nanosecond(value: int) -> dt.datetime:
    """Turn nanoseconds since 1970 into a time, microseconds rounded down."""
    return _EPOCH + dt.timedelta(microseconds=value // 1000)


def time_of(record: JsonObject, key: str) -> dt.datetime:
    """Take a written time that must be there (ISO 8601, with a zone or in UTC) as UTC without a zone."""
    return moment(key, need_text(record, key))


def moment(key: str, written: str) -> dt.datetime:
    """Read a written time (ISO 8601, with a zone or in UTC) as UTC without a zone."""
    match = _TIME.fullmatch(written)
    if not match:
        raise Unusable(f"{key} is not a time: {written[:60]!r}")
    day, clock, fraction, zone = match.groups()
    try:
        return dt.datetime.fromisoformat(f"{day}T{clock}") + part_of_second(fraction) - offset_of(zone)
    except UnknownZone as error:
        raise Unusable(f"{key}: {error}") from error
    except (ValueError, OverflowError) as error:
        raise Unusable(f"{key} is out of range: {written[:60]!r}") from error


def part_of_second(digits: str | None) -> dt.timedelta:
    """Read the digits after the seconds, microseconds rounded down."""
    return dt.timedelta(microseconds=int((digits or "0").ljust(6, "0")[:6]))
