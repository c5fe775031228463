"""Measure the impact: who and what was hit, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.evidence.investigate.ask import ask
from labkit.evidence.investigate.facts import Facts
from labkit.evidence.investigate.model import Claim

if TYPE_CHECKING:
    import duckdb


def measure_impact(con: duckdb.DuckDBPyConnection, facts: Facts) -> tuple[Claim, ...]:
    """Say what was hit, one claim a measure."""
    window = facts.window
    if not window.found or window.begin is None:
        return ()
    phases = ask(con, "before_during_after", onset_utc=window.begin, recovery_utc=window.recovery_utc)
    claims = [
        Claim(
            f"It lasted {window.minutes:.1f} minutes as far as the evidence shows.",
            window.citation,
            (window.row,),
        )
    ]
    verb = "were slow or failed" if window.slow else "failed"
    for row in phases.where(lambda row: row["phase"] == "during" and row["requests"] > 0):
        share = row["failed"] / row["requests"]
        text = f"{row['failed']:,} of {row['requests']:,} requests {verb} ({share:.1%})."
        claims.append(phases.claim(text, (row,)))
        if row["sessions"]:
            text = f"{row['sessions_hit']:,} of {row['sessions']:,} visits of users met a failure."
            claims.append(phases.claim(text, (row,)))
    hit = facts.routes.where(lambda row: row["failed_during"] >= 0.1 * max(row["requests_during"], 1))
    if hit and window.failed:
        names = ", ".join(row["route"] or "(unknown)" for row in hit[:6])
        claims.append(facts.routes.claim(f"Routes hit: {names}.", hit))
    return (*claims, *_alerts(con, facts), *_progress(con, facts))


def _alerts(con: duckdb.DuckDBPyConnection, facts: Facts) -> tuple[Claim, ...]:
    if facts.window.onset_utc is None or facts.window.failed == 0 or facts.window.slow:
        return ()
    answer = ask(con, "burn_rate_alerts")
    page = answer.where(lambda row: row["alert"].startswith("page") and row["first_fired_utc"] is not None)
    after = [row for row in page if row["first_fired_utc"] >= facts.window.onset_utc]
    if not after:
        return ()
    first = min(after, key=lambda row: row["first_fired_utc"])
    seconds = (first["first_fired_utc"] - facts.window.onset_utc).total_seconds()
    return (
        answer.claim(
            f"A burn-rate page ({first['alert']}) would have fired {seconds:.0f} s after the onset.", (first,)
        ),
    )


def _progress(con: duckdb.DuckDBPyConnection, facts: Facts) -> tuple[Claim, ...]:
    """Compare the project's progress after the onset with the last snapshot before it."""
    begin = facts.window.begin
    answer = ask(con, "progress_fall")
    known = answer.where(lambda row: row["completed_milestones"] is not None and row["time_utc"] is not None)
    before = [row for row in known if begin is not None and row["time_utc"] <= begin]
    after = [row for row in known if begin is not None and row["time_utc"] > begin]
    if not before or not after or not before[-1]["completed_milestones"]:
        return ()
    was, now = before[-1], min(after, key=lambda row: row["completed_milestones"])
    fall = 1 - now["completed_milestones"] / was["completed_milestones"]
    if fall <= 0:
        return ()
    text = (
        f"The project's progress fell by {fall:.0%}: from {was['completed_milestones']} milestones "
        f"to {now['completed_milestones']}."
    )
    return (answer.claim(text, (was, now)),)
