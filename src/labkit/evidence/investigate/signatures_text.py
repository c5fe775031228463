"""The table of messages about a connection string's text and its host's name: nothing was dialled yet.

Measured on psycopg 3.3 (tests/facts/investigate_connections.jsonl). Of several rows that match, the first one
is taken: the special stand before the general.
"""

from __future__ import annotations

from labkit.evidence.investigate.signature import Signature, row

_TEXT = (
    row(
        "percent",
        r"invalid percent-encoded token",
        "password .9, text .3",
        "text",
        "the text holds a % that is not an escape: as a rule in the password",
    ),
    row(
        "spaces",
        r"unexpected spaces found in",
        "host .6, password .6, text .4",
        "text",
        "the text holds a space where none may be",
    ),
    row(
        "part-value",
        r"invalid integer value .* for connection option \"(?P<part>\w+)\"",
        "part .9",
        "text",
        "a part that must be a number is none",
    ),
    row("port-value", r"invalid port number", "port 1", "text", "the port is no port"),
    row("sslmode-value", r"invalid sslmode value", "sslmode 1", "text", "the sslmode is none"),
    row(
        "attrs-value",
        r"invalid target_session_attrs value",
        "target_session_attrs 1",
        "text",
        "the target_session_attrs is none",
    ),
    row(
        "ssl-parameter",
        r"invalid URI query parameter: \"ssl\w*\"",
        "sslmode .9, options .3",
        "text",
        "a parameter about encryption is misspelt",
    ),
    row(
        "unknown-parameter",
        r"invalid (URI query parameter|connection option)",
        "options .8, text .4",
        "text",
        "libpq knows no parameter of that name",
    ),
    row(
        "quoted",
        r"missing \"=\" after \"[\"'\s]",
        "text .9, scheme .4",
        "text",
        "the text begins with a quote or a blank",
    ),
    row(
        "not-a-url",
        r"missing \"=\" after .* in connection info string",
        "scheme .8, text .7",
        "text",
        "libpq does not take the text for a URL",
    ),
    row(
        "no-service",
        r"definition of service \"[^\"]*\" not found",
        "service 1",
        "text",
        "the named service is not defined",
    ),
    row(
        "no-host",
        r"connection to server on socket",
        "host .9, text .6, scheme .3",
        "name",
        "no host was given, so the program's own machine was tried",
    ),
)
_NAME = (
    row(
        "host-with-at",
        r"(?:resolve host|translate host name) ['\"](?P<host>[^'\"]*@[^'\"]*)['\"]",
        "password .9, host .4",
        "name",
        "the host has an @ in it: the end of an unescaped password",
    ),
    row(
        "host-unfilled",
        r"(?:resolve host|translate host name) ['\"](?P<host>[^'\"]*[${}<>%][^'\"]*)['\"]",
        "host 1",
        "name",
        "the host is a placeholder that was never filled in",
    ),
    row(
        "bad-service-port",
        r"resolve host '[^']*'.*Servname not supported",
        "password .8, port .5, host .4",
        "name",
        "the port is no port: a slash in an unescaped password ends the host too early",
    ),
    row(
        "unresolvable",
        r"(?:failed to resolve host|could not translate host name) ['\"](?P<host>[^'\"]*)['\"]",
        "host .95, network .15",
        "name",
        "nobody knows the host's name",
    ),
    row(
        "unresolvable-other",
        r"getaddrinfo|no such host|Name or service not known|UnknownHostException",
        "host .9, network .2",
        "name",
        "nobody knows the host's name",
    ),
)

#: Every row, in the order in which they are tried.
BEFORE_DIALLING: tuple[Signature, ...] = (*_TEXT, *_NAME)
