"""Put what happened in order: deployments, failures, reports, what people did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from labkit.evidence.investigate.ask import ask
from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.model import Happened

if TYPE_CHECKING:
    import duckdb

_EDGES = {
    "failing": ("failures set in (onset)", "failures end (recovery)"),
    "slow": ("answers become slow (onset)", "answers are as fast as before (recovery)"),
    "silent": ("queries begin to go to another database", "queries come back"),
}
_ALL_DAY_MIN = 60 * 24 * 2.0


def build_timeline(
    con: duckdb.DuckDBPyConnection, facts: Facts, detection: Happened | None
) -> tuple[Happened, ...]:
    """List what happened, in order of time."""
    rows = [*_failures(facts), *_silence(facts), *_messages(con, facts), *_deployments(con, facts)]
    if detection is not None:
        rows.append(detection)
    unique = {(row.time_utc, row.text): row for row in rows}
    return tuple(sorted(unique.values(), key=lambda row: (row.time_utc, row.plane, row.text)))


def _failures(facts: Facts) -> Iterator[Happened]:
    window = facts.window
    begins, ends = _EDGES["silent" if window.state == "silent" else "slow" if window.slow else "failing"]
    if window.onset_utc is not None:
        yield Happened(window.onset_utc, window.plane, begins, window.citation)
    if window.recovery_utc is not None:
        yield Happened(window.recovery_utc, window.plane, ends, window.citation)
    for complaint in facts.complaints.telling[:3]:
        first: dt.datetime = complaint.row["first_utc"]
        if complaint.row["outside"] == 0:
            yield Happened(
                first,
                complaint.row["source"],
                f'first of its kind: "{complaint.text}"',
                facts.complaints.answer.citation,
            )


def _silence(facts: Facts) -> Iterator[Happened]:
    for row in facts.silence.rows[:1]:
        if row["failed"] and (row["times_usual"] or 0) >= 3:
            text = (
                f"the database server's log falls silent about clients for {row['silent_s'] / 60:.0f} minutes"
            )
            yield Happened(row["from_utc"], "postgres_log", text, facts.silence.citation)


def _messages(con: duckdb.DuckDBPyConnection, facts: Facts) -> Iterator[Happened]:
    answer = ask(con, "first_reports", onset_utc=facts.window.begin, channel=None, first=500)
    for row in answer.rows:
        yield Happened(
            row["time_utc"], row["channel"] or "messages", f"{row['author']}: {row['text']}", answer.citation
        )


def _deployments(con: duckdb.DuckDBPyConnection, facts: Facts) -> Iterator[Happened]:
    end = facts.window.last_utc
    if end is None:
        return
    answer = ask(con, "changes_before", at_utc=end, minutes_before=_ALL_DAY_MIN, seconds_after=3600.0)
    for row in answer.rows:
        settings = [r["setting"] for r in answer.rows if r["time_utc"] == row["time_utc"] and r["setting"]]
        changed = f"; settings changed: {', '.join(dict.fromkeys(settings))}" if settings else ""
        name = row["deployment_name"] or row["service_name"] or "deployment"
        yield Happened(
            row["time_utc"], "deployments", f"{name} ({row['event_name']}){changed}", answer.citation
        )
