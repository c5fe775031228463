"""A connection string cut into its parts, so that a page can mark the ones that differ."""

from __future__ import annotations

from labkit.core.conninfo import read
from labkit.core.dsn import Dsn

Token = tuple[str, str]


def spell(text: str) -> list[Token]:
    """Cut a masked string into (part, text); signs between parts carry no name.

    Examples
    --------
    >>> spell("postgresql://bank_app:***@db.example:5432/bank")[-3:]
    [('port', '5432'), ('', '/'), ('dbname', 'bank')]
    >>> spell("postgress://db.example")
    [('text', 'postgress://db.example')]
    """
    if not text or read(text) is None:
        return [("text", text or "(empty)")]
    shown = Dsn.parse(text).shown
    tokens: list[Token] = [("", "postgresql://")]
    if "user" in shown:
        tokens += [("user", shown["user"])]
        tokens += [("", ":"), ("password", shown["password"])] if "password" in shown else []
        tokens += [("", "@")]
    tokens += [("host", shown.get("host", ""))]
    tokens += [("", ":"), ("port", shown["port"])] if "port" in shown else []
    tokens += [("", "/"), ("dbname", shown["dbname"])] if "dbname" in shown else []
    first = True
    for part, value in shown.items():
        if part not in ("user", "password", "host", "port", "dbname"):
            tokens += [("", "?" if first else "&"), (part, f"{part}={value}")]
            first = False
    return tokens


def marked(text: str, other: str, *, another_password: bool = False) -> list[tuple[str, bool]]:
    """Cut a string into (text, differs), compared with another one.

    Examples
    --------
    >>> marked("postgresql://db.example/shop", "postgresql://db.example/bank")[-1]
    ('shop', True)
    """
    theirs = dict(spell(other))
    found = []
    for part, piece in spell(text):
        differs = bool(part) and theirs.get(part) != piece
        found.append((piece, differs or (part == "password" and another_password)))
    return found


def parts(text: str) -> dict[str, str]:
    """Name the parts that a person edits, with their values; empty where the string does not have them.

    Examples
    --------
    >>> parts("postgresql://bank_app@db.example:5432/bank")["port"]
    '5432'
    """
    shown = Dsn.parse(text).shown if text and read(text) is not None else {}
    return {name: shown.get(name, "") for name in ("user", "host", "port", "dbname", "sslmode", "options")}
