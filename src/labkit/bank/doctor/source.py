"""Where a connection string is kept: a variable, a configuration file, standard input."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labkit.bank.doctor.expectations import Expectations
from labkit.core import conninfo
from labkit.core.dsn import Dsn
from labkit.core.dsn_text import scheme_of
from labkit.core.errors import LabError, unknown_name
from labkit.core.secret import harmless

_KEY = re.compile(r"(?:dsn|url|uri|conninfo)$", re.IGNORECASE)


def from_environment(name: str, environ: Mapping[str, str]) -> str:
    """Read a connection string from a variable.

    Raises
    ------
    LabError
        When it is not set; the variables whose names are like it are listed.

    Examples
    --------
    >>> from_environment("DATABASE_URI", {"DATABASE_URL": "postgresql://db.example/bank"})
    Traceback (most recent call last):
    labkit.core.errors.LabError: no variable of that name: 'DATABASE_URI'. ... Did you mean 'DATABASE_URL'?
    """
    if name not in environ:
        raise unknown_name("variable", harmless(name), (known for known in environ if _KEY.search(known)))
    return environ[name]


def from_file(path: Path, key: str | None = None) -> str | Dsn:
    """Read a connection string from a TOML file.

    Parameters
    ----------
    path : Path
        The file.
    key : str, optional
        Where it stands, with dots: ``database.url``; a table of libpq's parts will do, too. Without it
        the one value is taken that looks like a connection string, or the table ``database``.

    Raises
    ------
    LabError
        When the file cannot be read, or holds none or several; keys are listed, values never.
    """
    content = read_toml(path)
    values = dict(_flat(content))
    if key is None:
        key = _only_key(path, content, values)
    found = values.get(key) if key in values else _table(content, key)
    if isinstance(found, str):
        return found
    if not isinstance(found, Mapping):
        raise unknown_name("key", harmless(key), values)
    for part in found:
        if part not in conninfo.known_parts():
            raise unknown_name("part of a connection string", part, conninfo.known_parts())
    return Dsn().replace(**{part: str(value) for part, value in found.items()})


def expectations_from(path: Path) -> Expectations:
    """Read expectations from a TOML file whose keys are those of ``Expectations``."""
    return Expectations.read(read_toml(path))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; an error names the line and quotes nothing."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror or "" if isinstance(error, OSError) else "it is no UTF-8"
        raise LabError(f"cannot read the file ({problem})", found=harmless(str(path))) from None
    problem = ""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [^)]*\)", str(error))
        problem = place[0] if place else ""
    raise LabError(f"the file is no TOML {problem}".rstrip(), found=str(path))


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _table(content: Mapping[str, Any], key: str) -> object:
    found: object = content
    for word in key.split("."):
        found = found.get(word) if isinstance(found, Mapping) else None
    return found


def _only_key(path: Path, content: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    like = [key for key, value in values.items() if isinstance(value, str) and _is_like(key, value)]
    if len(like) == 1:
        return like[0]
    if not like and isinstance(content.get("database"), Mapping):
        return "database"
    problem = "several values may be the connection string" if like else "no value is a connection string"
    raise LabError(problem, found=str(path), allowed=like or sorted(values), next_step="Name it with --key.")


def _is_like(key: str, value: str) -> bool:
    scheme = scheme_of(value.strip())
    return bool(_KEY.search(key)) or (scheme is not None and scheme[0].startswith("p"))
