"""Tables of a TOML file to frozen dataclasses, field by field, with the place named in every error."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from labkit.core.dsn import Dsn
from labkit.core.errors import LabError, unknown_name
from labkit.simulation.model import ConnectionString


def read_value(hint: Any, value: Any, where: str) -> Any:
    """Read one value as its type hint says.

    Raises
    ------
    LabError
        The value is of another kind, a key is unknown or missing.
    """
    if hint is ConnectionString:
        return _connection_string(value, where)
    if dataclasses.is_dataclass(hint):
        return _record(typing.cast("type[Any]", hint), value, where)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, types.UnionType):
        return None if value is None else read_value(inner[0], value, where)
    if origin is tuple:
        return _sequence(inner, value, where)
    if origin is Mapping:
        _expect(value, dict, where, "a table")
        return {key: read_value(inner[1], item, f"{where}.{key}") for key, item in value.items()}
    return _scalar(hint, value, where)


def _record(record: type[Any], value: Any, where: str) -> Any:
    _expect(value, dict, where, "a table")
    hints = typing.get_type_hints(record)
    for key in value:
        if key not in hints:
            raise unknown_name(f"key in {where}", key, hints)
    found = {}
    preset = {f.name for f in dataclasses.fields(record) if _has_default(f)}
    for name, hint in hints.items():
        if name in value:
            found[name] = read_value(hint, value[name], f"{where}.{name}")
        elif name not in preset:
            found[name] = _absent(hint, f"{where}.{name}")
    return record(**found)


def _has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _absent(hint: Any, where: str) -> Any:
    """Return what an absent key means: nothing, where nothing is a value."""
    if isinstance(hint, types.UnionType):
        return None
    if hint is str:
        return ""
    if typing.get_origin(hint) is tuple:
        return ()
    if typing.get_origin(hint) is Mapping:
        return {}
    raise LabError(f"a key is missing: {where}", next_step="Add it to the scenario.")


def _sequence(inner: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    _expect(value, list, where, "a list")
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(read_value(inner[0], item, f"{where}[{k}]") for k, item in enumerate(value))
    if len(inner) != len(value):
        raise LabError(f"{where} needs {len(inner)} entries", found=len(value))
    return tuple(
        read_value(h, item, f"{where}[{k}]") for k, (h, item) in enumerate(zip(inner, value, strict=True))
    )


def _scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is float and type(value) is int:
        value = float(value)
    if hint is dt.datetime and isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise LabError(f"{where} has no time zone", found=str(value), next_step="Write it with a Z.")
        return value.astimezone(dt.UTC)
    _expect(value, hint, where, {dt.datetime: "a time"}.get(hint, hint.__name__))
    if hint in (int, float) and (value < 0 and where.rsplit(".", 1)[-1] != "query"):
        raise LabError(f"{where} is negative", found=value, next_step="Write 0 or more.")
    return value


def _expect(value: Any, kind: type[Any], where: str, name: str) -> None:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise LabError(
            f"{where} is of another kind: {type(value).__name__}", next_step=f"Write {name} there."
        )


def _connection_string(value: Any, where: str) -> ConnectionString:
    """Read a sound connection string, or, from a table ``{ text = ... }``, any text whatever comes of it."""
    if isinstance(value, dict) and set(value) == {"text"}:
        _expect(value["text"], str, f"{where}.text", "a text")
        return as_written(value["text"])
    _expect(value, str, where, "a connection string")
    try:
        dsn = Dsn.parse(value)
    except LabError as error:
        raise LabError(f"{where}: {error.problem}", next_step=error.next_step) from None
    found = as_written(value)
    if "port" in found.extra:
        shown = dsn.shown["port"]  # a torn password may have ended up there
        raise LabError(
            f"{where} has a port that is no number", found=shown, next_step="Write a number there."
        )
    return found


def as_written(text: str) -> ConnectionString:
    """Read a connection string as libpq does, sound or not; never raises.

    Examples
    --------
    >>> as_written("postgress://bank_app:hush@db.example/bank").refused
    'missing "=" after "postgress://bank_app:***@db.example/bank" in connection info string\\n'
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(text).items()}
    except ProgrammingError as error:
        return ConnectionString("", "", "", 0, "", text=text, refused=_masked(str(error), text))
    user, port = parts.pop("user", ""), parts.pop("port", "5432")
    if not port.isdecimal():
        parts["port"], port = port, "0"
    host, password = parts.pop("host", ""), parts.pop("password", "")
    return ConnectionString(user, password, host, int(port), parts.pop("dbname", user), parts, text)


def _masked(message: str, text: str) -> str:
    """Take the password out of libpq's message, which quotes what it could not read."""
    spilled = re.search(r"://[^:/@\s]*:(.+)@", text, re.DOTALL)
    return message.replace(spilled.group(1), "***") if spilled else message
