"""The server's configuration: as private as it can be, and a log with everything the evidence has."""

from __future__ import annotations

import re
from pathlib import Path

from labkit.bank.postgres.programs import Programs

#: What holds unless a caller says otherwise. The log has what an operator of a small bank would keep.
USUAL = """\
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_destination = 'jsonlog,stderr'
log_filename = 'postgresql.log'
log_rotation_age = 0
log_rotation_size = 0
log_connections = on
log_disconnections = on
log_checkpoints = on
log_error_verbosity = default
log_min_duration_statement = 1s
log_autovacuum_min_duration = 0
"""
#: What a server does without whose rows need not outlast a failure of the machine.
NOT_DURABLE = "fsync = off\nfull_page_writes = off\n"
#: What holds whatever a caller says.
FIXED = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
logging_collector = on
log_directory = {log}
"""


def written(programs: Programs, port: int, log: Path, more: str = "") -> str:
    """Write the configuration of a server on that port, which logs into that folder.

    Examples
    --------
    >>> from pathlib import Path
    >>> text = written(Programs(Path("none"), "18.1"), 5432, Path("/srv/the bank's/log"))
    >>> print(text.splitlines()[-1])
    log_directory = '/srv/the bank''s/log'
    """
    preloaded = "shared_preload_libraries = 'pg_stat_statements'\n" if programs.has_statistics else ""
    return USUAL + preloaded + more.rstrip() + "\n" + FIXED.format(port=port, log=_quoted(log.as_posix()))


def port_in(file: Path) -> int | None:
    """Read the port from a configuration of an earlier run."""
    if not file.exists():
        return None
    found = re.findall(r"^port = (\d+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[-1]) if found else None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
