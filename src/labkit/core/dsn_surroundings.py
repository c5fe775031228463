"""What stands around a connection string and changes it unseen: ``PG*`` variables and files in the home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.core.dsn import Dsn

#: Variables that libpq obeys and no part of a connection string overrides.
_SESSION = {"PGTZ": "TimeZone", "PGDATESTYLE": "DateStyle", "PGGEQO": "geqo"}
#: Variables that say where service files are.
_SERVICE = {"PGSERVICEFILE": "service", "PGSYSCONFDIR": "service"}


@dataclass(frozen=True, slots=True)
class Influence:
    """One thing around a connection string that would change what it does; its value is not kept.

    Attributes
    ----------
    source : str
        Name of the variable or file.
    part : str
        libpq's name of the part it would fill in, or the setting of the session.
    """

    source: str
    part: str

    def __str__(self) -> str:
        return f"{self.source} ({self.part})"


def influences(dsn: Dsn, environ: Mapping[str, str], home: Path | None = None) -> tuple[Influence, ...]:
    """List what libpq would take from outside for this string; a part that is written wins over all of it.

    Source: https://www.postgresql.org/docs/18/libpq-envars.html, libpq-pgpass.html and libpq-ssl.html.

    Examples
    --------
    >>> dsn = Dsn.parse("postgresql://bank_app:pw@db.example/bank")
    >>> [str(found) for found in influences(dsn, {"PGPORT": "6432", "PGHOST": "other", "HOME": "/home/bank"})]
    ['PGPORT (port)']
    """
    return (*_variables(dsn, environ), *_files(dsn, home))


def variables() -> frozenset[str]:
    """Name every variable that libpq looks at for a connection.

    Examples
    --------
    >>> "PGPORT" in variables(), "PATH" in variables()
    (True, False)
    """
    return frozenset({*_by_part().values(), *_SESSION, *_SERVICE})


def _by_part() -> dict[str, str]:
    """Give the variable of each part that has one."""
    from psycopg.pq import Conninfo

    options = Conninfo.get_defaults()
    return {option.keyword.decode(): option.envvar.decode() for option in options if option.envvar}


def _variables(dsn: Dsn, environ: Mapping[str, str]) -> Iterator[Influence]:
    written = {part for part, _ in dsn.parts}
    for part, variable in _by_part().items():
        if variable in environ and part not in written:
            yield Influence(variable, part)
    for variable, setting in _SESSION.items():
        if variable in environ:
            yield Influence(variable, setting)
    if "service" in written:
        yield from (Influence(name, part) for name, part in _SERVICE.items() if name in environ)


def _files(dsn: Dsn, home: Path | None) -> Iterator[Influence]:
    """List files in the home that libpq reads when the string does not name one."""
    written = {part for part, _ in dsn.parts}
    if home is None:
        return
    if not written & {"password", "passfile"} and (home / ".pgpass").is_file():
        yield Influence("~/.pgpass", "password")
    for part, name in (("sslcert", "postgresql.crt"), ("sslrootcert", "root.crt")):
        if part not in written and dsn.sslmode != "disable" and (home / ".postgresql" / name).is_file():
            yield Influence(f"~/.postgresql/{name}", part)
