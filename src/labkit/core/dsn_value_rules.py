"""Checks of the values in a connection string: placeholders, blanks, quotes, words libpq does not know."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from labkit.core.conninfo import SECRET_PARTS
from labkit.core.dsn_finding import Finding, error, warning
from labkit.core.dsn_words import NO_VALUE, NUMBERS, WORDS

_PLACEHOLDER = re.compile(
    r"\$\{[^}]*\}?|\$\([^)]*\)|\$[A-Za-z_]\w*|\{\{.*?\}\}|\{[A-Za-z_]\w*\}|%\(\w+\)s|%[A-Za-z_]\w*%|<[^<>]+>",
    re.DOTALL,
)
#: What a value that is wrong in this part leads to.
_LEADS_TO = {
    "host": "failed to resolve host: Name or service not known",
    "port": 'connection is bad: invalid integer value for connection option "port"',
    "dbname": "FATAL: database does not exist (3D000 in the server's log)",
    "user": "FATAL: password authentication failed for user (28P01 in the server's log)",
    "password": "FATAL: password authentication failed for user (28P01 in the server's log)",
    "sslmode": "connection is bad: invalid sslmode value",
}
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")


def value_findings(parts: Mapping[str, str], *, url: bool) -> Iterator[Finding]:
    """Check each value for itself, then what the parts say together."""
    for part, value in parts.items():
        yield from _value(part, value, url=url)
    for part, allowed in WORDS.items():
        if part in parts:
            yield from _word(part, parts[part], allowed)
    for part in NUMBERS:
        if part in parts:
            yield from _number(part, parts[part])
    yield from _together(parts)
    if "service" not in parts:
        yield from _left_out(parts)


def _value(part: str, value: str, *, url: bool) -> Iterator[Finding]:
    leads_to = _LEADS_TO.get(part, "libpq or the server takes the value as it stands")
    placeholder = _PLACEHOLDER.fullmatch if part in SECRET_PARTS else _PLACEHOLDER.search
    if placeholder(value.strip()):
        fix = "Set the variable where the program runs, and expand it before it is used."
        yield error("placeholder", part, "it holds a placeholder that nothing filled in", leads_to, fix)
        return
    if part in _LEADS_TO and value.strip().lower() in NO_VALUE:
        problem = "it is a word for 'no value'"
        fix = "Set the variable it is made from; a missing one was turned into text."
        yield (warning if part in SECRET_PARTS else error)("no-value", part, problem, leads_to, fix)
    yield from _blanks(part, value, leads_to)
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'`":
        make = warning if part in SECRET_PARTS else error
        fix = "Take the quotes out; in the key/value form only single quotes quote."
        yield make("value-quotes", part, "quotes are part of the value", leads_to, fix)
    if re.match(r"(?:host|port|user|password|dbname|sslmode)=", value):
        problem = "it is empty in the text and swallowed the setting after it"
        yield error("swallowed", part, problem, leads_to, f"Fill {part} in, or write {part}=''.")
    if part in ("user", "password", "dbname") and _ESCAPED.search(value):
        yield _escaped(part, leads_to, url=url)


def _blanks(part: str, value: str, leads_to: str) -> Iterator[Finding]:
    if value == value.strip() and value.isprintable():
        return
    ends = value.strip() != value
    problem = "a blank or line end hangs on the value" if ends else "it holds a character that cannot be seen"
    fix = "Strip what the variable or file is read into."
    if part == "port" or (part in SECRET_PARTS and value.strip("\r\n") == value):
        yield warning("value-blank", part, problem, "taken as it stands; other programs may refuse it", fix)
    else:
        yield error("value-blank", part, problem, leads_to, fix)


def _escaped(part: str, leads_to: str, *, url: bool) -> Finding:
    if url:
        problem, fix = "it still holds percent codes after decoding: it was escaped twice", "Escape it once."
    else:
        problem, fix = "it holds percent codes, which only a URL decodes", "Write the characters themselves."
    return warning("escaped-twice", part, problem, leads_to, fix)


def _word(part: str, value: str, allowed: tuple[str, ...]) -> Iterator[Finding]:
    folded = part.startswith("ssl_") and value.lower() in (word.lower() for word in allowed)
    if value.strip() in allowed or folded or _PLACEHOLDER.search(value):
        return
    near = difflib.get_close_matches(value.strip().lower(), allowed, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    consequence = f"connection is bad: invalid {part} value"
    fix = f"Write one of: {', '.join(allowed)}.{hint}"
    yield error("word", part, f"{part} has a value libpq does not know", consequence, fix)


def _number(part: str, value: str) -> Iterator[Finding]:
    if re.fullmatch(r"\s*[+-]?\d{1,9}\s*", value) or _PLACEHOLDER.search(value):
        return
    consequence = f'invalid integer value for connection option "{part}"'
    if part == "connect_timeout":
        consequence = "psycopg refuses it: bad value for connect_timeout"
    unit = "milliseconds" if part == "tcp_user_timeout" else "seconds"
    fix = f"Write a whole number{f' of {unit}' if 'time' in part else ''}, without a unit."
    yield error("number", part, "it is not a whole number", consequence, fix)


def _together(parts: Mapping[str, str]) -> Iterator[Finding]:
    mode = parts.get("sslmode", "prefer")
    weak = mode in ("disable", "allow", "prefer")
    if parts.get("sslnegotiation") == "direct" and weak:
        consequence = f'connection is bad: weak sslmode "{mode}" may not be used with sslnegotiation=direct'
        yield error(
            "ssl-direct", "sslmode", "direct negotiation needs SSL", consequence, "Add sslmode=require."
        )
    if mode in ("verify-ca", "verify-full") and "sslrootcert" not in parts:
        consequence = (
            "libpq looks for ~/.postgresql/root.crt of whoever runs the program, and refuses without it"
        )
        yield warning(
            "ssl-root",
            "sslrootcert",
            "no root certificate is named",
            consequence,
            "Add sslrootcert=system or a file.",
        )
    if parts.get("target_session_attrs") in ("standby", "read-only"):
        consequence = (
            "a primary is refused (server is not in hot standby mode); on a standby writes fail with 25006"
        )
        fix = "For a program that writes, use read-write."
        yield warning(
            "read-only", "target_session_attrs", "it asks for a server one cannot write to", consequence, fix
        )


def _left_out(parts: Mapping[str, str]) -> Iterator[Finding]:
    if not parts.get("user"):
        consequence = "libpq takes PGUSER, else the name of whoever runs the program"
        yield warning(
            "user-missing", "user", "no user is named", consequence, "Name the role before the @ or in user=."
        )
    if ":" in parts.get("user", ""):
        fix = "In the key/value form write user=NAME password=PASSWORD."
        yield error(
            "user-password", "user", "the user holds a colon, perhaps a password", _LEADS_TO["user"], fix
        )
    if not parts.get("dbname"):
        consequence = (
            "libpq takes PGDATABASE, else a database with the user's name: FATAL: database does not exist"
        )
        yield warning(
            "dbname-missing",
            "dbname",
            "no database is named",
            consequence,
            "Write /NAME after host and port.",
        )
    if not parts.get("password") and not {"sslcert", "require_auth"} & parts.keys():
        consequence = (
            "without PGPASSWORD or a password file, where it is asked for: fe_sendauth: no password supplied"
        )
        fix = "Give the password, or make sure the password file is there for whoever runs the program."
        yield warning("password-missing", "password", "there is no password", consequence, fix)
    if re.search(r"[/?&;#]", parts.get("dbname", "")):
        fix = "Write the database's name alone; parameters begin with one ? and are joined with &."
        problem = "the database's name holds a piece of a URL"
        yield error("dbname-url", "dbname", problem, _LEADS_TO["dbname"], fix)
