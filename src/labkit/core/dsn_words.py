"""What libpq 18 accepts as the value of a part, and the parts other drivers know and libpq does not.

Source: https://www.postgresql.org/docs/18/libpq-connect.html. libpq compares the words letter by letter;
only in versions of TLS case does not count.
"""

from __future__ import annotations

#: Words that programs make of a value that is not there.
NO_VALUE = frozenset({"none", "null", "undefined", "nan", "nil", "false", "true"})
#: Parts with a fixed list of words; any other ends as ``connection is bad: invalid sslmode value: "..."``.
WORDS: dict[str, tuple[str, ...]] = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "sslnegotiation": ("postgres", "direct"),
    "gssencmode": ("disable", "prefer", "require"),
    "channel_binding": ("disable", "prefer", "require"),
    "load_balance_hosts": ("disable", "random"),
    "sslcertmode": ("disable", "allow", "require"),
    "ssl_min_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "min_protocol_version": ("3.0", "3.2", "latest"),
    "max_protocol_version": ("3.0", "3.2", "latest"),
}
#: Parts that are whole numbers (seconds, but ``tcp_user_timeout`` in milliseconds).
NUMBERS = (
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
)
#: What other drivers and pools call it, and how libpq says it.
FOREIGN: dict[str, str] = {
    "currentSchema": "options=-csearch_path%3DNAME",
    "schema": "options=-csearch_path%3DNAME",
    "search_path": "options=-csearch_path%3DNAME",
    "statement_timeout": "options=-cstatement_timeout%3DMILLISECONDS",
    "username": "user",
    "login": "user",
    "database": "dbname",
    "db": "dbname",
    "hostname": "host",
    "server": "host",
    "pwd": "password",
    "ssl": "sslmode=require",
    "ssl_mode": "sslmode",
    "sslfactory": "sslmode=require",
    "loginTimeout": "connect_timeout",
    "connectTimeout": "connect_timeout",
    "timeout": "connect_timeout",
    "socketTimeout": "tcp_user_timeout",
    "ApplicationName": "application_name",
    "applicationName": "application_name",
    "targetServerType": "target_session_attrs",
    "pool_size": "a setting of the pool, not of the connection string",
    "max_overflow": "a setting of the pool, not of the connection string",
    "pgbouncer": "a setting of another driver, not of the connection string",
    "prepared_statement_cache_size": "a setting of another driver, not of the connection string",
}
