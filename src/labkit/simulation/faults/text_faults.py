"""Connection strings that fail on the client, before anything is called: libpq cannot use the text."""

from __future__ import annotations

from labkit.simulation.faults.row import UNREADABLE, Call, ConnectFault

_SSLMODES = ("", "disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_NEAREST = "all of these leave the server silent; the pool's warning quotes what libpq could not use"


def _refused(call: Call, start: str) -> bool:
    return call.dsn.refused.startswith(start)


TEXT_FAULTS: tuple[ConnectFault, ...] = (
    ConnectFault(
        name="unescaped-percent",
        part="password",
        applies=lambda call: _refused(call, "invalid percent-encoded token"),
        says=lambda call: call.dsn.refused,
        exception=UNREADABLE,
        measured="09_unescaped_pw_percent",
        separates="the warning speaks of a percent-encoded token, and of no host",
    ),
    ConnectFault(
        name="quoted-dsn",
        part="text",
        applies=lambda call: _refused(call, 'missing "=" after ""'),
        says=lambda call: call.dsn.refused,
        exception=UNREADABLE,
        measured="25c_quoted",
        separates='like scheme-typo the warning says missing "=", but the text begins with a quote',
    ),
    ConnectFault(
        name="scheme-typo",
        part="scheme",
        applies=lambda call: _refused(call, 'missing "="'),
        says=lambda call: call.dsn.refused,
        exception=UNREADABLE,
        measured="25_scheme_typo",
        separates='the warning says missing "=" and quotes a text with another scheme than postgresql://',
    ),
    ConnectFault(
        name="sslmode-typo",
        part="sslmode",
        applies=lambda call: call.dsn.extra.get("sslmode", "") not in _SSLMODES,
        says=lambda call: f'connection is bad: invalid sslmode value: "{call.dsn.extra["sslmode"]}"',
        measured="11f_sslmode_typo",
        separates=f"{_NEAREST}: here the value of sslmode",
    ),
    ConnectFault(
        name="empty-dsn",
        part="text",
        applies=lambda call: call.dsn.host == "",
        says=lambda _: (
            "connection is bad: connection to server on socket "
            '"/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory\n'
            "\tIs the server running locally and accepting connections on that socket?"
        ),
        measured="26_empty_dsn",
        separates="the warning names a socket in a folder where all others name a host",
    ),
)
