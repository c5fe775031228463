"""The table of messages about making a connection, in the order in which a connection is made.

Measured on psycopg 3.3 and PostgreSQL 17 and 18 (tests/facts/investigate_connections.jsonl); the words of
other drivers stand beside them. Of several rows that match, the first one is taken: the special stand before
the general.
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
        r"resolve host '(?P<host>[^']*)'.*Servname not supported",
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
_NOBODY = (
    row(
        "refused",
        r"Connection refused|ECONNREFUSED|Connect call failed|Connection to \S+ refused",
        "port .6, host .5, server .45",
        "nothing",
        "nothing listens at that host and port",
    ),
    row(
        "no-route",
        r"No route to host|Network is unreachable|EHOSTUNREACH|ENETUNREACH",
        "network .7, host .6",
        "nothing",
        "no way leads to that host",
    ),
    row(
        "no-answer",
        r"connection timeout expired|^timeout expired|Connection timed out|ETIMEDOUT|i/o timeout",
        "host .6, network .6, port .4, overload .15",
        "nothing",
        "nothing answers there within the time given",
    ),
    row(
        "not-postgres",
        r"invalid response to SSL negotiation|expected authentication request from server",
        "port .8, host .5",
        "stranger",
        "something listens there that is no PostgreSQL",
    ),
)
_ENCRYPTION = (
    row(
        "name-mismatch",
        r"server certificate for \"(?P<name>[^\"]*)\" does not match host name \"(?P<host>[^\"]*)\"",
        "sslmode .7, host .7",
        "stranger",
        "the server's certificate is for another name",
    ),
    row(
        "certificate",
        r"certificate verify failed|unknown ca|certificate has expired|root certificate file",
        "sslmode .8, sslrootcert .7, server .3",
        "stranger",
        "the server's certificate was not accepted",
    ),
    row(
        "no-tls",
        r"server does not support SSL",
        "sslmode .9, host .3, port .2",
        "stranger",
        "encryption is demanded and the server has none",
    ),
    row(
        "tls-broken",
        r"SSL error: unexpected eof",
        "sslmode .7, sslnegotiation .6, port .4, network .3",
        "stranger",
        "the encryption was never agreed on",
    ),
    row(
        "hba-plain",
        r"no pg_hba\.conf entry for .* user \"(?P<user>[^\"]*)\", database \"(?P<dbname>[^\"]*)\", no enc",
        "sslmode .6, user .55, dbname .4, server .4",
        "server",
        "the server lets nobody in like this, unencrypted",
        sqlstate="",
    ),
    row(
        "hba",
        r"pg_hba\.conf (?:entry for|rejects).* user \"(?P<user>[^\"]*)\", database \"(?P<dbname>[^\"]*)\"",
        "user .6, sslmode .4, dbname .4, server .45",
        "server",
        "the server's rules let nobody in like this",
    ),
)
_LOGIN = (
    row("no-password", r"no password supplied", "password 1", "server", "no password was given"),
    row(
        "no-such-role",
        r"Role \"(?P<user>[^\"]*)\" does not exist",
        "user 1",
        "server",
        "the server has no such role",
    ),
    row("expired", r"has an expired password", "password 1", "server", "the role's password has expired"),
    row(
        "password-server",
        r"password authentication failed for user \"(?P<user>[^\"]*)\"",
        "password .9, user .3",
        "server",
        "the role is there, the password is not its own",
        sqlstate="28P01",
        writer="server",
    ),
    row(
        "password",
        r"password authentication failed for user \"(?P<user>[^\"]*)\"",
        "password .7, user .5",
        "server",
        "role and password do not belong together; the client is not told which is wrong",
        sqlstate="28P01",
    ),
    row(
        "no-login",
        r"role \"(?P<user>[^\"]*)\" is not permitted to log in",
        "user .9, server .3",
        "server",
        "the role may not log in",
        sqlstate="28000",
    ),
    row(
        "bad-name-end",
        r"database \"(?P<dbname>[^\"]*[\r\n]+)\" does not exist",
        "dbname 1",
        "server",
        "the database's name ends in a line break",
    ),
    row(
        "no-database",
        r"database \"(?P<dbname>[^\"]*)\" does not exist",
        "dbname 1",
        "server",
        "the server has no such database",
        sqlstate="3D000",
    ),
    row(
        "no-connect",
        r"permission denied for database \"(?P<dbname>[^\"]*)\"",
        "dbname .7, user .65, server .3",
        "server",
        "the role may not connect to that database",
    ),
    row(
        "closed-database",
        r"database \"(?P<dbname>[^\"]*)\" is not currently accepting",
        "dbname .7, server .5",
        "server",
        "that database takes no connections",
    ),
    row(
        "database-full",
        r"too many connections for database \"(?P<dbname>[^\"]*)\"",
        "pool .6, dbname .5, server .4, overload .3",
        "server",
        "that database has all the connections it may have",
    ),
    row(
        "role-full",
        r"too many connections for role \"(?P<user>[^\"]*)\"",
        "pool .6, user .5, server .4, overload .3",
        "server",
        "that role has all the connections it may have",
    ),
    row(
        "slots",
        r"too many clients already|remaining connection slots are reserved",
        "pool .65, server .6, overload .4",
        "server",
        "the server has no connection left",
        sqlstate="53300",
    ),
    row(
        "bad-setting",
        r"unrecognized configuration parameter|invalid value for parameter|invalid command-line argument",
        "options .95, code .2",
        "server",
        "a setting for the session is refused",
        sqlstate="42704 22023",
    ),
    row(
        "attrs",
        r"server is (?:not )?in hot standby mode|session is (?:not )?read-only",
        "target_session_attrs .75, host .6, port .35",
        "server",
        "the server has not the role that is asked for",
    ),
    row(
        "starting",
        r"database system is (?:starting up|shutting down|in recovery mode|not yet accepting)",
        "server 1",
        "server",
        "the server starts or stops",
        sqlstate="57P03",
    ),
)

#: Every row, in the order in which they are tried.
CONNECTING: tuple[Signature, ...] = (*_TEXT, *_NAME, *_NOBODY, *_ENCRYPTION, *_LOGIN)
