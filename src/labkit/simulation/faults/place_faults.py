"""Connection strings that lead to the wrong place, or to one that does not answer."""

from __future__ import annotations

from labkit.simulation.faults.row import SERVER, Call, ConnectFault

#: What ``connect_timeout`` means where the string does not set it (psycopg 3: 130 seconds).
_PATIENCE_S = 130.0
_SILENT = "the server's log is silent in both"


def _refused(call: Call) -> str:
    return call.failed(
        "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?"
    )


def _unknown(call: Call) -> str:
    """Write the resolver's message; what an unescaped @ spilled of the password is masked."""
    _, at, rest = call.dsn.host.rpartition("@")
    return f"failed to resolve host '{'***@' if at else ''}{rest}': [Errno -2] Name or service not known"


def _nothing_there(call: Call) -> bool:
    return call.server is None and all(d.host != call.dsn.host for d in call.databases)


PLACE_FAULTS: tuple[ConnectFault, ...] = (
    ConnectFault(
        name="unescaped-slash",
        part="password",
        applies=lambda call: "port" in call.dsn.extra,
        says=lambda call: (
            f"failed to resolve host '{call.dsn.host}': [Errno -8] Servname not supported for ai_socktype"
        ),
        measured="09_unescaped_pw_slash",
        separates="the warning names the user as a host that does not resolve, with Errno -8",
    ),
    ConnectFault(
        name="unescaped-at",
        part="password",
        applies=lambda call: "@" in call.dsn.host,
        says=_unknown,
        measured="09_unescaped_pw_at",
        separates="the host that does not resolve carries an @ and what stood before it",
    ),
    ConnectFault(
        name="unfilled-host",
        part="host",
        applies=lambda call: "${" in call.dsn.host,
        says=_unknown,
        measured="24_uninterpolated_host",
        separates="the host that does not resolve is a placeholder",
    ),
    ConnectFault(
        name="unresolvable-host",
        part="host",
        applies=lambda call: call.dsn.host not in call.topology.addresses,
        says=_unknown,
        measured="02_host_unresolvable",
        separates=f"the warning says 'failed to resolve host', a wrong port 'Connection refused'; {_SILENT}",
    ),
    ConnectFault(
        name="blackholed-host",
        part="host",
        applies=lambda call: call.dsn.host in call.topology.blackholes,
        says=lambda _: "connection timeout expired",
        exception="psycopg.errors.ConnectionTimeout",
        takes_s=lambda call: float(call.dsn.extra.get("connect_timeout", _PATIENCE_S)),
        measured="04_blackhole_accepts_silent_to5",
        separates="attempts end after connect_timeout, not at once, and the warning names no server; "
        "loss on the way to the right host says the same, but pings are lost, too, and nothing else changed",
    ),
    ConnectFault(
        name="refused-host",
        part="host",
        applies=_nothing_there,
        says=_refused,
        measured="03_loopback_no_listener",
        separates="as wrong-port, but the address in the warning is a new one and the port the old",
    ),
    ConnectFault(
        name="wrong-port",
        part="port",
        applies=lambda call: call.server is None,
        says=_refused,
        measured="01_wrong_port_refused",
        separates="as refused-host, but the address is the same as before and the port is another; "
        "a server that is down says the same at the old port, and its log tells of the stop",
    ),
    ConnectFault(
        name="database-down",
        kind=SERVER,
        part="",
        applies=lambda call: call.server is not None and call.server.state == "down",
        says=_refused,
        log="'received fast shutdown request', FATAL 57P01 for every session, then nothing",
        measured="21b_server_down",
        separates="as wrong-port, but at the old port, without a deployment; the log tells of the stop",
    ),
    ConnectFault(
        name="http-port",
        part="port",
        applies=lambda call: call.server is not None and call.server.service == "http",
        says=lambda call: call.failed("received invalid response to SSL negotiation: H"),
        measured="05_port_of_http_service",
        separates="something answers at the port, but not in PostgreSQL's protocol: 'invalid response'",
    ),
)
