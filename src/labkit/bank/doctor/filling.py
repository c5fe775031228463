"""What libpq would fill in for a connection string: its service and, if asked for, the surroundings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from labkit.core.dsn import Dsn

_VARIABLE = "PGSERVICE"
#: The parts that say where a connection goes.
_PLACE = ("host", "hostaddr", "port")


def filled(dsn: Dsn, *, borrows: bool) -> Dsn | None:
    """Add what stands in a service file or in ``PG*`` variables; ``None`` where the service is not defined.

    libpq tells what a service holds only by way of ``PGSERVICE``, so that is set meanwhile: this belongs into
    a process that does nothing else.
    """
    written = {part for part, _ in dsn.parts}
    name = dsn.get("service")
    if isinstance(name, str):
        with _variable(None):
            usual = _defaults()
        with _variable(name):
            service = {part: value for part, value in _defaults().items() if usual.get(part) != value}
        service.pop("service", None)
        dsn = dsn.replace(service=None, **{part: service[part] for part in service.keys() - written})
        return dsn if service else None
    if not borrows:
        return dsn
    around = _defaults()
    return dsn.replace(**{part: around[part] for part in _PLACE if part in around and part not in written})


def _defaults() -> dict[str, str]:
    from psycopg.pq import Conninfo

    options = Conninfo.get_defaults()
    return {option.keyword.decode(): option.val.decode() for option in options if option.val is not None}


@contextmanager
def _variable(name: str | None) -> Iterator[None]:
    before = os.environ.pop(_VARIABLE, None)
    if name is not None:
        os.environ[_VARIABLE] = name
    try:
        yield
    finally:
        os.environ.pop(_VARIABLE, None)
        if before is not None:
            os.environ[_VARIABLE] = before
