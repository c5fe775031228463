"""The steps on the way to the server: its addresses, and who answers there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import replace

from labkit.bank.doctor.case import Case, Door
from labkit.bank.doctor.diagnosis import failed
from labkit.bank.doctor.faults import all_faults
from labkit.bank.doctor.filling import filled
from labkit.bank.doctor.greeting import NO_TLS, TLS, greet
from labkit.bank.doctor.result import Result, passed, skipped
from labkit.core.dsn import Dsn

DEFAULT_PORT = "5432"
_AT_ONCE = 32
#: Where libpq looks when no host is named.
_HERE = "/var/run/postgresql" if hasattr(socket, "AF_UNIX") else "localhost"


def resolve(case: Case) -> tuple[Case, Result]:
    """Turn the string's hosts into addresses, as the driver does: nothing but the operating system asks."""
    dsn = filled(case.read, borrows=case.borrows)
    if dsn is None:
        return case, failed(case, "resolve", "no-service", "the service of this string is not defined here")
    case = replace(case, dsn=dsn)
    targets = _targets(dsn)
    if not all(_is_port(port) for _, _, port in targets):
        return case, failed(case, "resolve", "bad-port", "a port is no number from 1 to 65535")
    doors: list[Door] = []
    missing: list[str] = []
    for host, hostaddr, port in targets:
        found = _addresses(hostaddr or host)
        doors += [Door(host, address, str(int(port))) for address in found]
        missing += [] if found else [f"{host!r} has no address"]
    case = replace(case, doors=tuple(doors))
    if not doors:
        return case, failed(case, "resolve", "unresolvable", "; ".join(missing))
    if not missing and all(door.address == (door.host or door.address) for door in doors):
        return case, skipped("resolve", f"no name to look up: {_listed(doors)}")
    return case, passed("resolve", _listed(doors), *missing)


def _targets(dsn: Dsn) -> list[tuple[str, str, str]]:
    """Pair hosts, addresses and ports as libpq does; one port serves all hosts."""
    hosts, addresses, ports = (_list(dsn, part) for part in ("host", "hostaddr", "port"))
    count = max(len(hosts), len(addresses), 1)
    ports = ports * count if len(ports) == 1 else ports
    columns = (column or [""] * count for column in (hosts, addresses, ports))
    return [
        (host.strip() or ("" if address else _HERE), address.strip(), port.strip() or DEFAULT_PORT)
        for host, address, port in zip(*columns, strict=False)
    ]


def _list(dsn: Dsn, part: str) -> list[str]:
    value = dsn.get(part)
    return value.split(",") if isinstance(value, str) and value else []


def _is_port(port: str) -> bool:
    try:
        return 1 <= int(port) <= 65535
    except ValueError:
        return False


def _addresses(host: str) -> list[str]:
    """Look a host up; nothing for one that has no address."""
    if host.startswith(("/", "@")) or _is_address(host):
        return [host]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # ValueError: a name that has no form in the name service
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _listed(things: Iterable[object]) -> str:
    return ", ".join(dict.fromkeys(str(thing) for thing in things))


def reach(case: Case) -> tuple[Case, Result]:
    """Knock at every address at once; one that answers as PostgreSQL is enough."""
    doors = _knocked(case)
    open_doors = tuple(door for door in doors if door.greeting in (TLS, NO_TLS))
    shut = [door for door in doors if door not in open_doors]
    notes = [f"{door}: {_words(door.greeting)}" for door in shut]
    if open_doors:
        said = f"PostgreSQL answers: {_listed(open_doors)}"
        return replace(case, doors=open_doors), passed("reach", said, *notes)
    first, *others = notes
    return case, failed(case, "reach", shut[0].greeting, first, *others)


def _knocked(case: Case) -> tuple[Door, ...]:
    """Give the doors with what was heard; connecting and hearing take a third of the time each at most."""
    from concurrent.futures import ThreadPoolExecutor

    share_s = max(0.1, case.deadline.left_s / 3)
    with ThreadPoolExecutor(min(len(case.doors), _AT_ONCE)) as hands:
        heard = hands.map(lambda door: greet(door, share_s), case.doors)
        return tuple(replace(door, greeting=said) for door, said in zip(case.doors, heard, strict=True))


def _words(greeting: str) -> str:
    return {
        "refused": "connection refused",
        "unreachable": "no route to it",
        "no-answer": "no answer in time",
        "no-socket": "no server has this socket",
        "not-postgresql": "something answers, but not PostgreSQL",
        "server-gone": "it takes the connection and hangs up",
    }.get(greeting, all_faults()[greeting].means)
