"""What stands around the process is kept from steering its connections and its telemetry."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

from labkit.core.dsn_surroundings import variables

#: Read once by the instrumentations: names of the stable semantic conventions, for queries and for HTTP.
_STABLE_NAMES = ("OTEL_SEMCONV_STABILITY_OPT_IN", "database,http")


def shut_out(environ: MutableMapping[str, str]) -> None:
    """Take libpq's variables out, and name no service or password file: what a string lacks is lacking.

    Examples
    --------
    >>> environ = {"PGPORT": "5433", "HOME": "/home/bank"}
    >>> shut_out(environ)
    >>> sorted(environ)
    ['HOME', 'OTEL_SEMCONV_STABILITY_OPT_IN', 'PGPASSFILE', 'PGSERVICEFILE']
    """
    for name in variables():
        environ.pop(name, None)
    environ["PGPASSFILE"] = environ["PGSERVICEFILE"] = os.devnull
    environ[_STABLE_NAMES[0]] = _STABLE_NAMES[1]
