"""Replay the recorded requests under another configuration.

The same requests arrive at the same moments with the same sizes and the same luck; only what the
configuration changes is decided again.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.core.errors import LabError
from labkit.core.secret import harmless
from labkit.replay.configuration import AS_CORRECTED, AS_DEPLOYED, AS_RECORDED, Configuration
from labkit.replay.moments import moment_us
from labkit.replay.outcomes import Outcomes, Rules, decide
from labkit.replay.recording import FOREVER, Recording, Sizes
from labkit.replay.response import LEAST_RATIO, detected_us, rollback_us
from labkit.replay.result import Replay
from labkit.replay.retries import first_attempts, send_again
from labkit.replay.rollout import Rollout, planned, recorded
from labkit.replay.topology import Effect

if TYPE_CHECKING:
    import duckdb

    from labkit.simulation.model import Scenario

_CANARY_LEAST = 20


def record(source: duckdb.DuckDBPyConnection | Scenario | Recording, *, seed: int = 20231201) -> Recording:
    """Read what arrived, once for many replays.

    Parameters
    ----------
    source : duckdb.DuckDBPyConnection, Scenario or Recording
        What ``labkit.load`` returned, or a scenario of the simulator.
    seed : int
        For a scenario: which of its afternoons.

    Examples
    --------
    >>> import labkit
    >>> record(labkit.load("data/debacle"))
    Recording(19,765 requests, 2023-12-01 14:00:00 to 2023-12-01 17:30:00 UTC)
    """
    from labkit.simulation.model import Scenario

    if isinstance(source, Recording):
        return source
    if isinstance(source, Scenario):
        from labkit.replay.from_scenario import from_scenario

        return from_scenario(source, seed=seed)
    from labkit.replay.from_evidence import from_evidence

    return from_evidence(source)


def replay(
    source: duckdb.DuckDBPyConnection | Scenario | Recording,
    configuration: Configuration | None = None,
    *,
    seed: int = 20231201,
) -> Replay:
    """Replay an incident under a configuration.

    Parameters
    ----------
    source : duckdb.DuckDBPyConnection, Scenario or Recording
        Where the requests come from; a connection is not changed.
    configuration : Configuration, optional
        What is different; without one, the record itself.
    seed : int
        For a scenario: which of its afternoons.

    Raises
    ------
    LabError
        For evidence without requests, for a configuration that changes a connection string where no
        deployment brought one, and for what is no configuration.

    Examples
    --------
    >>> import labkit
    >>> con = labkit.load("data/debacle")
    >>> replay(con).outage_minutes
    150
    >>> replay(con, Configuration(dsn_after="as corrected")).outage_minutes
    0
    """
    recording = record(source, seed=seed)
    wanted = Configuration() if configuration is None else configuration
    if not isinstance(wanted, Configuration):
        raise not_a_configuration(wanted)
    _require_change(recording, wanted)
    rules = rules_of(recording, wanted)
    was = recorded(recording)
    stopped = wanted.connectivity_test and not rules.after.connects
    rollout = planned(recording, canary=wanted.canary, stopped=stopped)
    out = decide(recording, rules, rollout, was)
    rollout, caught = _watch_canary(recording, rollout, out)
    if caught:
        out = decide(recording, rules, rollout, was)
    detected = detected_us(recording, out, wanted.detection, rollout.begin)
    end = rollback_us(recording, wanted, detected)
    if end < rollout.end:
        rollout = dataclasses.replace(rollout, end=end)
        caught = False  # it was taken back before the canary was judged
        out = decide(recording, rules, rollout, was)
    if detected > end:
        detected = FOREVER  # it was over before anybody noticed
    attempts = first_attempts(recording, out)
    if wanted.retries:
        out, attempts = send_again(recording, rules, rollout, out, wanted)
    return Replay(recording, wanted, rules, rollout, out, attempts, detected, stopped, caught)


def not_a_configuration(value: object) -> LabError:
    """Say that a value is no configuration, and how to make one."""
    return LabError(
        "this is no configuration",
        found=harmless(value),
        next_step='Make one with labkit.Configuration(dsn_after="as corrected").',
    )


def _require_change(recording: Recording, wanted: Configuration) -> None:
    strings = {"dsn_after", "dsn_before", "password_after", "rollback", "connectivity_test", "canary"}
    if recording.change is None and strings & wanted.changed.keys():
        raise LabError(
            "no deployment in this evidence changed a connection string",
            found=sorted(strings & wanted.changed.keys()),
            next_step="Look at the settings that did change: FROM deployments.",
        )


def rules_of(recording: Recording, wanted: Configuration) -> Rules:
    """Turn a configuration into what holds in a replay."""
    before, after, same_before, same_after = _strings(recording, wanted)
    queue = recording.queue
    if wanted.pool_timeout_s is not None:
        queue = queue.waiting_at_most(int(wanted.pool_timeout_s * 1_000_000))
    same = queue.timeout_us == recording.queue.timeout_us and wanted.pool_size is None and wanted.workers == 1
    pools = tuple(_pool(recording, pool, wanted) for pool in recording.queue.pools)
    return Rules(before, after, same_before, same_after, dataclasses.replace(queue, pools=pools), same)


def _strings(recording: Recording, wanted: Configuration) -> tuple[Effect, Effect, bool, bool]:
    here, change = recording.surroundings, recording.change
    if change is None:
        sound = here.sound()
        return sound, sound, True, True
    text = change.before if wanted.dsn_before == AS_RECORDED else wanted.dsn_before
    before = here.effect(text)
    if wanted.dsn_after == AS_DEPLOYED and wanted.password_after == AS_RECORDED:
        return before, _deployed(recording), text == change.before, True
    after_text = {AS_DEPLOYED: change.after, AS_CORRECTED: text}.get(wanted.dsn_after, wanted.dsn_after)
    after = here.effect(after_text, wanted.password_after)
    same = after_text == change.after and change.after != change.before
    same &= wanted.password_after == AS_RECORDED
    return before, _deployed(recording) if same else after, text == change.before, same


def _deployed(recording: Recording) -> Effect:
    """Find out what the deployed string does; what it did in the record is believed before any model.

    Where requests were lost and only the password can be wrong, that is wrong; where none was, it connected.
    """
    assert recording.change is not None
    effect = recording.surroundings.effect(recording.change.after)
    if effect.sound and recording.lost.any():
        return recording.surroundings.effect(recording.change.after, "another")
    if not effect.connects and not recording.lost.any():
        return dataclasses.replace(recording.surroundings.sound(), text=effect.text)
    return effect


def _pool(recording: Recording, recorded_sizes: Sizes, wanted: Configuration) -> Sizes:
    times, sizes = recorded_sizes.times, recorded_sizes.sizes
    if wanted.pool_size is not None:
        times, sizes = np.array([0]), np.array([wanted.pool_size])
    if wanted.workers == 1 or sizes.min() >= FOREVER:
        return Sizes(times, sizes)
    at = recording.begin_us if wanted.workers_at == AS_RECORDED else moment_us(recording, wanted.workers_at)
    edges = np.unique(np.append(times, at))
    base = Sizes(times, sizes).at(edges)
    more = np.ceil(base * wanted.workers).astype(np.int64)
    return Sizes(edges, np.where(edges >= at, more, base))


def _watch_canary(recording: Recording, rollout: Rollout, out: Outcomes) -> tuple[Rollout, bool]:
    """Compare the canary with the rest when its time is over; end the rollout where it fails more."""
    if rollout.share >= 1:
        return rollout, False
    rows: Any = np.arange(len(recording))
    during = recording.counted & (recording.start >= rollout.begin) & (out.end < rollout.everyone)
    updated = rollout.updated(recording, rows, recording.start)
    ratios = []
    for mine in (during & updated, during & ~updated):
        count = int(np.count_nonzero(mine))
        ratios.append((np.count_nonzero(out.failed[mine]) / count if count else 0.0, count))
    (canary, count), (rest, _) = ratios
    if count >= _CANARY_LEAST and canary > rest + LEAST_RATIO:
        return dataclasses.replace(rollout, end=rollout.everyone), True
    return rollout, False
