"""The text of a connection string cut into pieces as its writer meant them, where libpq cuts elsewhere.

libpq ends the credentials of a URL at the first ``@`` before a ``/``; a writer means the last one. Source:
``conninfo_uri_parse_options`` in https://github.com/postgres/postgres, src/interfaces/libpq/fe-connect.c.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_SCHEME = re.compile(r"((?:jdbc:)?[A-Za-z][A-Za-z0-9+._-]*)(?::/{1,3}|//)|(postgres(?:ql)?):")
_PAIR = re.compile(
    r"([^\s=]+)\s*(?:(=)\s*(?:'((?:[^'\\]|\\.)*)'?|((?:[^\s\\]|\\.)*)))?",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True, repr=False)
class UrlPieces:
    """A URL in raw pieces, nothing decoded; it may hold a password, so it has no display."""

    user: str
    password: str | None
    hosts: tuple[tuple[str, str], ...]
    dbname: str
    query: tuple[tuple[str, str | None], ...]
    spilled: bool

    def address(self) -> dict[str, str]:
        """Give what stands before the ``?``, by libpq's names; what is empty is left out."""
        pieces = {
            "user": self.user,
            "password": self.password or "",
            "host": ",".join(host for host, _ in self.hosts),
            "port": ",".join(port for _, port in self.hosts),
            "dbname": self.dbname,
        }
        return {key: value for key, value in pieces.items() if value.strip(",")}

    def raw(self) -> dict[str, str]:
        """Give all pieces, the parameters after the ``?`` too."""
        return self.address() | {key: value for key, value in self.query if value}

    def meant(self) -> dict[str, str]:
        """Give the values the writer meant, by libpq's names."""
        return {key: unquote(value) for key, value in self.raw().items()}


def scheme_of(text: str) -> tuple[str, str] | None:
    """Split off what looks like a scheme: its name and what follows the slashes; ``None`` for other texts.

    Examples
    --------
    >>> scheme_of("postgress://db.example/bank")
    ('postgress', 'db.example/bank')
    >>> scheme_of("host=db.example") is None
    True
    """
    found = _SCHEME.match(text)
    return (found[1] or found[2], text[found.end() :]) if found else None


def url_pieces(rest: str) -> UrlPieces:
    """Cut what follows a URL's scheme into pieces.

    Examples
    --------
    >>> pieces = url_pieces("bank_app:p@ss@db.example:5432/bank?sslmode=require")
    >>> pieces.spilled, pieces.hosts, pieces.dbname
    (True, (('db.example', '5432'),), 'bank')
    """
    taken = _first_at(rest)
    end = _last_at(rest, taken)
    credentials, address = ("", rest) if end is None else (rest[:end], rest[end + 1 :])
    user, colon, password = credentials.partition(":")
    before_query, _, query = address.partition("?")
    hosts, _, dbname = before_query.partition("/")
    return UrlPieces(
        user=user,
        password=password if colon else None,
        hosts=tuple(_host_and_port(entry) for entry in hosts.split(",")),
        dbname=dbname,
        query=tuple(_setting(entry) for entry in query.split("&") if entry),
        spilled=end != taken,
    )


def _first_at(rest: str) -> int | None:
    """Where libpq ends the credentials."""
    found = re.match(r"[^@/]*@", rest)
    return found.end() - 1 if found else None


def _last_at(rest: str, taken: int | None) -> int | None:
    """Where the writer meant them to end: the last ``@`` that is not within a query."""
    last = rest.rfind("@")
    query = rest.find("?", 0 if taken is None else taken + 1)
    if -1 < query < last and "=" in rest[query:last]:
        last = rest.rfind("@", 0, query)
    return None if last == -1 else last


def _host_and_port(entry: str) -> tuple[str, str]:
    if entry.startswith("[") and "]" in entry:
        host, _, port = entry[1:].partition("]")
        return host, port.removeprefix(":")
    if entry.startswith("["):  # never closed: libpq refuses it
        return entry, ""
    host, _, port = entry.partition(":")
    return host, port


def _setting(entry: str) -> tuple[str, str | None]:
    key, equals, value = entry.partition("=")
    return key, value if equals else None


def keyword_pairs(text: str) -> tuple[tuple[str, str | None], ...]:
    """Cut a key/value string into its pairs, as far as it goes; a key without ``=`` has the value ``None``.

    Examples
    --------
    >>> keyword_pairs("host = db.example dbname 'x'")
    (('host', 'db.example'), ('dbname', None), ("'x'", None))
    """
    pairs: list[tuple[str, str | None]] = []
    for found in _PAIR.finditer(text):
        quoted, plain = found[3], found[4]
        value = None if found[2] is None else re.sub(r"\\(.)", r"\1", plain if quoted is None else quoted)
        pairs.append((found[1], value))
    return tuple(pairs)
