"""Read from the deployments what changed in the connection, without believing that it mattered."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.core.conninfo import SECRET_PARTS
from labkit.core.dsn import Dsn
from labkit.core.dsn_lint import lint
from labkit.core.errors import LabError
from labkit.core.secret import MASK
from labkit.evidence.investigate.ask import Answer, ask
from labkit.evidence.investigate.model import NO_TIME, Claim, PartChanged, Row, Window
from labkit.evidence.investigate.safe import safe

if TYPE_CHECKING:
    import duckdb

_LOOK_BACK_MIN = 180.0
_SHORTLY_MIN = 15
_LEAST_MARGIN_S, _MOST_MARGIN_S = 5.0, 120.0
_DSN_KEY = re.compile(
    r"(DATABASE|DB|POSTGRES|PG|POSTGRESQL)\w*(URL|URI|DSN)|^(DSN|CONNINFO|CONNECTION_STRING)$", re.I
)
_DSN_TEXT = re.compile(r"^\W*[a-z+]*(postgres|pgsql)[a-z+]*://|\b(host|dbname)\s*=", re.I)
_DATABASE = r"(?:^PG_?|(?:^|_)(?:DB|DATABASE|POSTGRES|PG|POSTGRESQL)_)"
#: Settings that hold one part by itself, as libpq's environment or a deployment's own names have it.
_KEYS = (
    (re.compile(_DATABASE + r"HOST", re.I), "host"),
    (re.compile(_DATABASE + r"PORT", re.I), "port"),
    (re.compile(_DATABASE + r"(?:DATABASE|NAME|DBNAME)$", re.I), "dbname"),
    (re.compile(_DATABASE + r"USER", re.I), "user"),
    (re.compile(_DATABASE + r"PASS", re.I), "password"),
    (re.compile(_DATABASE + r"SSL_?MODE", re.I), "sslmode"),
    (re.compile(_DATABASE + r"TARGET_?SESSION_?ATTRS", re.I), "target_session_attrs"),
    (
        re.compile(_DATABASE + r"(?:OPTIONS|SEARCH_?PATH|SCHEMA)|SEARCH_PATH|STATEMENT_TIMEOUT", re.I),
        "options",
    ),
    (re.compile(r"POOL\w*(?:SIZE|MAX|MIN|CONNECTIONS|LIMIT|TIMEOUT)|MAX_CONNECTIONS", re.I), "pool"),
)
_CAPACITY = re.compile(r"WORKER|REPLICA|CPU|MEMORY|INSTANCES|CONCURRENCY|POOL\w*(?:SIZE|MAX)", re.I)

#: What an unescaped character of the password does: other parts hold pieces of it, none is to be shown.
_TORN = PartChanged("password", None, "holds an unescaped character that moves the parts behind it")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the deployments near the onset changed in the connection.

    Attributes
    ----------
    recorded : bool
        Whether there is any record of deployments.
    near : tuple of Row
        Events and settings changed from three hours before the onset until a minute after it, newest first.
    at_onset : bool
        Whether something was deployed so near that the failures may follow from it.
    parts : tuple of PartChanged
        Parts of the connection that changed; a secret's values never.
    dsn_before, dsn_after : str or None
        The connection strings, redacted.
    secret_may_differ : bool
        A connection string was written anew, and all that may differ is masked.
    put_back : tuple of str
        Parts that a later deployment, near the recovery, set back.
    """

    recorded: bool
    answer: Answer
    near: tuple[Row, ...]
    at_onset: bool
    parts: tuple[PartChanged, ...]
    dsn_before: str | None = None
    dsn_after: str | None = None
    secret_may_differ: bool = False
    put_back: tuple[str, ...] = ()
    put_back_answer: Answer | None = None

    def part(self, name: str) -> PartChanged | None:
        """Give the change of one part."""
        return next((change for change in self.parts if change.part == name), None)

    def shortly_before(self) -> tuple[tuple[Row, ...], Claim]:
        """Give what was deployed in the quarter of an hour before the first sign, and count the events.

        An event that changed several settings has a row for each.
        """
        rows = tuple(row for row in self.near if row["minutes_earlier"] <= _SHORTLY_MIN)
        events = {
            (row["time_utc"], row["deployment_name"], row["service_name"], row["event_name"]) for row in rows
        }
        counted = "1 event of a deployment" if len(events) == 1 else f"{len(events)} events of deployments"
        return rows, self.answer.claim(f"{counted} in the quarter of an hour before", rows)

    @property
    def dsn_known(self) -> bool:
        """True where a whole connection string was recorded on both sides."""
        return self.dsn_before is not None and self.dsn_after is not None


def read_settings(
    con: duckdb.DuckDBPyConnection, window: Window, *, since_utc: dt.datetime | None, recorded: bool
) -> Settings:
    """Read what was deployed before the first sign of the incident, and what was put back at the recovery."""
    at = since_utc or window.begin or NO_TIME
    margin = _margin_s(window)
    answer = ask(con, "changes_before", at_utc=at, minutes_before=_LOOK_BACK_MIN, seconds_after=margin)
    rows = answer.rows if window.begin else ()
    touching = [row for row in rows if row["setting"] and touches(row)]
    newest = [row for row in touching if row["time_utc"] == max(r["time_utc"] for r in touching)]
    parts, before, after, masked = _changes(newest)
    put_back, put_back_answer = _put_back(con, window, parts)
    return Settings(
        recorded=recorded,
        answer=answer,
        near=rows,
        at_onset=any(row["minutes_earlier"] <= 15 for row in rows),
        parts=parts,
        dsn_before=before,
        dsn_after=after,
        secret_may_differ=masked,
        put_back=put_back,
        put_back_answer=put_back_answer,
    )


def _margin_s(window: Window) -> float:
    """Give how long after the first sign a record may still be of what brought it: clocks differ a little.

    No more than a tenth of the incident: what is recorded later is what was done about it.
    """
    return max(_LEAST_MARGIN_S, min(_MOST_MARGIN_S, 6 * window.minutes))


def touches(row: Row) -> bool:
    """Tell whether a setting is about the connection to the database."""
    key, values = (
        row["setting"] or "",
        [value for value in (row["before"], row["after"]) if value is not None],
    )
    return bool(
        _DSN_KEY.search(key)
        or any(_DSN_TEXT.search(value) for value in values)
        or any(pattern.search(key) for pattern, _ in _KEYS)
    )


def adds_capacity(row: Row) -> bool:
    """Tell whether a setting gives the program more room.

    Examples
    --------
    >>> adds_capacity({"setting": "WEB_WORKERS", "before": "2", "after": "6"})
    True
    """
    sizes = [_size(row[side]) for side in ("before", "after")]
    return bool(_CAPACITY.search(row["setting"] or "")) and None not in sizes and sizes[0] < sizes[1]  # type: ignore[operator]


def _size(text: str | None) -> float | None:
    found = re.match(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)", text or "", re.I)
    scale = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
    milli = bool(found and re.fullmatch(r"\s*\d+m\s*", text or ""))  # a thousandth of a CPU
    return None if found is None else float(found[1]) * (1e-3 if milli else scale[found[2].lower()])


def _changes(rows: list[Row]) -> tuple[tuple[PartChanged, ...], str | None, str | None, bool]:
    parts: list[PartChanged] = []
    before = after = None
    masked = False
    for row in rows:
        if _DSN_KEY.search(row["setting"]) or any(
            _DSN_TEXT.search(row[side] or "") for side in ("before", "after")
        ):
            before, after = (None if row[side] is None else _shown(row[side]) for side in ("before", "after"))
            changes, hidden = dsn_changes(row["before"], row["after"])
            parts += changes
            masked = masked or hidden
            continue
        part = next(name for pattern, name in _KEYS if pattern.search(row["setting"]))
        secret = part == "password"
        parts.append(
            PartChanged(part, None if secret else row["before"], "changed" if secret else row["after"])
        )
    return tuple(parts), before, after, masked


def dsn_changes(before: str | None, after: str | None) -> tuple[tuple[PartChanged, ...], bool]:
    """Compare two recorded connection strings; the second value tells that a masked secret may differ.

    What libpq cannot read has no parts: then the lint says which part of the text is wrong.

    Examples
    --------
    >>> one = "postgresql://bank_app:***@db.example:5432/bank"
    >>> dsn_changes(one, one.replace("5432/bank", "5432/shop"))
    ((PartChanged(part='dbname', before='bank', after='shop'),), True)
    """
    one, two = _parse(before), _parse(after)
    if one is not None and two is not None:
        masked = any(dsn.password is not None and dsn.password.masked for dsn in (one, two))
        found = tuple(PartChanged(c.part, c.before, c.after) for c in one.diff(two))
        return (_TORN,) if any(_is_torn(change) for change in found) else found, masked
    findings = [finding for finding in lint(after or "") if finding.severity == "error"]
    names = tuple(dict.fromkeys(finding.part for finding in findings))
    return tuple(PartChanged(name, None, _shown(after)) for name in names), False


def _is_torn(change: PartChanged) -> bool:
    """Tell whether a piece of the password stands in a part where none belongs."""
    after = change.after or ""
    return change.part not in SECRET_PARTS and (MASK in after or (change.part == "host" and "@" in after))


def _parse(text: str | None) -> Dsn | None:
    try:
        return Dsn.parse(text) if text else None
    except LabError:
        return None


def _shown(text: str | None) -> str | None:
    dsn = _parse(text)
    return dsn.url if dsn is not None else None if text is None else safe(text)


def _put_back(
    con: duckdb.DuckDBPyConnection, window: Window, parts: tuple[PartChanged, ...]
) -> tuple[tuple[str, ...], Answer | None]:
    """Find what a deployment near the recovery set back to its value from before."""
    if window.recovery_utc is None:
        return (), None
    minutes = min(60.0, window.minutes)
    answer = ask(
        con, "changes_before", at_utc=window.recovery_utc, minutes_before=minutes, seconds_after=120.0
    )
    later = _changes([row for row in answer.rows if row["setting"] and touches(row)])[0]
    undone = {(change.part, change.before, change.after) for change in later}
    return tuple(c.part for c in parts if (c.part, c.after, c.before) in undone), answer
