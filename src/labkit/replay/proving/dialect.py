"""One statement as PostgreSQL reads it: its verb, its tables, what it would take, and the same for DuckDB."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.replay.proving.books import TABLES
from labkit.simulation.faults.query_errors import pointer

_QUOTED = r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*"
_PARAMETER = re.compile(rf"{_QUOTED}|%%|%\((\w+)\)s|%s")
_USER = re.compile(rf"{_QUOTED}|\b(?:current_user|session_user)\b", re.IGNORECASE)
_LOCK = re.compile(r"\s+FOR\s+(?:NO\s+KEY\s+)?UPDATE\b(?:\s+(?:NOWAIT|SKIP\s+LOCKED))?\s*$", re.IGNORECASE)
_TABLE = re.compile(
    rf"{_QUOTED}|\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY\s+)?((?:\w+\.)?\w+)(?!\s*\()", re.IGNORECASE
)
_SLEEP = re.compile(r"\bpg_sleep\(\s*([0-9.]+)\s*\)", re.IGNORECASE)
_SETTING = re.compile(r"\bcurrent_setting\(\s*'([\w.]+)'\s*\)", re.IGNORECASE)
_ABOUT = re.compile(r"\bhas_table_privilege\(\s*'([\w.]+)'", re.IGNORECASE)
_CTE = re.compile(r"(?:\bWITH|,)\s*(?:RECURSIVE\s+)?(\w+)\s+AS\s*\(", re.IGNORECASE)

#: How long the bank's statements take, by table; milliseconds (medians of the simulation's queries).
_TAKES_MS = {"entries": 19.0, "sessions": 3.0, "transfers": 3.4, "accounts": 2.4, "customers": 2.1}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its text, first word, and the tables it names with where they stand in the text."""

    text: str
    verb: str
    tables: tuple[tuple[str, int], ...]
    locks: bool

    @property
    def writes(self) -> bool:
        """Tell whether a read-only transaction refuses it."""
        return self.locks or self.verb in ("INSERT", "UPDATE", "DELETE")

    @property
    def command(self) -> str:
        """Name it as the server does in its refusal."""
        return "SELECT FOR UPDATE" if self.locks else self.verb

    @property
    def takes_ms(self) -> float:
        """How long it takes, from the tables it reads and what it sleeps."""
        slept = sum(1000 * float(found) for found in _SLEEP.findall(self.text))
        return slept + max([0.3, *(_TAKES_MS.get(bare(name), 0.3) for name, _ in self.tables)])

    @property
    def settings(self) -> list[str]:
        """The settings it asks for with ``current_setting``."""
        return [str(name).lower() for name in _SETTING.findall(self.text)]

    @property
    def asked_about(self) -> list[str]:
        """The tables whose privileges it asks for."""
        return [str(name) for name in _ABOUT.findall(self.text)]

    def pointed(self, at: int) -> str:
        """Write the lines that point at a place of the text."""
        return pointer(self.text, at)


def statements(text: str) -> list[Statement]:
    """Read a text of one or more statements.

    Examples
    --------
    >>> [s.verb for s in statements("BEGIN; SELECT balance FROM accounts FOR UPDATE; ROLLBACK")]
    ['BEGIN', 'SELECT', 'ROLLBACK']
    >>> statements("SELECT 1 FROM public.accounts")[0].tables
    (('public.accounts', 14),)
    """
    return [_statement(part) for part in _split(text)]


def _split(text: str) -> Iterator[str]:
    begin = 0
    for found in re.finditer(rf"{_QUOTED}|;", text):
        if found.group() == ";":
            yield from _kept(text[begin : found.start()])
            begin = found.end()
    yield from _kept(text[begin:])


def _kept(part: str) -> list[str]:
    bare_text = re.sub(r"^(?:\s+|--[^\n]*(?:\n|$))+", "", part).rstrip()
    return [bare_text] if bare_text else []


def _statement(text: str) -> Statement:
    first = re.match(r"\w+", text)
    own = {name.lower() for name in _CTE.findall(text)}
    named = [(m.group(1), m.start(1)) for m in _TABLE.finditer(text) if m.group(1)]
    tables = tuple((name, at) for name, at in named if name.lower() not in own)
    verb = first.group().upper() if first else ""
    return Statement(text, verb, tables, bool(_LOCK.search(text)))


def bare(name: str) -> str:
    """Take the schema ``public`` off a table's name.

    Examples
    --------
    >>> bare("public.Accounts")
    'accounts'
    """
    return name.lower().removeprefix("public.")


def is_known(name: str) -> bool:
    """Tell whether it is a table of the bank."""
    return bare(name) in TABLES


def for_duckdb(statement: Statement, user: str, settings: dict[str, str]) -> str:
    """Write a statement in DuckDB's words; parameters stay as they are.

    Examples
    --------
    >>> for_duckdb(statements("SELECT current_user FROM accounts FOR UPDATE")[0], "bank_app", {})
    "SELECT 'bank_app' AS current_user FROM accounts"
    """
    text = _LOCK.sub("", statement.text)
    text = re.sub(r"\binformation_schema\.tables\b", "visible_tables", text, flags=re.IGNORECASE)
    text = _SETTING.sub(lambda found: _literal(settings.get(found.group(1).lower(), "")), text)
    return _USER.sub(lambda found: _user(found.group(), user, text[: found.start()]), text)


def _user(found: str, user: str, before: str) -> str:
    if found[0] in "'\"-":
        return found
    column = re.search(r"\bSELECT\s*$", before, re.IGNORECASE)
    return _literal(user) + (f" AS {found.lower()}" if column else "")


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def parameters(text: str, named: bool) -> str:
    """Write psycopg's placeholders (``%s``, ``%(name)s``) as DuckDB's.

    Examples
    --------
    >>> parameters("SELECT '%s', %s WHERE x LIKE 'a%%'", named=False)
    "SELECT '%s', ? WHERE x LIKE 'a%'"
    """

    def one(found: re.Match[str]) -> str:
        word = found.group()
        if word == "%%":
            return "%"
        if word[0] in "'\"-":
            return word.replace("%%", "%")
        return f"${found.group(1)}" if named else "?"

    return _PARAMETER.sub(one, text)
