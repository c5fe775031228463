"""Connections that prove who they are and end before their first query: database, role, slots, settings."""

from __future__ import annotations

import re

from labkit.simulation.faults.login_faults import _at, _fatal
from labkit.simulation.faults.row import SERVER, Call, ConnectFault, ServerLine
from labkit.simulation.faults.server_log import shown_out, welcome

_SETTINGS = ("search_path", "statement_timeout", "default_transaction_read_only", "lock_timeout")
_RESERVED = "remaining connection slots are reserved for roles with the SUPERUSER attribute"
_AFTER = "'connection authorized', then"


def settings(call: Call) -> dict[str, str]:
    """Read the settings that ``options`` asks for (``-c name=value``).

    Examples
    --------
    >>> from labkit.simulation.model import ConnectionString
    >>> dsn = ConnectionString("u", "p", "h", 5432, "d", {"options": "-csearch_path=bank -c lock_timeout=9"})
    >>> settings(Call(dsn, None, (), ""))
    {'search_path': 'bank', 'lock_timeout': '9'}
    """
    return dict(re.findall(r"-c\s*(\w+)=(\S*)", call.dsn.extra.get("options", "")))


def _unknown_setting(call: Call) -> str:
    name = next((name for name in settings(call) if name not in _SETTINGS), "")
    return f'unrecognized configuration parameter "{name}"' if name else ""


def _no_login(call: Call) -> str:
    return f'role "{call.dsn.user}" is not permitted to log in'


def _no_database(call: Call) -> str:
    return f'database "{call.dsn.dbname}" does not exist'


def _goodbye(call: Call) -> tuple[ServerLine, ...]:
    who = f"user={call.dsn.user} database={call.dsn.dbname} host={call.client} port={{port}}"
    return *welcome(call), call.line("LOG", f"disconnection: session time: 0:00:00.004 {who}")


SESSION_FAULTS: tuple[ConnectFault, ...] = (
    ConnectFault(
        name="role-without-login",
        part="user",
        applies=lambda call: call.dsn.user in _at(call).no_login,
        says=lambda call: _fatal(call, _no_login(call)),
        logs=lambda call: shown_out(call, _no_login(call), "28000"),
        reached=True,
        log=f"{_AFTER} FATAL 28000 'is not permitted to log in'",
        measured="14d_role_nologin",
        separates="28000 as hba-rejection, but after 'connection authorized' and in other words",
    ),
    ConnectFault(
        name="reserved-slots",
        kind=SERVER,
        part="max_connections",
        applies=lambda call: _at(call).state == "reserved",
        says=lambda call: _fatal(call, _RESERVED),
        logs=lambda call: shown_out(call, _RESERVED, "53300"),
        reached=True,
        log=f"{_AFTER} FATAL 53300",
        measured="18_reserved_slots",
        separates="53300 as too-many-clients, but after 'connection authorized'; the string is as before",
    ),
    ConnectFault(
        name="trailing-newline",
        part="dbname",
        applies=lambda call: call.dsn.dbname.endswith("\n"),
        says=lambda call: _fatal(call, _no_database(call)),
        logs=lambda call: shown_out(call, _no_database(call), "3D000"),
        reached=True,
        log=f"{_AFTER} FATAL 3D000 with a line break in the name",
        measured="23_trailing_newline_url",
        separates="3D000 as wrong-database, but the name is the old one with a line break at its end",
    ),
    ConnectFault(
        name="wrong-database",
        part="dbname",
        applies=lambda call: call.dsn.dbname not in _at(call).databases,
        says=lambda call: _fatal(call, _no_database(call)),
        logs=lambda call: shown_out(call, _no_database(call), "3D000"),
        reached=True,
        log=f"{_AFTER} FATAL 3D000",
        measured="06_wrong_dbname",
        separates="3D000 names the database; an existing one without the tables connects and has 42P01",
    ),
    ConnectFault(
        name="bad-options",
        part="options",
        applies=lambda call: bool(_unknown_setting(call)),
        says=lambda call: _fatal(call, _unknown_setting(call)),
        logs=lambda call: shown_out(call, _unknown_setting(call), "42704"),
        reached=True,
        log=f"{_AFTER} FATAL 42704",
        measured="15b_options_bad_guc",
        separates="42704 names the setting",
    ),
    ConnectFault(
        name="read-write-from-standby",
        part="target_session_attrs",
        applies=lambda call: _at(call).standby and call.dsn.extra.get("target_session_attrs") == "read-write",
        says=lambda call: call.failed("session is read-only"),
        logs=_goodbye,
        reached=True,
        log=f"{_AFTER} 'disconnection' within milliseconds; no FATAL",
        measured="17_tsa_rw_on_standby",
        separates="the warning says 'session is read-only'; without that setting a replica fails writes "
        "with 25006",
    ),
)
