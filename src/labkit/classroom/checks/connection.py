"""Read parts of a connection string, by libpq's names; a secret is left out before anything else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from labkit.classroom.checks.reading import UnreadableError, is_missing, type_name
from labkit.core import conninfo
from labkit.core.dsn import Dsn

Parts = tuple[tuple[str, str], ...]
_PAIR = re.compile(r"(\w+)\s*(?:=|:(?!//)|->|\s)\s*(\S*)")
_HOW = "Write it as part and value, such as ('sslmode', 'require')."


def read_parts(value: Any) -> Parts:
    """Read parts with their values, sorted by name; a part alone has the value ''.

    Parameters
    ----------
    value : object
        A connection string, a `Dsn`, a dict, a pair ('port', 1234), or the text 'port=1234' or 'port'.

    Raises
    ------
    UnreadableError
        It names no part that libpq knows.

    Examples
    --------
    >>> read_parts(("PORT", 1234)), read_parts("sslmode")
    ((('port', '1234'),), (('sslmode', ''),))
    """
    if isinstance(value, Dsn):
        return _sorted(value.shown)
    if isinstance(value, Mapping):
        return _sorted(dict(value))
    if isinstance(value, (tuple, list)) and len(value) == 2 and isinstance(value[0], str):
        return _sorted({value[0]: value[1]})
    if isinstance(value, str):
        return _of_text(value.strip())
    raise UnreadableError(f"{type_name(value)}, and no part of a connection string. {_HOW}")


def show_parts(parts: Parts) -> str:
    """Show parts as key and value.

    Examples
    --------
    >>> show_parts((("port", "1234"), ("sslmode", "")))
    'port=1234, sslmode'
    """
    return ", ".join(f"{part}={value}" if value else part for part, value in parts)


def _of_text(text: str) -> Parts:
    if text.lower() in conninfo.known_parts():
        return _sorted({text: ""})
    if pair := _PAIR.fullmatch(text):
        return _sorted({pair[1]: pair[2]})
    found = conninfo.read(text) if text else None
    if not found:
        raise UnreadableError(f"a text that names no part of a connection string. {_HOW}")
    return _sorted(found)


def _sorted(parts: Mapping[Any, Any]) -> Parts:
    read: dict[str, str] = {}
    for part, value in parts.items():
        name = str(part).strip().lower()
        if name not in conninfo.known_parts():
            raise UnreadableError(f"a part that libpq does not know. {_HOW}")
        if name not in conninfo.SECRET_PARTS:
            text = "" if is_missing(value) else str(value).strip()
            read[name] = text.lower() if name in ("host", "sslmode") else text
    if not read:
        raise UnreadableError("a secret, which is never compared. Name another part")
    return tuple(sorted(read.items()))
