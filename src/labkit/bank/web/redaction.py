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
        self._secrets: tuple[tuple[str, str], ...] = ()

    def learn(self, dsn: str) -> None:
        """Remember what a connection string holds that must not be shown; nothing is forgotten again."""
        known = {*self._secrets, *_fragments(dsn)}
        self._secrets = tuple(sorted(known, key=lambda pair: (-len(pair[0]), pair)))

    def mask(self, text: str) -> str:
        """Write ``***`` for every secret in a text; a line of JSON stays one."""
        for secret, shown in self._secrets:
            if secret in text:
                text = text.replace(secret, shown)
        for pattern, shown in _IN_CONTEXT:
            text = pattern.sub(shown, text)
        return text


def _fragments(dsn: str) -> Iterator[tuple[str, str]]:
    """List each text to be masked with what is shown for it, in every spelling that a file may have."""
    for secret, shown in _secrets_of(dsn):
        for form in {secret, unquote(secret), quote(secret, safe=""), quote(secret)}:
            for spelled in {form, json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1]}:
                if len(spelled) >= _LEAST and spelled.strip("*"):
                    yield spelled, shown


def _secrets_of(dsn: str) -> Iterator[tuple[str, str]]:
    open_parts: set[str] = set()
    read = conninfo.read(dsn)
    if read is not None:
        shown = conninfo.display(read)
        open_parts = {value for value in shown.values() if value != MASK}
        for key, value in read.items():
            if value and shown[key] != value and value not in open_parts:
                yield value, shown[key]
    for secret in _as_written(dsn):
        if secret and secret not in open_parts:
            yield secret, MASK


def _as_written(dsn: str) -> Iterator[str]:
    """Cut the text as its writer meant it, where libpq may cut elsewhere or not at all."""
    found = scheme_of(dsn.strip().strip("'\""))
    if found is None:
        pairs = keyword_pairs(dsn)
        yield from (value for key, value in pairs if key in conninfo.SECRET_PARTS and value)
        return
    pieces = url_pieces(found[1])
    yield pieces.password or ""
    yield from (value for key, value in pieces.query if key in conninfo.SECRET_PARTS and value)
