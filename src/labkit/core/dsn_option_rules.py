"""Checks of what a connection string sets for the session: faults that only queries meet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from labkit.core.dsn_finding import Finding, error, warning

_SETTING = re.compile(r"(?:-c\s*|--)([\w.-]+)=((?:\\.|[^\s\\])*)", re.DOTALL)
_TIME = re.compile(r"'?\d+(?:\.\d+)?\s*(us|ms|s|min|h|d)?'?")
_TIMES = frozenset(
    {
        "statement_timeout",
        "lock_timeout",
        "transaction_timeout",
        "idle_session_timeout",
        "idle_in_transaction_session_timeout",
    }
)
_ON = frozenset({"on", "true", "yes", "1"})


def option_findings(parts: Mapping[str, str]) -> Iterator[Finding]:
    """Check ``options`` setting by setting, and say what ``service`` leaves open."""
    if "service" in parts:
        consequence = (
            "connection is bad: definition of service not found, where that machine has none of this name"
        )
        fix = "Make sure the service file is there for whoever runs the program."
        yield warning("service", "service", "the rest stands in a service file", consequence, fix)
    text = parts.get("options", "").strip()
    if text and not text.startswith("-"):
        consequence = "FATAL: invalid command-line argument for server process"
        yield error(
            "options-form",
            "options",
            "it is no option",
            consequence,
            "Write -cNAME=VALUE (= as %3D in a URL).",
        )
    for name, value in _SETTING.findall(text):
        yield from _setting(name.replace("-", "_"), value)


def _setting(name: str, value: str) -> Iterator[Finding]:
    if name in ("default_transaction_read_only", "transaction_read_only") and value.lower() in _ON:
        consequence = (
            "it connects and reads; each write fails: cannot execute in a read-only transaction (25006)"
        )
        yield warning(
            "options-read-only", "options", "the session is read-only", consequence, "Leave the setting out."
        )
    elif name == "search_path":
        consequence = 'where the tables are in another schema: relation "..." does not exist (42P01)'
        fix = "Name the schema of the tables, or leave it out."
        yield warning(
            "options-search-path", "options", "it says where table names are looked up", consequence, fix
        )
    elif name in _TIMES:
        yield from _time(name, value)


def _time(name: str, value: str) -> Iterator[Finding]:
    found = _TIME.fullmatch(value)
    if found is None:
        consequence = f'FATAL: invalid value for parameter "{name}" (22023 in the server\'s log)'
        yield error(
            "options-time", "options", f"{name} is no time", consequence, "Write milliseconds, or 30s, 5min."
        )
    elif found[1] is None and 0 < float(value.strip("'")) < 1000:
        consequence = "a number without a unit is milliseconds: work that takes longer is canceled"
        yield warning(
            "options-short", "options", f"{name} is under a second", consequence, "Write the unit: 30s."
        )
