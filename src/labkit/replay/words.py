"""A replay in words: what was different, what came of it, and what was taken for granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.replay.configuration import (
    AS_CORRECTED,
    AS_DEPLOYED,
    AS_RECORDED,
    BURN_RATE,
    NEVER,
    PEOPLE,
    THRESHOLD,
    Configuration,
)
from labkit.replay.ledger import VISITS_A_MINUTE

if TYPE_CHECKING:
    from labkit.replay.result import Replay


def circumstances(configuration: Configuration) -> str:
    """Say what a configuration changes, in a few words.

    Examples
    --------
    >>> circumstances(Configuration(rollback="14:45", retries=2))
    'as deployed, rollback at 14:45, 2 retries with jitter'
    """
    return ", ".join([_string(configuration), *_more(configuration)])


def _string(c: Configuration) -> str:
    words = c.dsn_after if c.dsn_after in (AS_DEPLOYED, AS_CORRECTED) else "with an edited connection string"
    return words + (" with another password" if c.password_after != AS_RECORDED else "")


def _more(c: Configuration) -> list[str]:
    said = []
    if c.dsn_before != AS_RECORDED:
        said.append("another string before the update")
    if c.rollback != AS_RECORDED:
        said.append("never rolled back" if c.rollback == NEVER else f"rollback at {c.rollback}")
    if c.workers != 1:
        since = "" if c.workers_at == AS_RECORDED else f" from {c.workers_at}"
        said.append(f"{c.workers:g} times the workers{since}")
    if c.pool_size is not None:
        said.append(f"pools of {c.pool_size}")
    if c.pool_timeout_s is not None:
        said.append(f"{c.pool_timeout_s:g} s of waiting")
    if c.detection != PEOPLE:
        said.append({BURN_RATE: "a 14.4x burn-rate page", THRESHOLD: "an alarm at 1 % failures"}[c.detection])
    if c.connectivity_test:
        said.append("a connectivity test in the pipeline")
    if 0 < c.canary < 1:
        said.append(f"a canary of {c.canary * 100:g} %")
    if c.manual_ledger:
        said.append("a manual ledger")
    if c.retries:
        said.append(f"{c.retries} retries {'with' if c.retry_jitter else 'without'} jitter")
    return said


def describe(replay: Replay) -> str:
    """Say the result in one sentence, with its numbers."""
    minutes, budget = replay.outage_minutes, replay.budget_burned
    head = circumstances(replay.configuration)
    if replay.recording.change is None:
        head = head.replace(AS_DEPLOYED, AS_RECORDED, 1)
    fails = "request fails" if replay.failed == 1 else "requests fail"
    numbers = (
        f"{replay.failed:,} of {replay.requests:,} {fails}"
        f"{_saved(replay)}; {minutes} {'minute' if minutes == 1 else 'minutes'} of outage, "
        f"{budget:.0%} of a month's error budget"
    )
    return f"{head[0].upper()}{head[1:]}: {numbers}{_extra(replay)}."


def _saved(replay: Replay) -> str:
    parts = []
    if replay.saved:
        parts.append(f"{replay.saved:,} that failed in the record succeed")
    if replay.spoiled:
        parts.append(f"{replay.spoiled:,} that succeeded in the record fail")
    return f" ({', '.join(parts)})" if parts else ""


def _extra(replay: Replay) -> str:
    said = ""
    if replay.stopped:
        said += "; the pipeline stopped the update"
    if replay.caught:
        said += "; the canary stopped the update"
    if replay.configuration.detection != PEOPLE and replay.minutes_to_detect is not None:
        said += f"; the alarm comes after {replay.minutes_to_detect:.1f} minutes"
    if replay.configuration.manual_ledger:
        said += f"; {replay.visits_by_hand:,} of {replay.visits_harmed:,} harmed visits are served by hand"
    if replay.retries:
        said += f"; {replay.retries:,} attempts more"
    return said


def _repair(*, known: bool) -> str:
    if known:
        return "Once somebody knows, the repair takes as long as it took."
    return "No report is recorded, so an alarm shortens nothing: the repair comes when it came."


def assumptions(replay: Replay) -> tuple[str, ...]:
    """List what a replay takes for granted: what its record does, and what its configuration adds."""
    c, said = replay.configuration, list(replay.recording.assumptions)
    if c.detection != PEOPLE and c.rollback == AS_RECORDED:
        said.append(_repair(known=replay.recording.detected_us is not None))
    if c.detection == PEOPLE and c.changed and replay.recording.detected_us is not None:
        said.append("People report after as many failed requests as in the record.")
    if 0 < c.canary < 1:
        said.append(
            "A canary is watched for ten minutes; it stops the update if at least 20 of its requests fail "
            "more often than the others, by over 1 %."
        )
    if c.workers != 1:
        said.append("Each worker brings its own places in the pool.")
    if c.manual_ledger:
        said.append(f"Clerks serve {VISITS_A_MINUTE} visits a minute, in the order of their first failure.")
    if c.retries:
        said.append("A request that is sent again counts once: its last answer, its time from the first.")
    return tuple(said)
