"""The table of messages about what is done with a connection, and of those that hide why there is none.

Measured on psycopg 3.3 and PostgreSQL 17 and 18 (tests/facts/investigate_connections.jsonl). SQLSTATEs are
those of https://www.postgresql.org/docs/18/errcodes-appendix.html.
"""

from __future__ import annotations

from labkit.evidence.investigate.signature import Signature, row

_ENDED = (
    row(
        "shut-down",
        r"terminating connection due to administrator command|received (?:fast|smart|immediate) shutdown",
        "server 1",
        "session",
        "the server ended the session",
        sqlstate="57P01",
    ),
    row(
        "crashed",
        r"terminating connection because of crash|was terminated by signal|database system was interrupted"
        r"|database system was not properly shut down",
        "server 1",
        "session",
        "a process of the server died",
        sqlstate="57P02",
    ),
    row(
        "server-up",
        r"database system is (?:ready|shut down)|database system was shut down",
        "server .8",
        "session",
        "the server was restarted",
        writer="server",
    ),
    row(
        "cut",
        r"server closed the connection unexpectedly|connection reset by peer|SSL SYSCALL error|ECONNRESET"
        r"|Broken pipe|could not receive data from (?:server|client)",
        "server .6, network .6",
        "session",
        "the connection was cut",
    ),
    row(
        "idle-session",
        r"idle-session timeout|idle-in-transaction timeout",
        "server .6, code .5, options .3",
        "session",
        "the server ended a session that did nothing",
        sqlstate="57P05 25P03",
    ),
    row(
        "full",
        r"No space left on device|out of memory|out of shared memory",
        "server 1",
        "session",
        "the server has run out of something",
        sqlstate="53100 53200",
    ),
)
_REFUSED = (
    row(
        "read-only",
        r"cannot execute [\w ]+ in a read-only transaction",
        "host .7, options .55, target_session_attrs .4, port .4",
        "session",
        "reads work, writes are refused: a replica, or a session set to read only",
        sqlstate="25006",
    ),
    row(
        "no-schema",
        r"schema \"[^\"]*\" does not exist",
        "options .7, dbname .6, code .4",
        "session",
        "the schema is not there",
        sqlstate="3F000",
    ),
    row(
        "no-table",
        r"relation \"[^\"]*\" does not exist",
        "dbname .65, options .6, code .5, host .4, user .2",
        "session",
        "a table is not there: another database, another search_path, or a migration that was not run",
        sqlstate="42P01",
    ),
    row(
        "no-privilege",
        r"permission denied for (?:table|relation|schema|sequence|function|view)",
        "user .8, server .4, dbname .35, host .2",
        "session",
        "the role may not use that table",
        sqlstate="42501",
    ),
    row(
        "statement-timeout",
        r"canceling statement due to statement timeout",
        "options .5, server .5, overload .4, code .2",
        "session",
        "queries are stopped at a limit of time",
        sqlstate="57014",
    ),
    row(
        "lock",
        r"lock timeout|deadlock detected",
        "server .6, code .5, options .3",
        "session",
        "queries wait for each other",
        sqlstate="55P03 40P01",
    ),
)
_HIDDEN = (
    row(
        "pool-start",
        r"pool initialization incomplete",
        "host .2, port .2, password .2",
        "hidden",
        "the pool could not open; why, it does not say",
    ),
    row(
        "pool-line",
        r"already \d+ requests waiting|TooManyRequests",
        "overload .5, pool .5",
        "hidden",
        "the line in front of the pool was full",
    ),
    row(
        "pool-gave-up",
        r"reconnection attempt in pool .* failed",
        "host .1, port .1",
        "hidden",
        "the pool stopped trying; why, it does not say",
    ),
    row(
        "pool",
        r"couldn't get a connection after|PoolTimeout|QueuePool limit|connection pool exhausted|pool timeout"
        r"|Connection is not available, request timed out",
        "pool .35, overload .35",
        "hidden",
        "the pool had no connection to give; why, it does not say",
    ),
)
_CODE = (
    row(
        "sql-code",
        r"column .* does not exist|syntax error at or near|operator does not exist|invalid input syntax"
        r"|function .* does not exist",
        "code .9, dbname .15",
        "session",
        "the query does not fit the tables",
        sqlstate="42703 42601 42883 22P02 22003 22001 42804",
    ),
    row(
        "sql-data",
        r"violates (?:unique|check|foreign key|not-null|exclusion) constraint",
        "code .7",
        "session",
        "the data offered break a rule of the tables",
        sqlstate="23505 23514 23503 23502",
    ),
    row(
        "program",
        r"\b(?:KeyError|TypeError|AttributeError|ValueError|IndexError|ZeroDivisionError|NameError|ImportError"
        r"|ModuleNotFoundError|AssertionError|RecursionError|UnboundLocalError|NullPointerException|UnicodeDecodeError"
        r"|NotImplementedError|ValidationError|InvalidOperation|IllegalArgumentException)\b",
        "code 1",
        "hidden",
        "the program stumbles over its own data",
    ),
)

#: Every row, in the order in which they are tried.
SESSION: tuple[Signature, ...] = (*_ENDED, *_REFUSED, *_HIDDEN, *_CODE)
