"""libpq's own parser of connection strings, made safe: its errors quote the text, ours never do."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

from labkit.core.errors import LabError
from labkit.core.secret import MASK

#: Parts whose value is a secret; libpq marks most of them with ``*`` in ``PQconndefaults``.
SECRET_PARTS = frozenset(
    {"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}
)
_PASSWORD = re.compile(r"(?:passw(?:or)?d|pwd)\s*=", re.IGNORECASE)
_PORT = re.compile(r"|[1-9][0-9]{0,4}|\$\{\w+\}|\{\{\s*\w+\s*\}\}")
#: The parts in the order a connection URL writes them; what is not here follows by name.
ORDER = ("user", "password", "host", "hostaddr", "port", "dbname", "sslmode", "options")


def read(text: str) -> dict[str, str] | None:
    """Read a connection string with libpq; ``None`` where libpq refuses it.

    Neither environment (``PGPORT``, ...) nor service or password files are looked at. A NUL would end the
    text unseen, so a text with one is refused too.

    Examples
    --------
    >>> read("postgresql://bank_app@db.example/bank")
    {'user': 'bank_app', 'dbname': 'bank', 'host': 'db.example'}
    >>> read("postgress://db.example/bank") is None
    True
    """
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict

    if "\0" in text:
        return None
    try:
        return {key: str(value) for key, value in conninfo_to_dict(text).items()}
    except (Error, ValueError):  # ValueError: bytes that are no UTF-8, lone surrogates
        return None


def write(parts: Mapping[str, str]) -> str:
    """Write the parts as libpq's key/value form, each value quoted where it must be.

    Examples
    --------
    >>> write({"host": "db.example", "application_name": "bank web"})
    "host=db.example application_name='bank web'"
    """
    from psycopg import Error
    from psycopg.conninfo import make_conninfo

    text = None
    with contextlib.suppress(Error, ValueError):  # it holds every value: never the context of our error
        text = make_conninfo("", **parts)
    if text is None or any("\0" in value for value in parts.values()):
        raise LabError(
            "these parts do not make a connection string",
            found=sorted(parts),
            next_step="A value holds a NUL or a character that has no UTF-8 form: leave it out.",
        )
    return text


def known_parts() -> tuple[str, ...]:
    """List every part this libpq knows, in libpq's order.

    Examples
    --------
    >>> "sslmode" in known_parts()
    True
    """
    from psycopg.pq import Conninfo

    return tuple(option.keyword.decode() for option in Conninfo.get_defaults())


def torn(parts: Mapping[str, str]) -> bool:
    """Tell whether an unescaped password seems to have spilled into other parts.

    libpq ends the credentials at the first ``@`` and the host at the first ``/``, so what follows in a
    password lands in host, port or database. An ``@``, a whole address or ``password=`` in any of them is the
    trace it leaves; so is an impossible port where no user is named.

    Examples
    --------
    >>> torn({"user": "u", "password": "p", "host": "ss@db.example"})
    True
    >>> torn({"user": "u", "password": "p", "host": "db.example"})
    False
    """
    others = (value for key, value in parts.items() if key != "user" and key not in SECRET_PARTS)
    traces = any("@" in value or "://" in value or _PASSWORD.search(value) for value in others)
    return traces or _port_is_no_port(parts)


def _port_is_no_port(parts: Mapping[str, str]) -> bool:
    """Tell whether the port may be a password: it is one in ``postgresql://user:password/bank``."""
    ports = [port.strip() for port in parts.get("port", "").split(",")]
    return not parts.get("user") and not all(_PORT.fullmatch(port) for port in ports)


def display(parts: Mapping[str, str]) -> dict[str, str]:
    """Copy the parts as they may be shown: secrets masked, and whatever a torn password may have left.

    Examples
    --------
    >>> display({"user": "bank_app", "password": "pa", "host": "ss@db.example"})
    {'user': 'bank_app', 'password': '***', 'host': '***@db.example'}
    """
    shown = {key: MASK if key in SECRET_PARTS and value else value for key, value in parts.items()}
    if torn(parts):
        for key in parts.keys() - SECRET_PARTS - {"user", "sslmode"}:
            shown[key] = _after_last_at(parts[key])
    if ":" in shown.get("user", ""):
        shown["user"] = f"{shown['user'].partition(':')[0]}:{MASK}"
    return shown


def _after_last_at(value: str) -> str:
    head, at, tail = value.rpartition("@")
    return f"{MASK}@{tail}" if at and head and not _PASSWORD.search(value) else MASK
