"""Every fault and decoy that the investigation must tell apart, as cases made from the measured facts."""

from __future__ import annotations

from dataclasses import dataclass

from made_cases import AT, GOOD, Case, Line

from labkit.evidence.investigate.model import CODE, MISCONFIGURED, NETWORK, NONE, OVERLOAD, SERVER

REFUSED = "failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?"
TURNED_AWAY = 'password authentication failed for user "shop"'
NO_TABLE = 'relation "accounts" does not exist'
READ_ONLY = "cannot execute UPDATE in a read-only transaction"
STOPPED = "canceling statement due to statement timeout"
REJECTED = 'pg_hba.conf rejects connection for host "192.0.2.31", user "shop", database "shop", no encryption'
UNENCRYPTED = 'no pg_hba.conf entry for host "192.0.2.31", user "shop", database "shop", no encryption'


@dataclass(frozen=True)
class Fault:
    """A case and what the investigation should say of it."""

    name: str
    case: Case
    kind: str
    part: str | None = None


def dsn(**parts: str) -> str:
    """Write the good connection string with some parts changed."""
    value = {
        "user": "shop",
        "host": "db.shop.example",
        "port": "5432",
        "dbname": "shop",
        "rest": "",
        "password": "***",
    }
    value |= parts
    return "postgresql://{user}:{password}@{host}:{port}/{dbname}{rest}".format(**value)


def said(message: str) -> str:
    """Write what the driver makes of a FATAL line of the server."""
    return f"{AT} 5432 failed: FATAL:  {message}"


def turned_away(message: str, sqlstate: str, detail: str | None = None, **rest: object) -> Case:
    """Make a case in which the server turns every attempt away, and says so."""
    line: Line = ("FATAL", sqlstate, message, detail)
    return Case(said(message), line=line, **rest)  # type: ignore[arg-type]


def refused(message: str, error: str, sqlstate: str, **rest: object) -> Case:
    """Make a case in which sessions begin and queries are refused."""
    line: Line = ("ERROR", sqlstate, message, None)
    given = {"connected": True, "pool": False, **rest}
    return Case(message, error=f"psycopg.errors.{error}", sqlstate=sqlstate, line=line, **given)  # type: ignore[arg-type]


_CONNECTING = (
    Fault("wrong port", Case(f"{AT} 5433 {REFUSED}", dsn=dsn(port="5433")), MISCONFIGURED, "port"),
    Fault(
        "unresolvable host",
        Case(
            "failed to resolve host 'db.shp.example': [Errno -2] Name or service not known",
            dsn=dsn(host="db.shp.example"),
        ),
        MISCONFIGURED,
        "host",
    ),
    Fault(
        "refusing host",
        Case(
            f'connection failed: connection to server at "192.0.2.9", port 5432 {REFUSED}',
            dsn=dsn(host="db2.shop.example"),
        ),
        MISCONFIGURED,
        "host",
    ),
    Fault(
        "blackholed host",
        Case(
            "connection timeout expired", error="psycopg.errors.ConnectionTimeout", dsn=dsn(host="192.0.2.99")
        ),
        MISCONFIGURED,
        "host",
    ),
    Fault(
        "port of a web server",
        Case(f"{AT} 8080 failed: received invalid response to SSL negotiation: H", dsn=dsn(port="8080")),
        MISCONFIGURED,
        "port",
    ),
    Fault(
        "wrong database",
        turned_away('database "shopp" does not exist', "3D000", dsn=dsn(dbname="shopp")),
        MISCONFIGURED,
        "dbname",
    ),
    Fault(
        "wrong user",
        turned_away(
            'password authentication failed for user "shp"',
            "28P01",
            'Role "shp" does not exist.\nConnection matched file',
            dsn=dsn(user="shp"),
        ),
        MISCONFIGURED,
        "user",
    ),
    Fault(
        "wrong password",
        turned_away(TURNED_AWAY, "28P01", "Connection matched file", dsn=dsn()),
        MISCONFIGURED,
        "password",
    ),
    Fault(
        "password rotated",
        turned_away(TURNED_AWAY, "28P01", "Connection matched file", deployed=False, ramp=True),
        MISCONFIGURED,
        "password",
    ),
    Fault(
        "expired password of a new role",
        turned_away(
            'password authentication failed for user "shop_2"',
            "28P01",
            'User "shop_2" has an expired password.\nConnection matched file',
            dsn=dsn(user="shop_2"),
        ),
        MISCONFIGURED,
        "password",
    ),
    Fault(
        "rule of the server",
        turned_away(
            REJECTED,
            "28000",
            deployed=False,
        ),
        MISCONFIGURED,
        "user",
    ),
    Fault(
        "unescaped @",
        Case("failed to resolve host 'ss@db.shop.example': [Errno -2] Name or service not known", dsn=dsn()),
        MISCONFIGURED,
        "password",
    ),
    Fault(
        "missing password",
        Case(
            f"{AT} 5432 failed: fe_sendauth: no password supplied",
            dsn="postgresql://shop@db.shop.example:5432/shop",
        ),
        MISCONFIGURED,
        "password",
    ),
    Fault(
        "encryption required",
        Case(
            f"{AT} 5432 failed: server does not support SSL, but SSL was required",
            dsn=dsn(rest="?sslmode=require"),
        ),
        MISCONFIGURED,
        "sslmode",
    ),
    Fault(
        "encryption disabled",
        turned_away(UNENCRYPTED, "28000", dsn=dsn(rest="?sslmode=disable")),
        MISCONFIGURED,
        "sslmode",
    ),
    Fault(
        "name of the certificate",
        Case(
            f'{AT} 5432 failed: server certificate for "db.shop.example" does not match '
            'host name "192.0.2.7"',
            dsn=dsn(host="192.0.2.7"),
        ),
        MISCONFIGURED,
        "host",
    ),
    Fault(
        "no login",
        turned_away('role "ro" is not permitted to log in', "28000", dsn=dsn(user="ro")),
        MISCONFIGURED,
        "user",
    ),
    Fault(
        "bad options",
        turned_away(
            'unrecognized configuration parameter "serch_path"',
            "42704",
            dsn=dsn(rest="?options=-cserch_path%3Dpublic"),
        ),
        MISCONFIGURED,
        "options",
    ),
    Fault(
        "session attributes",
        Case(f"{AT} 5432 failed: session is read-only", dsn=dsn(rest="?target_session_attrs=standby")),
        MISCONFIGURED,
        "target_session_attrs",
    ),
    Fault(
        "unfilled host",
        Case(
            "failed to resolve host '${DB_HOST}': [Errno -2] Name or service not known",
            dsn=dsn(host="${DB_HOST}"),
        ),
        MISCONFIGURED,
        "host",
    ),
    Fault(
        "unfilled password",
        turned_away(TURNED_AWAY, "28P01", "Connection matched file", dsn=dsn(password="${DB_PASSWORD}")),
        MISCONFIGURED,
        "password",
    ),
    Fault(
        "trailing newline",
        turned_away('database "shop\n" does not exist', "3D000", dsn=GOOD + "\n"),
        MISCONFIGURED,
        "dbname",
    ),
    Fault(
        "misspelt scheme",
        Case(
            'missing "=" after "postgress://shop:pw@db/shop" in connection info string\n',
            error="psycopg.ProgrammingError",
            dsn=GOOD.replace("postgresql", "postgress"),
        ),
        MISCONFIGURED,
        "scheme",
    ),
    Fault(
        "quoted text",
        Case(
            'missing "=" after ""postgresql://shop:pw@db/shop"" in connection info string\n',
            error="psycopg.ProgrammingError",
            dsn=f'"{GOOD}"',
        ),
        MISCONFIGURED,
        "text",
    ),
    Fault(
        "empty text",
        Case(
            'connection is bad: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" '
            "failed: No such file or directory",
            dsn="",
        ),
        MISCONFIGURED,
        "text",
    ),
    Fault(
        "server full",
        turned_away(
            "sorry, too many clients already", "53300", share=0.6, changes=(("POOL_MAX_SIZE", "4", "100"),)
        ),
        MISCONFIGURED,
        "pool",
    ),
    Fault("pool too small", Case(share=0.6, changes=(("POOL_MAX_SIZE", "16", "1"),)), MISCONFIGURED, "pool"),
)
_SESSION = (
    Fault(
        "existing, empty database",
        refused(
            NO_TABLE,
            "UndefinedTable",
            "42P01",
            dsn=dsn(dbname="empty"),
            target=("db.shop.example", 5432, "empty"),
        ),
        MISCONFIGURED,
        "dbname",
    ),
    Fault(
        "missing privilege",
        refused("permission denied for table accounts", "InsufficientPrivilege", "42501", dsn=dsn(user="ro")),
        MISCONFIGURED,
        "user",
    ),
    Fault(
        "search path",
        refused(NO_TABLE, "UndefinedTable", "42P01", dsn=dsn(rest="?options=-csearch_path%3Dpublic")),
        MISCONFIGURED,
        "options",
    ),
    Fault(
        "read replica",
        refused(
            READ_ONLY,
            "ReadOnlySqlTransaction",
            "25006",
            routes=("/transfers",),
            dsn=dsn(host="db-ro.shop.example"),
            target=("db-ro.shop.example", 5432, "shop"),
        ),
        MISCONFIGURED,
        "host",
    ),
    Fault(
        "statement timeout",
        refused(
            STOPPED,
            "QueryCanceled",
            "57014",
            routes=("/statements/{id}",),
            dsn=dsn(rest="?options=-cstatement_timeout%3D50"),
        ),
        MISCONFIGURED,
        "options",
    ),
    Fault(
        "staging server",
        Case(
            fails=False,
            dsn=dsn(host="db-staging.shop.example"),
            target=("db-staging.shop.example", 5432, "shop"),
        ),
        MISCONFIGURED,
        "host",
    ),
    Fault(
        "staging database",
        Case(fails=False, dsn=dsn(dbname="shop_staging"), target=("db.shop.example", 5432, "shop_staging")),
        MISCONFIGURED,
        "dbname",
    ),
)
_DECOYS = (
    Fault("overload", Case(share=0.3, ramp=True, deployed=False, load=3, cpu=0.95, slower=3.0), OVERLOAD),
    Fault(
        "loss to one host",
        Case(
            "connection timeout expired",
            error="psycopg.errors.ConnectionTimeout",
            hosts=("web-2",),
            loss=0.4,
            deployed=False,
        ),
        NETWORK,
    ),
    Fault(
        "slow query",
        refused(
            STOPPED,
            "QueryCanceled",
            "57014",
            share=0.6,
            routes=("/statements/{id}",),
            deployed=False,
            slower=40.0,
            ramp=True,
        ),
        SERVER,
    ),
    Fault("no slot left", turned_away("sorry, too many clients already", "53300"), SERVER, "max_connections"),
    Fault("restart", turned_away("the database system is starting up", "57P03", deployed=False), SERVER),
    Fault("server down", Case(f"{AT} 5432 {REFUSED}", deployed=False, restarts=True), SERVER),
    Fault(
        "code",
        Case("'nickname'", error="KeyError", connected=True, pool=False, routes=("/statements/{id}",)),
        CODE,
    ),
    Fault(
        "code in a query",
        refused('column "nick" does not exist', "UndefinedColumn", "42703", routes=("/statements/{id}",)),
        CODE,
    ),
    Fault("quiet", Case(fails=False, reports=False), NONE),
    Fault(
        "quiet, with a new connection string",
        Case(fails=False, reports=False, dsn=dsn(rest="?application_name=shop")),
        NONE,
    ),
)

FAULTS: tuple[Fault, ...] = (*_CONNECTING, *_SESSION, *_DECOYS)
