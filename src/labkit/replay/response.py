"""Who notices, and when: people, a burn-rate page, or a plain threshold; and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labkit.replay.configuration import AS_RECORDED, BURN_RATE, NEVER, PEOPLE, Configuration
from labkit.replay.moments import moment_us
from labkit.replay.recording import FOREVER, MINUTE, SECOND, Recording

if TYPE_CHECKING:
    from labkit.replay.outcomes import Outcomes
    from labkit.simulation.streams import Floats, Ints

SLO = 0.999
BURN, LONG_US, SHORT_US = 14.4, 60 * MINUTE, 5 * MINUTE
LEAST_RATIO = 0.01


def detected_us(recording: Recording, out: Outcomes, how: str, onset_us: int) -> int:
    """Return when the fault is noticed, in microseconds since 1970; FOREVER for never.

    People who meet what they met report when they did; others after as many failed requests as in the
    record. An alarm looks at the end of each second.
    """
    if onset_us >= FOREVER or not (recording.counted & out.faulty).any():
        return FOREVER
    if how == PEOPLE:
        return _reported(recording, out, onset_us)
    return _alarmed(recording, out, how, onset_us)


def _reported(recording: Recording, out: Outcomes, onset_us: int) -> int:
    if recording.detected_us is None:
        return FOREVER
    until = recording.end <= recording.detected_us
    if np.array_equal(out.end[until], recording.end[until]) and np.array_equal(
        out.status[until], recording.status[until]
    ):
        return recording.detected_us
    seen = recording.counted & out.faulty & out.failed
    ends = np.sort(out.end[seen & (out.end >= onset_us)])
    needed = recording.reports_after
    if len(ends) < needed:
        return FOREVER
    # In the record the first report came a moment after the last of these failures.
    was = np.sort(recording.end[recording.lost & recording.counted & (recording.end < recording.detected_us)])
    late = recording.detected_us - int(was[-1]) if len(was) else 0
    return int(ends[needed - 1]) + late


def _alarmed(recording: Recording, out: Outcomes, how: str, onset_us: int) -> int:
    """Find the first second after the onset at whose end the alarm's windows are over their limit."""
    end = out.end[recording.counted]
    first = recording.begin_us // SECOND
    seconds = int(max(end.max() // SECOND, recording.end_us // SECOND) - first) + 1
    place = np.clip(end // SECOND - first, 0, seconds - 1)
    asked = np.bincount(place, minlength=seconds)
    failed = np.bincount(place[out.failed[recording.counted]], minlength=seconds)
    usual = len(end) / max(1, int(end.max() // SECOND - end.min() // SECOND) + 1)
    if how == BURN_RATE:
        limit = BURN * (1 - SLO)
        over = (_ratio(asked, failed, LONG_US, usual) >= limit) & (
            _ratio(asked, failed, SHORT_US, usual) >= limit
        )
    else:
        over = _ratio(asked, failed, SHORT_US, usual) >= LEAST_RATIO
    over &= (np.arange(seconds) + 1 + first) * SECOND > onset_us
    over &= asked > 0
    if not over.any():
        return FOREVER
    return (int(np.argmax(over)) + 1 + first) * SECOND


def _ratio(asked: Ints, failed: Ints, window_us: int, usual: float) -> Floats:
    """Return failed / all over the window up to the end of each second; before the record: usual traffic."""
    window = window_us // SECOND
    total, bad = np.concatenate([[0], np.cumsum(asked)]), np.concatenate([[0], np.cumsum(failed)])
    here = np.arange(1, len(total))
    since = np.maximum(here - window, 0)
    unknown = usual * np.maximum(window - here, 0)
    return np.asarray((bad[here] - bad[since]) / np.maximum(total[here] - total[since] + unknown, 1e-9))


def rollback_us(recording: Recording, configuration: Configuration, detected: int) -> int:
    """Return when the earlier string is in force again.

    As recorded means: as long after detection as it took in the record. A configured time is taken as it is.
    """
    if configuration.rollback == NEVER:
        return FOREVER
    if configuration.rollback != AS_RECORDED:
        return max(moment_us(recording, configuration.rollback), recording.deployed_us)
    if recording.detected_us is None:
        return recording.repaired_us
    if recording.repaired_us >= FOREVER or detected >= FOREVER:
        return FOREVER
    return max(detected + recording.repaired_us - recording.detected_us, recording.deployed_us)
