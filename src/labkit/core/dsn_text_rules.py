"""Checks of a connection string's text: what wraps it, its scheme, what a URL must escape."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from labkit.core.dsn_finding import QUOTED, REFUSED, SCHEME, TEXT, Finding, error, warning
from labkit.core.dsn_text import UrlPieces, scheme_of
from labkit.core.dsn_words import NO_VALUE

_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb"
_BLANK = " \t\r\n\f\v\ufeff\u00a0\u200b"
_OTHER_SYSTEMS = (
    "mysql",
    "mariadb",
    "mssql",
    "sqlserver",
    "oracle",
    "sqlite",
    "mongodb",
    "redis",
    "http",
    "https",
)
_POSTGRES = ("postgresql", "postgres", "postgre", "psql", "pgsql", "pg")
_WHOLE_PLACEHOLDER = re.compile(
    r"\$\{[^}]*\}|\$[A-Za-z_]\w*|\{\{.*\}\}|%\(\w+\)s|%\w+%|<[^<>]*>|\{\w+\}", re.DOTALL
)
_PREFIX = re.compile(r"psql\s+|(?:export\s+)?(?:[A-Z][A-Z0-9_]*|\w*(?:url|dsn|uri)\w*)\s*=\s*")
_HEX = re.compile(r"%(?![0-9A-Fa-f]{2})")


def unwrap(text: str, found: list[Finding]) -> str | None:
    """Take off what does not belong to a connection string, noting each thing; ``None`` when nothing is left.

    Examples
    --------
    >>> notes = []
    >>> unwrap("'postgress://db.example/bank'", notes)
    'postgresql://db.example/bank'
    >>> [note.rule for note in notes]
    ['quotes', 'scheme-typo']
    """
    current: str | None = text
    for step in (_nul, _empty, _leading_blank, _quotes, _assignment, _placeholder, _not_a_text, _scheme):
        if current is None:
            return None
        current = step(current, found)
    return current


def _nul(text: str, found: list[Finding]) -> str:
    if "\0" in text:
        found.append(
            error(
                "nul",
                TEXT,
                "a NUL character stands in the text",
                "libpq stops reading there, without a word",
                "Leave it out.",
            )
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        consequence = "the driver cannot encode it and does not connect"
        found.append(
            error("encoding", TEXT, "a character has no UTF-8 form", consequence, "Read the text as UTF-8.")
        )
    return text.replace("\0", "")


def _empty(text: str, found: list[Finding]) -> str | None:
    if text.strip(_BLANK):
        return text
    found.append(nothing_set())
    return None


def nothing_set() -> Finding:
    """Make the finding for a text that names no part at all."""
    consequence = (
        "libpq takes every part from PG* variables and defaults, at last this machine's socket: "
        'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory'
    )
    fix = "Set the variable it is read from."
    return error("empty", TEXT, "the connection string is empty", consequence, fix)


def _leading_blank(text: str, found: list[Finding]) -> str:
    bare = text.lstrip(_BLANK)
    if bare != text and (scheme_of(bare) or bare[0] in _QUOTES or text[0] not in " \t\r\n\f\v"):
        problem = "a blank or invisible character stands before it"
        found.append(
            error("leading-blank", TEXT, problem, QUOTED, "Take out what stands before the first letter.")
        )
    return bare


def _quotes(text: str, found: list[Finding]) -> str:
    bare = text.strip(_BLANK)
    if bare[0] not in _QUOTES and not (scheme_of(bare) and bare[-1] in _QUOTES):
        return text
    fix = "Take the quotes out; env files, YAML and container options often keep them."
    found.append(error("quotes", TEXT, "quotes are part of the text", QUOTED, fix))
    return bare.strip(_QUOTES + _BLANK)


def _assignment(text: str, found: list[Finding]) -> str:
    prefix = _PREFIX.match(text)
    if not prefix or not scheme_of(text[prefix.end() :].lstrip(_QUOTES)):
        return text
    problem = "what stood before the connection string was copied with it"
    found.append(error("prefix", TEXT, problem, REFUSED, "Begin with postgresql://."))
    return text[prefix.end() :].strip(_QUOTES)


def _placeholder(text: str, found: list[Finding]) -> str | None:
    if not _WHOLE_PLACEHOLDER.fullmatch(text.strip(_BLANK)):
        return text
    problem = "the whole text is a placeholder that nothing filled in"
    fix = "Set the variable where the program runs, and expand it before it is used."
    found.append(error("placeholder", TEXT, problem, f'{REFUSED}: missing "="', fix))
    return None


def _not_a_text(text: str, found: list[Finding]) -> str | None:
    if text.strip(_BLANK).lower() not in NO_VALUE:
        return text
    problem = "the text is a word for 'no value', not a connection string"
    fix = "Set the variable it is read from; a missing one was turned into text."
    found.append(error("no-value", TEXT, problem, f'{REFUSED}: missing "="', fix))
    return None


def _scheme(text: str, found: list[Finding]) -> str | None:
    cut = scheme_of(text)
    if cut is None or text.startswith(("postgresql://", "postgres://")):
        return text
    name, rest = cut[0], cut[1]
    finding = _scheme_finding(name)
    found.append(finding)
    return None if finding.rule == "scheme-other" else f"postgresql://{rest}"


def _scheme_finding(name: str) -> Finding:
    base = re.split(r"[+.]", name.lower().removeprefix("jdbc:"))[0]
    fix = "Write postgresql://."
    if base in _OTHER_SYSTEMS:
        rule, problem = "scheme-other", f"{base} is another system's scheme"
    elif name.lower().startswith("jdbc:"):
        rule, problem = "scheme-jdbc", "this is a JDBC URL"
        fix = "Write postgresql:// with user and password before the host; JDBC's parameters are not libpq's."
    elif name in _POSTGRES[:2]:
        rule, problem = "scheme-slashes", "the scheme is not followed by ://"
    elif base in _POSTGRES[:2] and "+" in name:
        rule, problem = "scheme-driver", "the scheme names a driver, which only SQLAlchemy understands"
    elif name.lower() in _POSTGRES[:2]:
        rule, problem = "scheme-case", "libpq knows the scheme in lower case only"
    elif difflib.get_close_matches(base, _POSTGRES, cutoff=0.6):
        rule, problem = "scheme-typo", "the scheme is misspelt"
    else:
        rule, problem = "scheme-other", "the scheme is not PostgreSQL's"
    return error(rule, SCHEME, problem, QUOTED, fix)


def url_escapes(pieces: UrlPieces, accepted: bool) -> Iterator[Finding]:
    """Check what a URL must escape: a password that ran over, percent signs, blanks, brackets."""
    if pieces.spilled:
        yield _spilled(pieces, accepted)
    for part, value in pieces.raw().items():
        yield from _percent(part, value)
        if value.strip(" ") != value:
            consequence = "this libpq trims it, older ones and other programs do not"
            yield warning(
                "url-blank", part, "a blank stands at an end of it", consequence, "Take it out, or write %20."
            )
        if re.search(r"\S\s*[ ]+\s*\S", value.strip()):
            consequence = f"{REFUSED}: unexpected spaces found, use percent-encoded spaces (%20) instead"
            yield error(
                "url-space", part, "a blank stands in the URL unescaped", consequence, "Write it as %20."
            )
    if pieces.password and not pieces.spilled and (used := sorted(set(pieces.password) & set("#?:[]"))):
        problem = f"the password holds {' '.join(used)} unescaped"
        consequence = "libpq connects, but SQLAlchemy, JDBC and many checkers cut the URL there"
        yield warning("url-unescaped", "password", problem, consequence, _escape_advice(used))


def _spilled(pieces: UrlPieces, accepted: bool) -> Finding:
    used = sorted(set(f"{pieces.user}{pieces.password}") & set("@/"))
    problem = f"{' and '.join(used)} stands unescaped in the password and ends it too early"
    consequence = (
        "the host becomes a piece of the credentials: failed to resolve host, and the log shows that piece"
    )
    if not accepted:
        consequence = f"{REFUSED}; its error quotes the password"
    return error("url-spilled", "password", problem, consequence, _escape_advice(used))


def _escape_advice(used: list[str]) -> str:
    codes = ", ".join(f"{character} as %{ord(character):02X}" for character in used)
    return f"In a URL write {codes}; urllib.parse.quote(password, safe='') does it."


def _percent(part: str, value: str) -> Iterator[Finding]:
    if _HEX.search(value):
        consequence = f"{REFUSED}: invalid percent-encoded token; the error quotes what follows"
        problem = "a percent sign is not followed by two hex digits"
        yield error("url-percent", part, problem, consequence, "Write a percent sign as %25.")
    elif "%00" in value:
        consequence = f"{REFUSED}: forbidden value %00"
        yield error("url-nul", part, "it holds an escaped NUL", consequence, "Leave %00 out.")
