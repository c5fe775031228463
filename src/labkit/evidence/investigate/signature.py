"""What one message of an error means: a pattern, how far the connection got, the causes it speaks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from labkit.evidence.investigate.model import CODE, MISCONFIGURED, NETWORK, OVERLOAD, SERVER

#: How far a connection got: not even read by libpq, no address, an address where nothing answered, something
#: that is no PostgreSQL, PostgreSQL that said no, a session, or unknown because the message hides it.
Reached = Literal["text", "name", "nothing", "stranger", "server", "session", "hidden"]
#: Who wrote the message: the program, the database server, or either.
Writer = Literal["client", "server", "any"]

_KIND_WORDS = {"overload": OVERLOAD, "network": NETWORK, "server": SERVER, "code": CODE}


@dataclass(frozen=True, slots=True)
class Meaning:
    """One cause that a message speaks for, from 0 (not at all) to 1 (nothing else says this)."""

    kind: str
    part: str | None
    weight: float


@dataclass(frozen=True, slots=True)
class Signature:
    """One row of the table of messages.

    Attributes
    ----------
    name : str
        Short name, stable enough to be asked for.
    pattern : re.Pattern
        Searched in the message; its named groups (host, port, dbname, user, part) are facts by themselves.
    meanings : tuple of Meaning
        The causes it speaks for, strongest first.
    says : str
        The same in plain words.
    sqlstates : frozenset of str
        SQLSTATEs that mean the same where the text is not English.
    clears : frozenset of str
        Parts of the connection that the server had accepted before it said this.
    vague : bool
        Clients are told less than the server's own log says of the same attempt.
    """

    name: str
    pattern: re.Pattern[str]
    meanings: tuple[Meaning, ...]
    reached: Reached
    says: str
    sqlstates: frozenset[str]
    writer: Writer = "any"
    clears: frozenset[str] = frozenset()
    vague: bool = False

    @property
    def connecting(self) -> bool:
        """True where it is about making a connection, not about what is done with one."""
        return self.reached in ("text", "name", "nothing", "stranger", "server")


def row(
    name: str,
    pattern: str,
    meanings: str,
    reached: Reached,
    says: str,
    *,
    sqlstate: str = "",
    writer: Writer = "any",
    clears: str = "",
    vague: bool = False,
) -> Signature:
    """Write one row of a table: meanings are words such as ``port .6, host .5, server .3``.

    A part of something that is no connection stands behind a colon: ``server:max_connections .6``.

    Examples
    --------
    >>> found = row("refused", "Connection refused", "port .6, network .2", "nothing", "nobody listens")
    >>> [(m.kind, m.part, m.weight) for m in found.meanings]
    [('misconfigured_connection', 'port', 0.6), ('network', None, 0.2)]
    """
    return Signature(
        name,
        re.compile(pattern, re.IGNORECASE),
        tuple(_meaning(words) for words in meanings.split(",") if words.strip()),
        reached,
        says,
        frozenset(sqlstate.split()),
        writer,
        frozenset(clears.split()),
        vague,
    )


def _meaning(words: str) -> Meaning:
    name, weight = words.split()
    word, _, part = name.partition(":")
    if word in _KIND_WORDS:
        return Meaning(_KIND_WORDS[word], part or None, float(weight))
    return Meaning(MISCONFIGURED, name, float(weight))
