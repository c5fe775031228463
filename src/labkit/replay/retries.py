"""Send a request again that got no connection, and let the attempts queue with everyone else's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from labkit.replay.outcomes import Outcomes, Rules, misbehave, refuse
from labkit.replay.recording import SECOND, Recording, line_up

if TYPE_CHECKING:
    from labkit.replay.configuration import Configuration
    from labkit.replay.rollout import Rollout
    from labkit.simulation.streams import Ints
    from labkit.simulation.world import Flags

#: A line only depends on who came before, so each turn settles at least the earliest attempt in doubt.
_TURNS = 40
_JITTER = 104_729.0


@dataclass(frozen=True, slots=True)
class Attempts:
    """All attempts, the first ones included: whose, when it asked for a connection, how long it waited."""

    rows: Ints
    asked: Ints
    wait: Ints


def first_attempts(recording: Recording, out: Outcomes) -> Attempts:
    """Give the attempts of a replay without retries: one a request."""
    return Attempts(np.arange(len(recording)), recording.start + recording.before, out.wait)


def send_again(
    recording: Recording, rules: Rules, rollout: Rollout, out: Outcomes, configuration: Configuration
) -> tuple[Outcomes, Attempts]:
    """Send again what was refused; the last attempt decides, and the time counts from the first."""
    sending = _Sending(recording, rules, rollout, out, configuration)
    line = _Line()
    for _ in range(_TURNS):
        chain = sending.follow(line)
        found = sending.line_up(chain)
        if line.equals(found):
            break
        line = found
    return chain[-1].out, _attempts(recording, chain)


@dataclass(slots=True)
class _Turn:
    """One attempt of every request that makes it: who, when, who is served, and how it then stands."""

    rows: Ints
    start: Ints
    served: Flags
    out: Outcomes


@dataclass(slots=True)
class _Line:
    """Waits and who left without a connection, by the number of the attempt."""

    wait: dict[int, Ints] = field(default_factory=dict)
    gone: dict[int, Flags] = field(default_factory=dict)

    def equals(self, other: _Line) -> bool:
        """Tell whether nothing is in doubt any more."""
        return self.wait.keys() == other.wait.keys() and all(
            np.array_equal(self.wait[k], other.wait[k]) and np.array_equal(self.gone[k], other.gone[k])
            for k in self.wait
        )

    def of(self, k: int, count: int) -> tuple[Ints, Flags]:
        """Give waits and leavers of one attempt; none where another number of requests makes it now."""
        if k in self.wait and len(self.wait[k]) == count:
            return self.wait[k], self.gone[k]
        return np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class _Sending:
    recording: Recording
    rules: Rules
    rollout: Rollout
    first: Outcomes
    configuration: Configuration

    def follow(self, line: _Line) -> list[_Turn]:
        """Follow every request from attempt to attempt, with waits as they were found in the last turn."""
        turn = self._begin(line)
        chain = [turn]
        for k in range(1, self.configuration.retries + 1):
            out = chain[-1].out.copy()
            rows = np.flatnonzero(out.refused)
            chain.append(
                self._attempt(out, rows, out.end[rows] + self._delay(rows, k), line.of(k, len(rows)))
            )
        return chain

    def _begin(self, line: _Line) -> _Turn:
        """Give the first attempts, later by what the line of all attempts costs them."""
        r, out = self.recording, self.first.copy()
        served = r.needs & r.spared & ~out.refused
        wait, gone = line.of(0, len(r))
        out.end += np.where(served, wait, 0)
        out.wait += np.where(served, wait, 0)
        refuse(r, self.rules.queue.turned_away, np.flatnonzero(gone), r.start[gone], out)
        out.faulty[gone] = self.first.faulty[gone]
        return _Turn(np.arange(len(r)), r.start, served, out)

    def _attempt(self, out: Outcomes, rows: Ints, start: Ints, line: tuple[Ints, Flags]) -> _Turn:
        r, rules, (wait, gone) = self.recording, self.rules, line
        updated = self.rollout.updated(r, rows, start)
        connects = np.where(updated, rules.after.connects, rules.before.connects) & r.spared[rows]
        served = connects & ~gone
        refuse(r, rules.queue.refusal, rows[~connects], start[~connects], out)
        left = connects & gone
        refuse(r, rules.queue.turned_away, rows[left], start[left], out)
        well = rows[served]
        out.end[well] = (start + wait)[served] + (r.before + r.hold + r.after)[well]
        out.status[well], out.failed[well], out.error[well] = r.spared_status[well], False, -1
        out.refused[well], out.faulty[well], out.wait[well] = False, False, wait[served]
        for effect, mine in ((rules.before, served & ~updated), (rules.after, served & updated)):
            misbehave(r, effect, rows[mine], start[mine], out)
        return _Turn(rows, start, connects, out)

    def _delay(self, rows: Ints, k: int) -> Ints:
        longest = self.configuration.retry_after_s * SECOND * 2 ** (k - 1)
        if not self.configuration.retry_jitter:
            return np.full(len(rows), int(longest), dtype=np.int64)
        fresh = np.modf(self.recording.draw[rows] * _JITTER * (k + 1))[0]  # other digits of the same number
        return np.asarray(fresh * longest).astype(np.int64)

    def line_up(self, chain: list[_Turn]) -> _Line:
        """Let all attempts stand in one line; of the first ones, tell what they wait longer than alone."""
        first = chain[0]
        alone = line_up(self.recording, first.served, first.start, self.rules.queue)[0]
        rows = np.concatenate([turn.rows for turn in chain])
        start = np.concatenate([turn.start for turn in chain])
        served = np.concatenate([turn.served for turn in chain])
        wait, gone = line_up(self.recording, served, start, self.rules.queue, rows=rows)
        edges = np.cumsum([len(turn.rows) for turn in chain])[:-1]
        waits, leavers = np.split(wait, edges), np.split(gone, edges)
        waits[0] = np.maximum(waits[0] - alone, 0)
        return _Line(dict(enumerate(waits)), dict(enumerate(leavers)))


def _attempts(recording: Recording, chain: list[_Turn]) -> Attempts:
    rows = np.concatenate([turn.rows for turn in chain])
    asked = np.concatenate([turn.start for turn in chain]) + recording.before[rows]
    wait = np.concatenate([turn.out.wait[turn.rows] for turn in chain])
    return Attempts(rows, asked, wait)
