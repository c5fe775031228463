"""What the server writes about a client that it lets in or turns away (log_connections = on)."""

from __future__ import annotations

from labkit.simulation.faults.row import Call, ServerLine

HBA_FILE = "/var/lib/postgresql/18/main/pg_hba.conf"
HBA_LINE = 8
HBA_RULE = "host all all 10.20.0.0/24 scram-sha-256"
MATCHED = f'Connection matched file "{HBA_FILE}" line {HBA_LINE}: "{HBA_RULE}"'


def welcome(call: Call) -> tuple[ServerLine, ...]:
    """List the lines about a client that proves who it is."""
    user = call.dsn.user
    proved = f'connection authenticated: identity="{user}" method=scram-sha-256 ({HBA_FILE}:{HBA_LINE})'
    who = f"user={user} database={call.dsn.dbname} application_name={call.topology.service}"
    return call.line("LOG", proved), call.line("LOG", f"connection authorized: {who}{_encryption(call)}")


def _encryption(call: Call) -> str:
    plain = call.server is None or call.server.tls == "off" or call.dsn.extra.get("sslmode") == "disable"
    return "" if plain else " SSL enabled (protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, bits=256)"


def turned_away(call: Call, message: str, sqlstate: str, detail: str = "") -> tuple[ServerLine, ...]:
    """List the one line about a client that is refused before it proves who it is."""
    return (call.line("FATAL", message, sqlstate, detail),)


def shown_out(call: Call, message: str, sqlstate: str, detail: str = "") -> tuple[ServerLine, ...]:
    """List the lines about a client that proves who it is and is refused then."""
    return *welcome(call), call.line("FATAL", message, sqlstate, detail)
