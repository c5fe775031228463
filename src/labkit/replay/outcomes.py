"""What requests meet under given strings, pools and moments: the law of a replay, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labkit.replay.recording import Queue, Recording, Refusal, line_up
from labkit.replay.topology import Effect

if TYPE_CHECKING:
    from labkit.replay.rollout import Rollout
    from labkit.simulation.streams import Ints
    from labkit.simulation.world import Flags

#: Codes of errors that no recorded request had.
REFUSED, QUERY_FAILED = -2, -3
_NOTICES_US = 1_700
_CANCELLED = "57014"


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in one replay.

    Attributes
    ----------
    before, after : Effect
        What the two connection strings do.
    same_before, same_after : bool
        They are the recorded ones.
    queue, same_queue : Queue, bool
        Where requests wait for a connection, and whether that is as it was recorded.
    """

    before: Effect
    after: Effect
    same_before: bool
    same_after: bool
    queue: Queue
    same_queue: bool


@dataclass(slots=True)
class Outcomes:
    """What became of requests, one entry each; `refused` had no connection, `wait` is a part of the time."""

    end: Ints
    status: Ints
    failed: Flags
    error: Ints
    refused: Flags
    faulty: Flags
    wait: Ints

    def copy(self) -> Outcomes:
        """Copy every column."""
        return Outcomes(*(getattr(self, name).copy() for name in self.__slots__))


def as_recorded(recording: Recording) -> Outcomes:
    """Give what became of every request in the record."""
    r = recording
    wait = np.where(r.refused, np.minimum(r.queue.refusal.wait_us, r.end - r.start), r.usual_waits[0])
    return Outcomes(
        r.end.copy(), r.status.copy(), r.failed.copy(), r.error.copy(), r.refused.copy(), r.lost.copy(), wait
    )


def decide(recording: Recording, rules: Rules, rollout: Rollout, was: Rollout) -> Outcomes:
    """Decide every request anew whose circumstances are not the recorded ones."""
    rows = np.arange(len(recording))
    updated = rollout.updated(recording, rows, recording.start)
    recorded = was.updated(recording, rows, recording.start)
    out = as_recorded(recording)
    same = (updated == recorded) & np.where(updated, rules.same_after, rules.same_before)
    anew = recording.needs & recording.spared & ~same
    for effect, mine in ((rules.before, anew & ~updated), (rules.after, anew & updated)):
        if mine.any():
            _apply(recording, rules, effect, np.flatnonzero(mine), out)
    # Another timeout also changes those who missed a connection as they did in the record.
    longer = rules.queue.refusal.wait_us - recording.queue.refusal.wait_us
    if longer:
        kept = out.refused & ~anew
        out.end[kept] += longer
        out.wait[kept] += longer
    _queue(recording, rules, out)
    return out


def _apply(recording: Recording, rules: Rules, effect: Effect, rows: Ints, out: Outcomes) -> None:
    if not effect.connects:
        refuse(recording, rules.queue.refusal, rows, recording.start[rows], out)
        return
    spare(recording, rows, out)
    misbehave(recording, effect, rows, recording.start[rows], out)


def refuse(recording: Recording, how: Refusal, rows: Ints, start: Ints, out: Outcomes) -> None:
    """Let requests wait for a connection in vain, and fail."""
    before = recording.before[rows]
    out.end[rows] = start + before + how.wait_us + before // 2
    out.status[rows], out.failed[rows], out.error[rows] = how.status, True, REFUSED
    out.refused[rows], out.faulty[rows], out.wait[rows] = True, True, how.wait_us


def spare(recording: Recording, rows: Ints, out: Outcomes) -> None:
    """Give requests what they meet with a connection; whatever failed for another reason still fails."""
    missed = rows[recording.lost[rows]]
    length = recording.before[missed] + recording.hold[missed] + recording.after[missed]
    out.end[missed] = recording.start[missed] + length
    out.status[missed], out.failed[missed] = recording.spared_status[missed], False
    out.error[missed], out.wait[missed] = -1, 0
    out.refused[missed], out.faulty[missed] = False, False


def misbehave(recording: Recording, effect: Effect, rows: Ints, start: Ints, out: Outcomes) -> None:
    """Let requests that connect meet what a string does to their queries."""
    for route, outcome in effect.outcomes.items():
        mine = recording.route[rows] == route
        if outcome.sqlstate == _CANCELLED:
            mine &= (recording.longest[rows] > effect.limit_us) & (effect.limit_us > 0)
            took = np.minimum(recording.hold[rows], effect.limit_us + _NOTICES_US)
        else:
            mine &= recording.draw[rows] < outcome.share
            took = np.minimum(recording.hold[rows], int(outcome.query_ms * 1000) + _NOTICES_US)
        hit = rows[mine]
        own = recording.before[hit] + took[mine] + recording.after[hit] // 2
        out.end[hit] = start[mine] + own
        out.status[hit], out.failed[hit] = outcome.status, outcome.status >= 500
        out.error[hit] = QUERY_FAILED if outcome.status >= 500 else -1
        out.faulty[hit], out.wait[hit] = True, 0


def _queue(recording: Recording, rules: Rules, out: Outcomes) -> None:
    """Let everyone who connects queue; only what differs from the record's own line is changed."""
    served = recording.needs & recording.spared & ~out.refused
    usual = recording.needs & recording.spared & ~recording.refused
    if rules.same_queue and np.array_equal(served, usual):
        return
    wait, gone = line_up(recording, served, recording.start, rules.queue)
    _, was_gone = recording.usual_waits
    moved = served & ~gone & ~was_gone & ~out.refused
    least = recording.start + recording.hold + recording.after  # the record's own line is a model, too
    out.end[moved] = np.maximum(out.end + wait - out.wait, least)[moved]
    out.wait[moved] = wait[moved]
    turned_away = np.flatnonzero(served & gone & ~was_gone)
    refuse(recording, rules.queue.turned_away, turned_away, recording.start[turned_away], out)
    out.faulty[turned_away] = False
    let_in = np.flatnonzero(served & was_gone & ~gone & recording.failed & ~recording.lost)
    length = (recording.before + recording.hold + recording.after + wait)[let_in]
    out.end[let_in] = recording.start[let_in] + length
    out.status[let_in], out.failed[let_in], out.error[let_in] = recording.spared_status[let_in], False, -1
    out.wait[let_in] = wait[let_in]
