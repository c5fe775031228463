"""The record of deployments: when each began and ended, and what it changed, without a secret.

No convention has a name for such an event, so ``event.name`` is ours; attributes are those of
https://opentelemetry.io/docs/specs/semconv/registry/attributes/deployment/ and ``vcs``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from labkit.bank.releases.release import Release, Setting

SERVICE = "bank-web"
#: The first number of a bank's own; those before are other services'.
_FIRST = 1043
_NUMBER = re.compile(r"d-(\d+)")

Status = Literal["running", "succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class Deployment:
    """One change of the bank: what it is called, who makes it, from which release to which.

    Attributes
    ----------
    id : str
        ``d-`` and a number.
    before, after : Release
        What was in force, and what will be.
    """

    id: str
    name: str
    actor: str
    environment: str
    before: Release
    after: Release

    def event(self, status: Status, at: dt.datetime) -> dict[str, Any]:
        """Write the event of its beginning, or of its end."""
        begins = status == "running"
        attributes = {
            "deployment.id": self.id,
            "deployment.name": self.name,
            "deployment.environment.name": self.environment,
            "deployment.status": status,
            "service.name": SERVICE,
            "service.version": self.after.version,
            "service.previous_version": self.before.version,
            "vcs.ref.head.revision": revision(self.after.version),
            "actor.role": self.actor,
            "config.diff": list(differences(self.before, self.after)) if begins else [],
        }
        return {
            "timestamp": f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
            "event.name": f"deployment.{'started' if begins else 'finished'}",
            "attributes": attributes,
        }


def revision(version: str) -> str:
    """Give the commit that a version was built from: the same for the same version.

    Examples
    --------
    >>> len(revision("1.8.0")), revision("1.8.0") == revision("1.7.4")
    (40, False)
    """
    return hashlib.sha1(f"{SERVICE} {version}".encode(), usedforsecurity=False).hexdigest()


def differences(before: Release, after: Release) -> Iterator[dict[str, str]]:
    """List the settings that differ, by name; a side where one is not set is left out.

    Examples
    --------
    >>> list(differences(Release("1", {"A": 1}), Release("2", {"A": 2, "B": "on"})))
    [{'key': 'A', 'before': '1', 'after': '2'}, {'key': 'B', 'after': 'on'}]
    """
    for key in sorted(before.settings.keys() | after.settings.keys()):
        sides = {"before": before.settings.get(key), "after": after.settings.get(key)}
        if sides["before"] != sides["after"]:
            yield {"key": key} | {side: shown(value) for side, value in sides.items() if value is not None}


def shown(value: Setting) -> str:
    """Write a setting as it may be shown: a connection string without its secrets.

    Examples
    --------
    >>> shown("postgresql://bank_app:pw@db.example/bank"), shown("postgress://bank_app:pw@db.example/bank")
    ('postgresql://bank_app:***@db.example/bank', 'postgress://bank_app:***@db.example/bank')
    """
    from labkit.bank.web.redaction import Redactor
    from labkit.core import conninfo
    from labkit.core.dsn import Dsn

    if not isinstance(value, str):
        return json.dumps(value)
    if conninfo.read(value):
        return Dsn.parse(value).redacted
    redactor = Redactor()
    redactor.learn(value)
    return redactor.mask(value)


def next_id(record: Path) -> str:
    """Give the next deployment's id."""
    text = record.read_text(encoding="utf-8") if record.exists() else ""
    taken = [int(number) for number in _NUMBER.findall(text)]
    return f"d-{max([*taken, _FIRST - 1]) + 1}"


def append(record: Path, event: Mapping[str, Any]) -> None:
    """Add an event to the record, as one line."""
    record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with record.open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(event, separators=(",", ":"), ensure_ascii=False) + "\n")
