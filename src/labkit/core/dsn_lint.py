"""Check a connection string: what libpq refuses, and what it lets through and nobody meant."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from labkit.core import conninfo
from labkit.core.dsn import Dsn
from labkit.core.dsn_finding import REFUSED, SCHEME, TEXT, Finding, error, warning
from labkit.core.dsn_network_rules import network_findings
from labkit.core.dsn_option_rules import option_findings
from labkit.core.dsn_text import keyword_pairs, scheme_of, url_pieces
from labkit.core.dsn_text_rules import nothing_set, unwrap, url_escapes
from labkit.core.dsn_value_rules import value_findings
from labkit.core.dsn_words import FOREIGN
from labkit.core.secret import Secret

Pairs = Iterable[tuple[str, str | None]]


def lint(dsn: object) -> tuple[Finding, ...]:
    """Check a connection string, as text or as a value; errors first, then warnings.

    Any text is taken, also those libpq refuses, and nothing is looked up: no environment, file or network.
    No finding holds a secret. What a placeholder does not fill in is told, not its name.

    Examples
    --------
    >>> for finding in lint("postgress://bank_app:pw@db.example:70000/bank"):
    ...     print(finding.severity, finding.part, finding.problem)
    error scheme the scheme is misspelt
    error port 70000 is not between 1 and 65535
    >>> lint("postgresql://bank_app:pw@db.example:5432/bank")
    ()
    """
    if isinstance(dsn, Dsn):
        found = [*_values({key: _plain(value) for key, value in dsn.parts}, url=False)]
    elif isinstance(dsn, str):
        found = _text(dsn)
    else:
        fix = "Read the variable as text, and say so when it is not set."
        found = [
            error(
                "no-value",
                TEXT,
                "it is not text",
                "psycopg refuses it, or takes every part from defaults",
                fix,
            )
        ]
    unique: dict[tuple[str, str], Finding] = {}
    for finding in found:
        unique.setdefault((finding.rule, finding.part), finding)
    return tuple(sorted(unique.values(), key=_rank))


def _rank(finding: Finding) -> tuple[str, int]:
    """Order findings by severity, then as the parts of a URL stand."""
    order = (TEXT, SCHEME, *conninfo.ORDER)
    return finding.severity, order.index(finding.part) if finding.part in order else len(order)


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _text(text: str) -> list[Finding]:
    found: list[Finding] = []
    bare = unwrap(text, found)
    if bare is None:
        return found
    accepted = conninfo.read(bare)
    if accepted == {}:
        return [*found, nothing_set()]
    cut = scheme_of(bare)
    found += _url(cut[1], accepted) if cut else _keywords(bare, accepted)
    if text != text.rstrip() and not _has_rule(found, "value-blank", "url-blank"):
        consequence = "this libpq drops it, older ones and other programs take it as part of the last value"
        found.append(
            warning("trailing-blank", TEXT, "a blank or line end follows", consequence, "Strip the text.")
        )
    if accepted is None and not any(finding.severity == "error" for finding in found):
        found.append(_unreadable(url=cut is not None or "=" not in bare))
    return _placeholders_first(found, refused=accepted is None)


def _has_rule(found: Iterable[Finding], *rules: str) -> bool:
    return any(finding.rule in rules for finding in found)


def _placeholders_first(found: list[Finding], *, refused: bool) -> list[Finding]:
    """Keep that finding alone where nothing filled a part in: its blanks and signs are the placeholder's."""
    open_parts = {finding.part for finding in found if finding.rule == "placeholder"}
    kept = [finding for finding in found if finding.rule == "placeholder" or finding.part not in open_parts]
    if not refused:
        return kept
    return [replace(item, consequence=REFUSED) if item.rule == "placeholder" else item for item in kept]


def _url(rest: str, accepted: dict[str, str] | None) -> list[Finding]:
    pieces = url_pieces(rest)
    found = [
        *url_escapes(pieces, accepted is not None),
        *_settings(pieces.query),
        *_given_twice(pieces.query),
    ]
    if any(value is None or "=" in value for _, value in pieces.query):
        consequence = f"{REFUSED}: missing or extra key/value separator in URI query parameter"
        fix = "Write NAME=VALUE, joined with &; a = within a value is %3D."
        found.append(error("query", TEXT, "a parameter after the ? is not NAME=VALUE", consequence, fix))
    for part in sorted({key for key, _ in pieces.query} & {"host", "port", "user", "password", "dbname"}):
        if pieces.address().get(part):
            consequence = "the parameter after the ? wins"
            found.append(
                warning("twice", part, "it stands in the URL twice", consequence, "Keep one of them.")
            )
    parts = pieces.meant() if accepted is None or pieces.spilled else accepted
    return [*found, *_values(parts, url=True)]


def _keywords(text: str, accepted: dict[str, str] | None) -> list[Finding]:
    if re.search(r"=[^;'\s]*;", text):
        consequence = "libpq takes the rest as part of the first value, or refuses the text"
        fix = "Join the settings with blanks: host=HOST port=PORT user=USER dbname=DATABASE."
        return [error("semicolons", TEXT, "settings are joined with semicolons", consequence, fix)]
    pairs = keyword_pairs(text)
    found = [*_settings(pairs), *_given_twice(pairs)]
    if accepted is not None:
        return [*found, *_values(accepted, url=False)]
    known = conninfo.known_parts()
    bare = [key for key, value in pairs if value is None]
    if any(key in known for key in bare):
        fix = "Write host=NAME port=NUMBER, each with its =."
        consequence = f'{REFUSED}: missing "=" after the name of a part'
        return [*found, error("no-equals", TEXT, "a part stands without =", consequence, fix)]
    if bare and pairs[0][1] is not None:
        consequence = f'{REFUSED}: missing "="; the error quotes the word'
        fix = "Put it in single quotes: password='two words'; a quote or backslash in it gets a backslash."
        found.append(error("unquoted", TEXT, "a value with a blank is not quoted", consequence, fix))
    named = {key: value for key, value in pairs if value is not None and key in known}
    return [*found, *_values(named, url=False)] if named else found


def _settings(pairs: Pairs) -> Iterator[Finding]:
    """Check the names; an unknown one is told only when it is like a name: it may be a password's end."""
    known = conninfo.known_parts()
    for key, value in pairs:
        if key in known or (value is None and key not in FOREIGN):
            continue
        consequence = f"{REFUSED}: invalid connection option (in a URL: invalid URI query parameter)"
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.75)
        if key == "ssl" and value == "true":
            continue
        if key in FOREIGN:
            part = FOREIGN[key].split("=")[0]
            part = part if part in known else TEXT
            yield error("option", part, f"{key} is not libpq's", consequence, f"libpq says: {FOREIGN[key]}.")
        elif near:
            yield error("option", near[0], f"{near[0]} is misspelt", consequence, f"Did you mean {near[0]}?")
        else:
            fix = "Take it out; libpq's parts are listed in its manual, 'Parameter Key Words'."
            yield error("option", TEXT, "it sets something libpq does not know", consequence, fix)


def _given_twice(pairs: Pairs) -> Iterator[Finding]:
    known = conninfo.known_parts()
    for key, count in Counter(key for key, value in pairs if value is not None).items():
        if count > 1 and key in known:
            consequence = "the last one wins"
            yield warning("twice", key, f"it is given {count} times", consequence, "Keep one of them.")


def _values(parts: dict[str, str], *, url: bool) -> Iterator[Finding]:
    yield from network_findings(parts)
    yield from value_findings(parts, url=url)
    yield from option_findings(parts)


def _unreadable(*, url: bool) -> Finding:
    form = (
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        if url
        else "host=HOST port=PORT user=USER dbname=DATABASE"
    )
    return error("unreadable", TEXT, "libpq's parser refuses it", f"{REFUSED}", f"Write {form}.")
