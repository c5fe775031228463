"""Connections that reach the server and are turned away at its door: encryption, rules, roles, passwords."""

from __future__ import annotations

from labkit.simulation.faults.row import SERVER, Call, ConnectFault, ServerLine
from labkit.simulation.faults.server_log import MATCHED, turned_away
from labkit.simulation.model import Database

_SECRET = "the server's log has FATAL 28P01 with a detail"


def _at(call: Call) -> Database:
    assert call.server is not None
    return call.server


def _mode(call: Call) -> str:
    return call.dsn.extra.get("sslmode", "prefer")


def _no_entry(call: Call) -> str:
    who = f'host "{call.client}", user "{call.dsn.user}", database "{call.dsn.dbname}"'
    return f"no pg_hba.conf entry for {who}, no encryption"


def _rejects(call: Call) -> str:
    who = f'host "{call.client}", user "{call.dsn.user}", database "{call.dsn.dbname}"'
    return f"pg_hba.conf rejects connection for {who}, no encryption"


def _bad_password(call: Call) -> str:
    return f'password authentication failed for user "{call.dsn.user}"'


def _password_line(call: Call, *before: str) -> tuple[ServerLine, ...]:
    return turned_away(call, _bad_password(call), "28P01", "\n".join([*before, MATCHED]))


def _fatal(call: Call, text: str) -> str:
    return call.failed(f"FATAL:  {text}")


_STARTING = "the database system is starting up"
_FULL = "sorry, too many clients already"

DOOR_FAULTS: tuple[ConnectFault, ...] = (
    ConnectFault(
        name="tls-required-of-plain-server",
        part="sslmode",
        applies=lambda call: (
            _at(call).tls == "off" and _mode(call) in ("require", "verify-ca", "verify-full")
        ),
        says=lambda call: call.failed("server does not support SSL, but SSL was required"),
        reached=True,
        log="'connection received' for every attempt, and no word more",
        measured="11_sslmode_require",
        separates="the log has 'connection received' without a FATAL, as for a missing password or a wrong "
        "certificate name; the warning tells the three apart",
    ),
    ConnectFault(
        name="certificate-name",
        part="sslmode",
        applies=lambda call: (
            _mode(call) == "verify-full" and _at(call).certificate not in ("", call.dsn.host)
        ),
        says=lambda call: call.failed(
            f'server certificate for "{_at(call).certificate}" does not match host name "{call.dsn.host}"'
        ),
        reached=True,
        log="'connection received' for every attempt, and no word more",
        measured="11c_verify_full_name_mismatch",
        separates="the log has 'connection received' without a FATAL; the warning names both host names",
    ),
    ConnectFault(
        name="database-starting",
        kind=SERVER,
        part="",
        applies=lambda call: _at(call).state == "starting",
        says=lambda call: _fatal(call, _STARTING),
        logs=lambda call: turned_away(call, _STARTING, "57P03"),
        reached=True,
        log="FATAL 57P03 for every attempt, after the lines of a start",
        measured="21f_connect_while_starting",
        separates="57P03 after 57P01, without a deployment",
    ),
    ConnectFault(
        name="too-many-clients",
        kind=SERVER,
        part="max_connections",
        applies=lambda call: _at(call).state == "full",
        says=lambda call: _fatal(call, _FULL),
        logs=lambda call: turned_away(call, _FULL, "53300"),
        reached=True,
        log="FATAL 53300 for every attempt",
        measured="18b_too_many_clients",
        separates="53300 where wrong credentials have 28P01; the connection string is the same as before",
    ),
    ConnectFault(
        name="plain-to-tls-only",
        part="sslmode",
        applies=lambda call: _at(call).tls == "required" and _mode(call) == "disable",
        says=lambda call: _fatal(call, _no_entry(call)),
        logs=lambda call: turned_away(call, _no_entry(call), "28000"),
        reached=True,
        log="FATAL 28000 'no pg_hba.conf entry ... no encryption'",
        measured="12_hostssl_only_disable",
        separates="28000 as hba-rejection, but 'no entry' for 'rejects'; sslmode changed, not the user",
    ),
    ConnectFault(
        name="hba-rejection",
        part="user",
        applies=lambda call: call.dsn.user in _at(call).rejected,
        says=lambda call: _fatal(call, _rejects(call)),
        logs=lambda call: turned_away(call, _rejects(call), "28000"),
        reached=True,
        log="FATAL 28000 'pg_hba.conf rejects connection'",
        measured="13_hba_reject",
        separates="28000 with the words 'pg_hba.conf rejects'; the user in it is another than before",
    ),
    ConnectFault(
        name="missing-password",
        part="password",
        applies=lambda call: call.dsn.password == "",
        says=lambda call: call.failed("fe_sendauth: no password supplied"),
        reached=True,
        log="'connection received' for every attempt, and no word more",
        measured="10_missing_password",
        separates="the warning says 'no password supplied'; unlike a wrong password there is no FATAL line",
    ),
    ConnectFault(
        name="wrong-user",
        part="user",
        applies=lambda call: call.dsn.user not in _at(call).roles,
        says=lambda call: _fatal(call, _bad_password(call)),
        logs=lambda call: _password_line(call, f'Role "{call.dsn.user}" does not exist.'),
        reached=True,
        log="FATAL 28P01, detail 'Role ... does not exist'",
        measured="07_wrong_user",
        separates=f"{_SECRET} that only a wrong user has; the client's words are those of a wrong password",
    ),
    ConnectFault(
        name="unfilled-password",
        part="password",
        applies=lambda call: call.dsn.password.startswith("${"),
        says=lambda call: _fatal(call, _bad_password(call)),
        logs=_password_line,
        reached=True,
        log="FATAL 28P01",
        measured="24d_uninterpolated_password",
        separates="nothing: the password is masked wherever the string is shown",
        alike=("wrong-password", "rotated-password"),
    ),
    ConnectFault(
        name="expired-password",
        part="password",
        applies=lambda call: call.dsn.user in _at(call).expired,
        says=lambda call: _fatal(call, _bad_password(call)),
        logs=lambda call: _password_line(call, f'User "{call.dsn.user}" has an expired password.'),
        reached=True,
        log="FATAL 28P01, detail 'has an expired password'",
        measured="14e_password_expired",
        separates=f"{_SECRET} that says expired; the client's words are those of a wrong password",
    ),
    ConnectFault(
        name="rotated-password",
        part="password",
        applies=lambda call: (
            call.dsn.password != _at(call).roles.get(call.dsn.user)
            and call.dsn.password == _at(call).former.get(call.dsn.user, "")
        ),
        says=lambda call: _fatal(call, _bad_password(call)),
        logs=_password_line,
        reached=True,
        log="FATAL 28P01",
        measured="08_wrong_password",
        separates="no deployment at the onset, and it sets in as connections recycle; with a restart at the "
        "onset nothing tells it from a wrong password",
        alike=("wrong-password", "unfilled-password"),
    ),
    ConnectFault(
        name="wrong-password",
        part="password",
        applies=lambda call: call.dsn.password != _at(call).roles.get(call.dsn.user),
        says=lambda call: _fatal(call, _bad_password(call)),
        logs=_password_line,
        reached=True,
        log="FATAL 28P01",
        measured="08_wrong_password",
        separates="28P01 without a word of the role; unfilled and rotated passwords look the same",
        alike=("unfilled-password", "rotated-password"),
    ),
)
