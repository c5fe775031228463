"""Checks of where a connection string leads: hosts, ports, their number, and what is left to defaults."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping

from labkit.core.dsn_finding import REFUSED, Finding, error, warning
from labkit.core.dsn_words import NO_VALUE

_PORT = re.compile(r"\s*[+-]?\d+\s*")
_TWO_WORDS = re.compile(r"\S\s+\S")


def network_findings(parts: Mapping[str, str]) -> Iterator[Finding]:
    """Check host and port, for one host or a list of them."""
    hosts = parts.get("host", "").split(",")
    ports = parts.get("port", "").split(",")
    if "service" not in parts:
        yield from _defaults(parts)
    for host in hosts:
        yield from _host(host)
    for address in parts["hostaddr"].split(",") if parts.get("hostaddr") else ():
        if not _is_placeholder(address) and not _is_address(address.strip()):
            consequence = "connection is bad: could not parse network address"
            yield error(
                "address", "hostaddr", "it is no IP address", consequence, "Write names in host, not here."
            )
    for port in ports:
        yield from _port(port, showable="user" in parts)
    if len(hosts) > 1 or len(ports) > 1:
        yield from _lists(parts, hosts, ports)


def _defaults(parts: Mapping[str, str]) -> Iterator[Finding]:
    if not parts.get("host") and not parts.get("hostaddr"):
        consequence = (
            "libpq takes PGHOST or a socket of this machine: connection to server on socket "
            '"/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory'
        )
        make = error if parts.get("password") or parts.get("port") else warning
        yield make(
            "host-missing", "host", "no host is named", consequence, "Name the host after the @ or in host=."
        )
    elif not parts.get("port") and not parts.get("host", "").startswith("/"):
        consequence = "libpq takes PGPORT from the environment, else 5432"
        fix = "Write the port, :5432 for instance, so that no environment can move it."
        yield warning("port-missing", "port", "no port is written", consequence, fix)


def _host(host: str) -> Iterator[Finding]:
    consequence = "failed to resolve host"
    bare = host.strip()
    if "://" in bare:
        yield error("host-url", "host", "the host is a whole URL", consequence, "Write the host name alone.")
    elif ";" in bare or "=" in bare:
        problem = "other settings are part of the host"
        yield error(
            "host-settings", "host", problem, consequence, "Put blanks between settings, not semicolons."
        )
    elif re.fullmatch(r"[^:\[\]]+:\d*|\[.*\].*", bare):
        fix = "Write host=NAME port=NUMBER, and an IPv6 address without brackets."
        yield error("host-port", "host", "the port is part of the host", consequence, fix)
    elif bare.startswith("["):
        yield error("host-bracket", "host", "a bracket is not closed", REFUSED, "Write [ADDRESS]:PORT.")
    elif re.fullmatch(r"[\d.]+", bare) and not _is_address(bare):
        fix = "An IPv4 address is four numbers from 0 to 255."
        yield error("address", "host", "it is no IP address", consequence, fix)
    elif _TWO_WORDS.search(bare):
        yield error("host-space", "host", "the host holds a blank", consequence, "Write the host name alone.")


def _port(port: str, *, showable: bool) -> Iterator[Finding]:
    bare = port.strip()
    if not bare or _is_placeholder(bare) or bare.lower() in NO_VALUE:
        return
    fix = "Write a number from 1 to 65535; PostgreSQL's usual port is 5432."
    if ":" in bare:
        fix = "In a URL an IPv6 address stands in brackets: [::1]:5432."
    named = f"{bare} " if showable and re.fullmatch(r"[+-]?\d{1,12}|[A-Za-z]{1,5}", bare) else "it "
    if not _PORT.fullmatch(port) or abs(int(bare)) > 2**31 - 1:
        consequence = 'connection is bad: invalid integer value for connection option "port"'
        yield error("port-number", "port", f"{named}is not a port number", consequence, fix)
    elif not 1 <= int(bare) <= 65535:
        consequence = "connection is bad: invalid port number"
        yield error("port-range", "port", f"{named}is not between 1 and 65535", consequence, fix)


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_placeholder(value: str) -> bool:
    return any(mark in value for mark in "${%<")


def _lists(parts: Mapping[str, str], hosts: list[str], ports: list[str]) -> Iterator[Finding]:
    addresses = parts["hostaddr"].split(",") if parts.get("hostaddr") else []
    named = max(len(addresses), len(hosts) if parts.get("host") else 0, 1)
    if len(ports) not in (1, named):
        consequence = f"could not match {len(ports)} port numbers to {named} hosts"
        yield error(
            "port-count", "port", "hosts and ports differ in number", consequence, "Give one port a host."
        )
        return
    if len(ports) > 1 and "" in (port.strip() for port in ports) and any(port.strip() for port in ports):
        consequence = (
            "libpq uses PGPORT or 5432 for the hosts without one; a port at the end is for the last host"
        )
        yield warning(
            "port-some", "port", "some hosts have a port and some not", consequence, "Write each port."
        )
    if "" in (host.strip() for host in hosts) and parts.get("host"):
        consequence = "libpq tries a socket of this machine for the empty entry"
        yield warning(
            "host-empty", "host", "an entry of the host list is empty", consequence, "Remove the comma."
        )
    yield from _repeated(hosts, ports if len(ports) > 1 else ports * len(hosts))
    if len(hosts) > 1 and "target_session_attrs" not in parts:
        problem = "several hosts, and nothing says which kind of server is wanted"
        consequence = "the first that answers is used; on a standby every write fails (25006)"
        fix = "Add target_session_attrs=read-write (or read-only)."
        yield warning("hosts-any", "host", problem, consequence, fix)


def _repeated(hosts: list[str], ports: list[str]) -> Iterator[Finding]:
    pairs = list(zip(hosts, ports, strict=False))
    if len(set(pairs)) < len(pairs):
        consequence = "libpq tries the same server again before it gives up"
        yield warning(
            "host-twice", "host", "the same host and port stand twice", consequence, "Keep one of them."
        )
