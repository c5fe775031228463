"""What the console's page is told: the record once, and each replay as series and numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.replay.change import UNKNOWN
from labkit.replay.configuration import AS_CORRECTED, AS_DEPLOYED, NEVER, Configuration
from labkit.replay.engine import replay
from labkit.replay.moments import EARLY, LATE, moment_at
from labkit.replay.recording import MINUTE, Recording, from_us, to_us
from labkit.replay.spelled import marked, parts

if TYPE_CHECKING:
    from labkit.replay.result import Replay

_MESSAGES = "SELECT time_utc, channel, author, text FROM messages WHERE time_utc IS NOT NULL ORDER BY ALL"
_DEPLOYMENTS = """
    SELECT min(time_utc) AS time_utc, any_value(coalesce(deployment_name, service_name)) AS name
    FROM deployments WHERE time_utc IS NOT NULL GROUP BY coalesce(deployment_id, event_name) ORDER BY ALL"""
_PINGS = """
    SELECT (epoch_us(time_utc) - $begin) // 60000000 AS minute,
           median(value) FILTER (WHERE name = 'ping.rtt') AS rtt,
           max(value) FILTER (WHERE name = 'ping.loss') AS loss
    FROM metrics WHERE name IN ('ping.rtt', 'ping.loss') GROUP BY 1 ORDER BY 1"""

#: What a click should show at once: both strings alone, with one thing more, or rolled back at some time.
_ONE_MORE: tuple[dict[str, Any], ...] = (
    {},
    {"connectivity_test": True},
    {"canary": 0.05},
    {"detection": "burn rate"},
    {"detection": "threshold"},
    {"manual_ledger": True},
    {"retries": 3, "retry_jitter": True},
    {"retries": 3, "retry_jitter": False},
    {"workers": 2},
)


def prepared(recording: Recording, *, strings: bool = True) -> Iterator[dict[str, Any]]:
    """Replay what a person is likely to ask for first."""
    rolled_back = [{"rollback": moment} for moment in (*_moments(recording), NEVER)]
    for string in (AS_DEPLOYED, AS_CORRECTED) if recording.change else (AS_DEPLOYED,):
        for more in (*_ONE_MORE, *rolled_back):
            if recording.change or not {"connectivity_test", "canary", "rollback"} & more.keys():
                yield told(replay(recording, Configuration(dsn_after=string, **more)), strings=strings)


def _moments(recording: Recording) -> list[str]:
    """Give the times of a rollback that are offered."""
    return [moment_at(recording, share) for share in (EARLY, LATE)] if recording.change else []


def told(result: Replay, *, strings: bool = True) -> dict[str, Any]:
    """Tell a page one replay: its configuration, its course by the minute, its numbers and its words.

    Without `strings` nothing is told of the connection strings and of what they do.
    """
    minutes, after = result.minutes, result.rules.after
    return {
        "settings": result.configuration.as_dict(),
        "asked": result.configuration.as_dict(),
        "code": repr(result.configuration),
        "sentence": result.sentence,
        "requests": minutes.requests.tolist(),
        "failed": minutes.failed.tolist(),
        "p95": _rounded(minutes.p95_ms),
        "waiting": minutes.waiting.tolist(),
        "numbers": _numbers(result),
        "strings": _pieces(result) if strings else {"before": [], "after": []},
        "fault": after.fault if strings else "",
        "says": after.result.client_message if strings else "",
        "assumptions": list(result.assumptions),
    }


def _numbers(result: Replay) -> dict[str, Any]:
    return {
        "failed": result.failed,
        "saved": result.saved,
        "spoiled": result.spoiled,
        "outage": result.outage_minutes,
        "budget": round(result.budget_burned, 6),
        "detected": _clock(result.detected_utc),
        "mitigated": _clock(result.mitigated_utc),
        "harmed": result.visits_harmed,
        "by_hand": result.visits_by_hand,
        "retries": result.retries,
    }


def _pieces(result: Replay) -> dict[str, list[tuple[str, bool]]]:
    """Cut both strings of a replay, marked where they differ."""
    if result.recording.change is None:
        return {"before": [], "after": []}
    wanted, rules = result.configuration, result.rules
    another = wanted.password_after != "as recorded" or _only_password(result.recording)
    another &= wanted.dsn_after != AS_CORRECTED
    before, after = rules.before.text, rules.after.text
    return {
        "before": marked(before, after, another_password=another),
        "after": marked(after, before, another_password=another),
    }


def _only_password(recording: Recording) -> bool:
    """Tell whether the deployed string can differ in its password only: both texts are the same."""
    assert recording.change is not None
    return recording.change.before == recording.change.after


def record_of(recording: Recording, *, strings: bool = True) -> dict[str, Any]:
    """Tell a page what stays the same: the recorded course, the two strings, the pings and the events."""
    recorded, change = replay(recording), recording.change
    return {
        "begin": recording.begin_us // 1000,
        "minutes": recording.minutes,
        "recorded": told(recorded, strings=strings),
        "setting": change.key if change else "",
        "before": marked(change.before, change.after, another_password=_only_password(recording))
        if change
        else [],
        "parts": parts(change.after if change.after != UNKNOWN else change.before)
        if change and strings
        else {},
        "changed": bool(change),
        "strings": bool(change) and strings,
        "moments": _moments(recording),
        "onset": _minute(recording, recording.deployed_us) if change else 0,
        "reported": recording.detected_us is not None,
        "pings": _pings(recording),
        "events": _events(recording),
    }


def _minute(recording: Recording, us: int) -> int:
    return max(0, min((us - recording.begin_us) // MINUTE, recording.minutes - 1))


def _rounded(values: Any) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 3) for value in values]


def _clock(when: dt.datetime | None) -> str:
    return f"{when:%H:%M:%S}" if when else ""


def _pings(recording: Recording) -> list[dict[str, Any]]:
    if recording.con is None:
        return []
    rows = recording.con.execute(_PINGS, {"begin": recording.begin_us}).fetchall()
    return [
        {"minute": int(minute), "rtt": round(rtt, 3) if rtt is not None else None, "loss": loss or 0.0}
        for minute, rtt, loss in rows
        if 0 <= minute < recording.minutes
    ]


def _events(recording: Recording) -> list[dict[str, Any]]:
    """List what happened: deployments and messages, in order, with the minute of the record."""
    if recording.con is None:
        return []
    found = [
        (when, "deployment", name or "deployment")
        for when, name in recording.con.execute(_DEPLOYMENTS).fetchall()
    ]
    for when, channel, author, text in recording.con.execute(_MESSAGES).fetchall():
        kind = {"user-report": "report", "pager": "page"}.get(channel, "chat")
        found.append((when, kind, f"{author}: {text}" if author else text))
    return [
        {
            "minute": round((to_us(when) - recording.begin_us) / MINUTE, 3),
            "clock": f"{from_us(to_us(when)):%H:%M:%S}",
            "kind": kind,
            "text": text,
        }
        for when, kind, text in sorted(found)
        if 0 <= to_us(when) - recording.begin_us < recording.minutes * MINUTE
    ]
