"""The table of messages about making a connection to an address, in the order in which it is made.

Measured on psycopg 3.3 and PostgreSQL 17 and 18 (tests/facts/investigate_connections.jsonl); the words of
other drivers stand beside them. Of several rows that match, the first one is taken: the special stand before
the general.
"""

from __future__ import annotations

from labkit.evidence.investigate.signature import Signature, row

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
        "sslmode .6, user .55, dbname .4, server .2",
        "server",
        "the server lets nobody in like this, unencrypted",
        sqlstate="",
    ),
    row(
        "hba",
        r"pg_hba\.conf (?:entry for|rejects).* user \"(?P<user>[^\"]*)\", database \"(?P<dbname>[^\"]*)\"",
        "user .7, sslmode .4, dbname .4, server .2",
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
    row(
        "expired",
        r"has an expired password",
        "password 1",
        "server",
        "the role is there, its password has expired",
        clears="user",
    ),
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
        vague=True,
    ),
    row(
        "no-login",
        r"role \"(?P<user>[^\"]*)\" is not permitted to log in",
        "user .9, server .3",
        "server",
        "the role may not log in",
        sqlstate="28000",
        clears="password sslmode",
    ),
    row(
        "bad-name-end",
        r"database \"(?P<dbname>[^\"]*[\r\n]+)\" does not exist",
        "dbname 1",
        "server",
        "the database's name ends in a line break",
        clears="user password sslmode",
    ),
    row(
        "no-database",
        r"database \"(?P<dbname>[^\"]*)\" does not exist",
        "dbname 1",
        "server",
        "the server has no such database",
        sqlstate="3D000",
        clears="user password sslmode",
    ),
    row(
        "no-connect",
        r"permission denied for database \"(?P<dbname>[^\"]*)\"",
        "dbname .7, user .65, server .3",
        "server",
        "the role may not connect to that database",
        clears="password sslmode",
    ),
    row(
        "closed-database",
        r"database \"(?P<dbname>[^\"]*)\" is not currently accepting",
        "dbname .7, server .5",
        "server",
        "that database takes no connections",
        clears="user password sslmode",
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
        "server:max_connections .75, pool .5, overload .4",
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
        clears="user password sslmode dbname",
    ),
    row(
        "attrs",
        r"server is (?:not )?in hot standby mode|session is (?:not )?read-only",
        "target_session_attrs .75, host .6, port .35",
        "server",
        "the server has not the role that is asked for",
        clears="user password sslmode dbname host port",
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
CONNECTING: tuple[Signature, ...] = (*_NOBODY, *_ENCRYPTION, *_LOGIN)
