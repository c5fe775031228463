"""What must not be read anywhere is masked where text leaves the process, whichever way it came there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from labkit.core import conninfo
from labkit.core.dsn_text import keyword_pairs, scheme_of, url_pieces
from labkit.core.secret import MASK

#: A fragment that is shorter says nothing, and masking it would spoil words that have nothing to do with it.
_LEAST = 4
_CUTS = re.compile(r"[@/:?#]")
_PORT = re.compile(r"[0-9]{0,5}|\$\{\w+\}|\{\{\s*\w+\s*\}\}")
_IN_CONTEXT = (
    (re.compile(r"(://[^\s:/@\"'\\]*:)[^\s\"'\\]*@"), rf"\1{MASK}@"),
    (re.compile(r"(?i)(\b(?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^\s'\"\\&]+)"), rf"\1{MASK}"),
    (re.compile(r'(invalid percent-encoded token: \\?")[^"\\]*(\\?")'), rf"\1{MASK}\2"),
)


class Redactor:
    """Mask the secrets of every connection string it was told of, and whatever looks like one.

    Examples
    --------
    >>> redactor = Redactor()
    >>> redactor.learn("postgresql://bank_app:pa@ss-word@db.example/bank")
    >>> redactor.mask("failed to resolve host 'ss-word@db.example'")
    "failed to resolve host '***@db.example'"
    """

    def __init__(self) -> None:
        self._secrets: tuple[str, ...] = ()

    def learn(self, dsn: str) -> None:
        """Remember what a connection string holds that must not be shown; nothing is forgotten again."""
        known = {*self._secrets, *_fragments(dsn)}
        self._secrets = tuple(sorted(known, key=lambda secret: (-len(secret), secret)))

    def mask(self, text: str) -> str:
        """Write ``***`` for every secret in a text; a line of JSON stays one."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        for pattern, shown in _IN_CONTEXT:
            text = pattern.sub(shown, text)
        return text


def _fragments(dsn: str) -> Iterator[str]:
    """List each text to be masked, in every spelling that a file may have."""
    for secret in _secrets_of(dsn):
        for form in {secret, unquote(secret), quote(secret, safe=""), quote(secret)}:
            for spelled in {form, json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1]}:
                if len(spelled) >= _LEAST and spelled.strip("*"):
                    yield spelled


def _secrets_of(dsn: str) -> set[str]:
    """List passwords and their pieces, for libpq cuts an unescaped one at ``@``, ``/`` and ``:``.

    What is a user, host or database's name as well cannot be hidden, and is left to the context.
    """
    written = dict(_as_written(dsn))
    read = conninfo.read(dsn) or {}
    whole = {value for key, value in (*written.items(), *read.items()) if key in conninfo.SECRET_PARTS}
    spilled = {value.rpartition("@")[0] for key, value in read.items() if key in ("host", "dbname")}
    ports = {port for port in read.get("port", "").split(",") if not _PORT.fullmatch(port)}
    pieces = {piece for value in whole | spilled | ports for piece in _CUTS.split(value)}
    known = {value for key, value in written.items() if key in ("user", "host", "dbname")}
    return (whole | pieces) - known


def _as_written(dsn: str) -> Iterator[tuple[str, str]]:
    """Cut the text as its writer meant it, where libpq may cut elsewhere or not at all."""
    found = scheme_of(dsn.strip().strip("'\""))
    if found is None:
        yield from ((key, value) for key, value in keyword_pairs(dsn) if value)
    else:
        yield from url_pieces(found[1]).raw().items()
