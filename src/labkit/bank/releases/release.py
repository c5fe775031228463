"""One release: a version and its settings, as they stand in its ``settings.toml``."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labkit.core.dsn import Dsn
from labkit.core.errors import LabError
from labkit.core.secret import Secret

#: What a setting may be.
Setting = str | int | float | bool

DATABASE_URL = "DATABASE_URL"
#: What the platform grants a service, whichever release runs: going back to a release does not take it away.
ROOM = frozenset({"WEB_WORKERS", "POOL_MIN_SIZE", "POOL_MAX_SIZE", "CPU_LIMIT", "MEMORY_LIMIT"})

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,40}")
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,60}")


@dataclass(frozen=True, slots=True)
class Release:
    """A version with its settings; the representation does not show them, for one holds a password.

    Examples
    --------
    >>> release = Release("1.7.4", {"DATABASE_URL": "postgresql://bank_app:pw@127.0.0.1/bank"})
    >>> release.dsn
    Dsn('postgresql://bank_app:***@127.0.0.1/bank')
    >>> release.changed({"CACHE_TTL_SECONDS": 60, "DATABASE_URL": None}).settings
    {'CACHE_TTL_SECONDS': 60}
    """

    version: str
    settings: Mapping[str, Setting] = field(repr=False)

    @property
    def dsn(self) -> Dsn:
        """The connection string.

        Raises
        ------
        LabError
            Where there is none, or libpq cannot read it.
        """
        found = self.settings.get(DATABASE_URL)
        if not isinstance(found, str):
            raise LabError(f"release {self.version} has no {DATABASE_URL}")
        return Dsn.parse(found)

    def changed(self, changes: Mapping[str, Setting | Secret | None]) -> Release:
        """Make a copy with some settings changed; ``None`` takes one out.

        Raises
        ------
        LabError
            For a key or value that no settings file can hold.
        """
        settings = dict(self.settings)
        for key, value in changes.items():
            if not _KEY.fullmatch(key):
                raise LabError("no name of a setting", found=key, allowed=("CAPITAL_LETTERS",))
            plain = value.reveal() if isinstance(value, Secret) else value
            settings.pop(key, None)
            if plain is not None:
                settings[key] = plain
        return Release(self.version, settings)

    def as_toml(self) -> str:
        """Write the settings, one a line, in order of their names."""
        return "".join(f"{key} = {_value(value)}\n" for key, value in sorted(self.settings.items()))


def _value(value: Setting) -> str:
    if isinstance(value, str):  # a string of JSON is one of TOML, but for DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def check_version(version: str) -> str:
    """Give a version back that can be the name of a folder.

    Raises
    ------
    LabError
        For one that cannot.
    """
    if not _VERSION.fullmatch(version) or version.endswith("."):
        raise LabError("no name of a version", found=version, allowed=("like 1.8.0",))
    return version


def read_settings(file: Path) -> dict[str, Setting]:
    """Read a settings file; an error names the line and quotes nothing.

    Raises
    ------
    LabError
        Where it cannot be read, is no TOML, or is more than keys and values.
    """
    from labkit.bank.doctor.source import read_toml

    table = read_toml(file)
    for key, value in table.items():
        if not isinstance(value, str | int | float | bool):
            raise LabError("the file is no list of settings", found=key, next_step="One KEY = value a line.")
    return table


def read_literal(text: str) -> Setting:
    """Read a value as a person types it after ``KEY=``: a number where it is one, else text.

    Examples
    --------
    >>> read_literal("60"), read_literal("2.5"), read_literal("on"), read_literal('"60"')
    (60, 2.5, 'on', '60')
    """
    try:
        found = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    value = found.get("value")
    return value if len(found) == 1 and isinstance(value, str | int | float | bool) else text
