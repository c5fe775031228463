"""What a program expects of its database: whatever is not said is not checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from labkit.core.errors import LabError, unknown_name
from labkit.core.secret import harmless

PRIVILEGES = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
TLS = ("encrypted", "verified")
_TABLE = re.compile(r"[^\W\d][\w$]*(?:\.[^\W\d][\w$]*)?")
_NAME = re.compile(r"[\w.-]{1,63}")


@dataclass(frozen=True, slots=True)
class Expectations:
    """What must be true of a database for the program to work on it.

    Attributes
    ----------
    dbname : str or None
        Name of the database.
    environment : str or None
        What the database must say of itself: ``ALTER DATABASE bank SET app.environment = 'production'``.
    tables : tuple of (str, tuple of str)
        Each table, with or without its schema, and what is done to it: ``select``, ``insert``, ...
    writes : bool
        Whether the program writes; then it needs the primary, and no read-only session.
    tls : {'encrypted', 'verified'} or None
        ``verified``: the server's certificate and name are checked, too.
    connections : int or None
        Connections of the whole service: the pool's largest size times the number of processes.
    slowest_query_ms : int or None
        How long the slowest statement may take.

    Raises
    ------
    LabError
        For a value that cannot be expected of a database.

    Examples
    --------
    >>> Expectations.read({"environment": "production", "tables": {"accounts": ["select"]}}).tables
    (('accounts', ('select',)),)
    >>> Expectations.read({"enviroment": "production"})
    Traceback (most recent call last):
    labkit.core.errors.LabError: no expectation of that name: 'enviroment'. ... Did you mean 'environment'?
    """

    dbname: str | None = None
    environment: str | None = None
    tables: tuple[tuple[str, tuple[str, ...]], ...] = ()
    writes: bool = True
    tls: Literal["encrypted", "verified"] | None = None
    connections: int | None = None
    slowest_query_ms: int | None = None
    #: The database's own setting that names its environment.
    marker: str = "app.environment"

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", tuple(_table(name, uses) for name, uses in self.tables))
        _one_of("tls", self.tls, TLS)
        for name in ("dbname", "environment", "marker"):
            _text(name, getattr(self, name))
        for name in ("connections", "slowest_query_ms"):
            _count(name, getattr(self, name))
        if not isinstance(self.writes, bool):
            raise _no_such_value("writes", self.writes, ("true", "false"))

    @classmethod
    def read(cls, fields_: Mapping[str, Any]) -> Expectations:
        """Read expectations as a TOML or JSON file holds them: ``tables`` is an object there."""
        known = [item.name for item in fields(cls)]
        for name in fields_:
            if name not in known:
                raise unknown_name("expectation", name, known)
        given = dict(fields_)
        tables = given.pop("tables", {})
        if not isinstance(tables, Mapping):
            raise _no_such_value("tables", tables, ('{ accounts = ["select", "update"] }',))
        return cls(**given, tables=tuple(tables.items()))

    def to_json(self) -> dict[str, Any]:
        """Give what ``read`` reads."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        return given | {"tables": {name: list(uses) for name, uses in self.tables}}


def _table(name: object, uses: object) -> tuple[str, tuple[str, ...]]:
    if not isinstance(name, str) or not _TABLE.fullmatch(name):
        raise _no_such_value("tables", name, ("accounts", "bank.accounts"))
    if isinstance(uses, str) or not isinstance(uses, (list, tuple)):
        raise _no_such_value(f"tables.{name}", uses, ('["select", "update"]',))
    folded = tuple(str(use).lower() for use in uses) or ("select",)
    for use in folded:
        if use not in PRIVILEGES:
            raise unknown_name("privilege on a table", use, PRIVILEGES)
    return name, folded


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise _no_such_value(name, value, allowed)


def _text(name: str, value: object) -> None:
    if value is not None and not (isinstance(value, str) and _NAME.fullmatch(value)):
        raise _no_such_value(name, value, ("a name of letters, digits, _, - and .",))


def _count(name: str, value: object) -> None:
    if value is not None and not (type(value) is int and 1 <= value <= 10**6):
        raise _no_such_value(name, value, ("a whole number from 1 to 1000000",))


def _no_such_value(name: str, value: object, allowed: tuple[str, ...]) -> LabError:
    return LabError(
        f"nothing that {name!r} can be",
        found=harmless(value),
        allowed=allowed,
        next_step="See docs/connections.md.",
    )
