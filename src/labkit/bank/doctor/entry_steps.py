"""The steps at the server's door: encryption, and being let in. Both come from one attempt to connect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.bank.doctor.case import Case
from labkit.bank.doctor.diagnosis import failed, quoted
from labkit.bank.doctor.faults import Fault, all_faults, explain
from labkit.bank.doctor.greeting import TLS
from labkit.bank.doctor.result import STEPS, Result, passed, skipped
from labkit.core.secret import Secret

if TYPE_CHECKING:
    from psycopg import Connection

#: No file has this name, so libpq takes none: any other word for 'no password file' makes it warn.
NO_FILE = "no-password-file-for-the-doctor"
#: Faults of these steps are told after the server has believed who we are.
_LET_IN_BEFORE = ("session", "database", "primary")
_ORDER = list(STEPS)


def tls(case: Case) -> tuple[Case, Result]:
    """Connect as the program would, and look at the encryption."""
    case = _attempt(case)
    offered = any(door.greeting == TLS for door in case.doors)
    if case.connection is not None:
        return case, _encryption(case, encrypted=bool(case.connection.pgconn.ssl_in_use))
    if case.fault is not None and case.fault.step == "tls":
        return case, failed(case, "tls", case.fault.name, quoted(case))
    said = f"the server {'offers' if offered else 'does not offer'} TLS; it did not come to a session"
    return case, skipped("tls", said)


def _attempt(case: Case) -> Case:
    import psycopg

    try:
        return replace(case, connection=_connected(case))
    except (psycopg.Error, OSError, ValueError) as error:
        refusal = str(error)
    fault = explain(refusal) or all_faults()["unexplained"]
    return replace(case, refusal=refusal, fault=fault)


def _connected(case: Case) -> Connection[Any]:
    import psycopg

    return psycopg.connect("", autocommit=True, prepare_threshold=None, **parameters(case))


def parameters(case: Case) -> dict[str, Any]:
    """Give what to connect with: the string's parts, addresses instead of names, and a bound for the wait."""
    given = {key: value.reveal() if isinstance(value, Secret) else value for key, value in case.read.parts}
    given["host"] = ",".join(door.address if door.is_socket else door.host for door in case.doors)
    given["hostaddr"] = ",".join("" if door.is_socket else door.address for door in case.doors)
    given["port"] = ",".join(door.port for door in case.doors)
    if not given["hostaddr"].strip(","):
        del given["hostaddr"]
    if not case.borrows:
        given.setdefault("passfile", NO_FILE)
    given.setdefault("application_name", "labkit doctor")
    own_s = int(given.get("connect_timeout") or 0)
    bound_s = max(2, int(case.deadline.left_s / (len(case.doors) or 1)))
    return given | {"connect_timeout": min(own_s, bound_s) if own_s > 0 else bound_s}


def _encryption(case: Case, *, encrypted: bool) -> Result:
    mode = case.read.sslmode or "prefer"
    wanted = case.expectations.tls
    if all(door.is_socket for door in case.doors):
        return skipped("tls", "a socket of this machine needs none")
    if not encrypted:
        said = f"connected without encryption (sslmode {mode})"
        return failed(case, "tls", "not-encrypted", said) if wanted else passed("tls", said)
    said = f"connected with TLS (sslmode {mode})"
    if wanted == "verified" and mode != "verify-full":
        return failed(case, "tls", "not-verified", said)
    return passed("tls", said)


def authenticate(case: Case) -> tuple[Case, Result]:
    """See whether the server let the user in."""
    if case.connection is not None:
        user = case.connection.info.user
        return case, passed("authenticate", f"let in as {user}")
    fault = case.fault or all_faults()["unexplained"]
    if not is_later(fault):
        return case, failed(case, "authenticate", fault.name, quoted(case))
    if fault.step in _LET_IN_BEFORE:
        return case, passed("authenticate", "no word against the user; refused for another reason")
    return case, skipped("authenticate", "it did not come to that")


def is_later(fault: Fault) -> bool:
    """Tell whether a fault met while connecting belongs to a step after the authentication."""
    return fault.step in _ORDER and _ORDER.index(fault.step) > _ORDER.index("authenticate")
