"""What stands before the severity in PostgreSQL's log: ``log_line_prefix``, understood without knowing it.

The prefix is a free text with escapes. Its parts have shapes of their own, and these are looked for in turn:
named values (``user=...``), the process in brackets, ``user@database``, ``host(port)``, a session id, a
transaction, SQLSTATE. What is left over has no column: then the whole prefix is kept in ``attributes``.
Source: https://www.postgresql.org/docs/18/runtime-config-logging.html#GUC-LOG-LINE-PREFIX
"""

from __future__ import annotations

import datetime as dt
import re

from labkit.evidence.strict import JsonObject
from labkit.evidence.zones import PATTERN

TIME = re.compile(
    rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{{1,6}})? (?:(?:{PATTERN})(?![A-Za-z0-9])|[A-Za-z]{{1,6}})"
    r"|(?<![\w.])\d{10}\.\d{3}(?![\w.])"
)
_KEYS = {
    **dict.fromkeys(("user", "usr", "username"), "user"),
    **dict.fromkeys(("db", "database", "dbname"), "dbname"),
    **dict.fromkeys(("app", "appname", "application", "application_name"), "application_name"),
    **dict.fromkeys(("client", "host", "rhost", "remote", "remote_host", "ip"), "remote_host"),
    **dict.fromkeys(("sqlstate", "state", "sql_error_code", "code"), "state_code"),
    **{"pid": "pid", "session": "session_id", "session_id": "session_id", "backend": "backend_type"},
}
_KEY = re.compile(rf"(?<![A-Za-z_])({'|'.join(sorted(_KEYS, key=len, reverse=True))})=")
_BACKENDS = (
    *("client backend", "checkpointer", "background writer", "background worker", "walwriter", "walsender"),
    *("walreceiver", "autovacuum launcher", "autovacuum worker", "postmaster", "startup", "archiver"),
    *("logical replication launcher", "logical replication worker", "parallel worker", "not initialized"),
    *("standalone backend", "io worker", "slotsync worker", "dead-end client backend"),
)
_NAME = r"\[unknown\]|[^\s:,|;\[\](){}<>=/]*"
_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F]*"
_SHAPES = (
    ("backend_type", re.compile(rf"\[({'|'.join(_BACKENDS)})\]")),
    ("pid", re.compile(r"\[(\d{1,10})\]")),
    ("line_num", re.compile(r"\[(\d{1,18})-\d+\]")),
    ("session_id", re.compile(r"(?<![\w.])([0-9a-f]{8}\.[0-9a-f]{1,8})(?![\w.])")),
    ("remote_host", re.compile(r"((?:\[local\]|[\w.:-]*\w)\(\d{1,5}\)|\[local\])")),
    ("vxid", re.compile(r"(?<![\w./])(-?\d{1,10}/\d{1,10})(?![\w./])")),
    ("at", re.compile(rf"((?:{_NAME})@(?:{_NAME})(?:/[^\s:,|;\]]*)?)")),
    ("remote_host", re.compile(rf"(?<![\w.:])({_ADDRESS})(?![\w.:])")),
    ("pid", re.compile(r"(?<![\w.:-])(?!00000)(\d{1,10})(?![\w.:-])")),
    ("state_code", re.compile(r"(?<![\w.])((?:[0-5][0-9A-Z]|72|F0|HV|P0|XX)[0-9A-Z]{3})(?![\w.])")),
)
_CLIENT = re.compile(r"(.*?)(?:\((\d{1,5})\))?")
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - times in tables are UTC without a zone


def parts_of(prefix: str) -> JsonObject:
    """Find the parts of a prefix, by the names that ``jsonlog`` gives them.

    Examples
    --------
    >>> parts_of("2023-12-01 14:30:00 UTC:10.0.0.9(41102):app@bank:[812]:")["remote_port"]
    41102
    """
    time = TIME.search(prefix)
    rest = prefix
    found: JsonObject = {}
    if time:
        found["timestamp"] = _written(time[0])
        rest = f"{prefix[: time.start()]} {prefix[time.end() :].removeprefix(':')}"
    rest = _named(rest, found)
    for key, shape in _SHAPES:
        match = None if key in found else shape.search(rest)
        if match:
            found[key] = match[1]
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    if re.search(r"\w", rest.replace("[unknown]", "")):
        found["prefix"] = prefix.strip()
    return _typed(found)


def _written(time: str) -> str:
    if "-" in time:
        return time
    return f"{_EPOCH + dt.timedelta(milliseconds=int(time.replace('.', '')))}+00"


def _named(rest: str, found: JsonObject) -> str:
    """Take values with a name out: each ends where the next name begins."""
    places = list(_KEY.finditer(rest))
    if not places:
        return rest
    left = rest[: places[0].start()]
    for here, after in zip(places, [*places[1:], None], strict=True):
        key, value = _KEYS[here[1]], rest[here.end() : after.start() if after else len(rest)]
        if key != "application_name":
            value, blank, more = value.partition(" ")
            left += blank + more
        value = value.strip(" ,;|:")
        found.setdefault(key, value.removesuffix("]") if "[" not in value else value)
    return left


def _typed(found: JsonObject) -> JsonObject:
    """Split pairs, drop what PostgreSQL writes for the unknown, and make numbers numbers."""
    if "at" in found:
        user, _, database = found.pop("at").rpartition("@")
        database, _, application = database.partition("/")
        found = {"user": user, "dbname": database, "application_name": application} | found
    if "remote_host" in found:
        match = _CLIENT.fullmatch(found["remote_host"])
        if match and match[2]:
            found |= {"remote_host": match[1], "remote_port": int(match[2])}
    for key in ("pid", "line_num"):
        if key in found:
            found[key] = int(found[key]) if found[key].isdecimal() and len(found[key]) < 19 else None
    return {key: value for key, value in found.items() if value not in ("", "[unknown]", None)}
