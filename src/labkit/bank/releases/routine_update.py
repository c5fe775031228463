"""The first release and the routine update of the demo bank, the latter with its mistake."""

from __future__ import annotations

import socket
import tomllib
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from labkit.bank.releases.release import DATABASE_URL, Setting
from labkit.core.dsn import Dsn
from labkit.core.secret import Secret

FIRST = "1.7.4"
UPDATE = "1.8.0"


def first_settings(dsn: Dsn) -> dict[str, Setting]:
    """Give the settings of the first release for a database.

    Examples
    --------
    >>> settings = first_settings(Dsn.parse("host=127.0.0.1 dbname=bank user=bank_app"))
    >>> settings["DATABASE_URL"], settings["STATEMENT_PAGE_SIZE"]
    ('postgresql://bank_app@127.0.0.1/bank', 50)
    """
    return {**_table("first")["settings"], DATABASE_URL: as_url(dsn)}


def routine_update(dsn: Dsn) -> dict[str, Setting | Secret | None]:
    """Give what the update changes: a chart, a format of the log, a page's size; and the connection string.

    Its port is the next one: right host, wrong door. Where something listens there, it is the one after.
    """
    return {**_table("update")["settings"], DATABASE_URL: Secret(as_url(dsn.replace(port=_wrong_port(dsn))))}


def _wrong_port(dsn: Dsn) -> int:
    port = int((dsn.port or "5432").split(",")[0])
    host = (dsn.host or "127.0.0.1").split(",")[0]
    after = [number for number in range(port + 1, port + 20) if number < 65536]
    return next((number for number in after if not _listens(host, number)), after[0] if after else port - 1)


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=0.5).close()
    except OSError:
        return False
    return True


def _table(name: str) -> dict[str, Any]:
    text = (files("labkit.bank.releases") / "releases.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)[name]
    return table


def as_url(dsn: Dsn) -> str:
    """Write a connection string as a URL with its password: for a release's settings, never for a screen.

    Examples
    --------
    >>> as_url(Dsn.parse("host=127.0.0.1 port=5432 user=bank_app password='p@ss w' dbname=bank"))
    'postgresql://bank_app:p%40ss%20w@127.0.0.1:5432/bank'
    """
    hidden = dsn.password
    secrets = [part for part, value in dsn.parts if isinstance(value, Secret)]
    scheme, _, rest = dsn.replace(password=None).url.partition("//")
    userinfo, at, address = rest.rpartition("@")
    if hidden is None or not at or secrets != ["password"]:
        return dsn.reveal() if secrets else dsn.url
    return f"{scheme}//{userinfo}:{quote(hidden.reveal(), safe='')}@{address}"
