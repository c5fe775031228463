"""What holds for every replay, over scenarios, seeds and configurations."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_configuration import CONFIGURATIONS

import labkit
from labkit.core.errors import LabError
from labkit.replay.from_scenario import from_scenario
from labkit.simulation.generate import generate
from labkit.simulation.scenario import load_scenario

BROKEN = ("debacle", "read-replica", "overload-then-wrong-password")
SCENARIOS = (*BROKEN, "rotated-password", "staging-database")
CLOCKS = [f"{hour}:{minute:02}" for hour in (14, 15, 16, 17) for minute in range(0, 60, 7)]
quick = settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


def short(name):
    """Load a scenario with half an hour of it left out at either end."""
    scenario = load_scenario(name)
    cut = dt.timedelta(minutes=15)
    return dataclasses.replace(
        scenario,
        start=scenario.start + cut,
        end=scenario.end - cut,
        messages=(),
        log_lines=(),
        postgres_lines=(),
    )


@functools.cache
def recorded(name):
    """Record each scenario once."""
    return labkit.record(load_scenario(name))


def columns(outcomes):
    """Give what became of the requests, for comparing."""
    return outcomes.end, outcomes.status, outcomes.failed, outcomes.error


@pytest.mark.slow
@pytest.mark.parametrize("name", ["debacle", "read-replica", "overload", "unescaped-at"])
def test_a_scenario_replays_to_the_evidence_it_makes(name, tmp_path):
    """Request by request, a scenario's replay has the times and statuses of the generated evidence."""
    scenario = short(name)
    generate(scenario, seed=7, out=tmp_path, scale=0.1)
    con = labkit.load(tmp_path)
    evidence = con.sql(
        """SELECT span_id, epoch_us(end_utc), status, failed FROM requests ORDER BY start_utc, span_id"""
    ).fetchall()
    recording = from_scenario(scenario, seed=7, scale=0.1)
    made = labkit.replay(recording).outcomes
    replayed = zip(
        recording.span_ids, made.end.tolist(), made.status.tolist(), made.failed.tolist(), strict=True
    )
    assert list(replayed) == evidence
    again = labkit.replay(con).outcomes
    assert np.array_equal(again.end, made.end)
    assert np.array_equal(again.status, made.status)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(["debacle", "wrong-password", "outlived-rule"]))
def test_any_seed_replays_to_itself(seed, name):
    """The recorded configuration gives every request what it met, whatever the seed."""
    recording = from_scenario(short(name), seed=seed, scale=0.3)
    result = labkit.replay(recording)
    assert result.difference().empty
    assert (result.saved, result.spoiled) == (0, 0)


@quick
@given(name=st.sampled_from(BROKEN), configuration=CONFIGURATIONS)
def test_with_the_corrected_string_nothing_new_fails(name, configuration):
    """Whatever else is configured, no request fails under it that did not fail for another reason.

    Pools that are smaller or wait less are another reason of their own, and so is a crowd of retries.
    """
    recording = recorded(name)
    corrected = dataclasses.replace(
        configuration,
        dsn_before="as recorded",
        dsn_after="as corrected",
        password_after="as recorded",
        pool_size=None,
        pool_timeout_s=None,
        retries=0,
    )
    failed = labkit.replay(recording, corrected).outcomes.failed
    assert not (failed & ~recording.failed).any()
    assert not (failed & recording.lost & recording.spared).any()


@quick
@given(name=st.sampled_from(BROKEN), clocks=st.tuples(st.sampled_from(CLOCKS), st.sampled_from(CLOCKS)))
def test_an_earlier_repair_never_costs_more(name, clocks):
    """Of two rollbacks the earlier one fails no request that the later one saves."""
    early, late = (
        labkit.replay(recorded(name), labkit.Configuration(rollback=clock)) for clock in sorted(clocks)
    )
    assert not (early.outcomes.failed & ~late.outcomes.failed).any()
    assert early.outage_minutes <= late.outage_minutes
    assert early.failed <= late.failed


@quick
@given(name=st.sampled_from(SCENARIOS), configuration=CONFIGURATIONS)
def test_a_replay_is_a_function_of_its_configuration(name, configuration):
    """The same configuration gives the same outcomes with possible times, and changes no record."""
    recording = recorded(name)
    if recording.change is None and (
        {"dsn_before", "dsn_after", "password_after", "rollback", "connectivity_test", "canary"}
        & configuration.changed.keys()
    ):
        with pytest.raises(LabError, match="no deployment"):
            labkit.replay(recording, configuration)
        return
    before = recording.end.copy()
    one, two = (labkit.replay(recording, configuration) for _ in range(2))
    assert all(
        np.array_equal(a, b) for a, b in zip(columns(one.outcomes), columns(two.outcomes), strict=True)
    )
    assert (one.outcomes.end >= recording.start).all()
    assert np.array_equal(recording.end, before)
    assert one.failed - one.failed_in_record == one.spoiled - one.saved
    assert one.minutes.failed.sum() == one.failed == one.seconds.failed.sum()
    assert one.sentence == two.sentence


@pytest.mark.parametrize("name", ["debacle", "wrong-database", "certificate-name"])
def test_a_connectivity_test_stops_what_cannot_connect(name):
    """A string that cannot connect never reaches a user when the pipeline tries it."""
    result = labkit.replay(load_scenario(name), labkit.Configuration(connectivity_test=True))
    assert result.stopped
    assert (result.outage_minutes, result.visits_harmed) == (0, 0)


@pytest.mark.parametrize("name", ["read-replica", "wrong-search-path", "staging-database"])
def test_a_connectivity_test_lets_pass_what_connects(name):
    """A string that connects to the wrong place passes a test that only connects."""
    recording = labkit.record(load_scenario(name))
    result = labkit.replay(recording, labkit.Configuration(connectivity_test=True))
    assert not result.stopped
    assert result.difference().empty


def test_a_canary_keeps_a_silent_fault_from_nobody():
    """Answers that are wrong but no errors let the canary pass, so everyone gets the update."""
    result = labkit.replay(recorded("staging-database"), labkit.Configuration(canary=0.2))
    assert not result.caught


def test_a_canary_harms_about_its_share():
    """A canary of a fifth harms about a fifth of those who come in its ten minutes, and then it is over."""
    all_at_once = labkit.replay(recorded("debacle"), labkit.Configuration(rollback="14:40"))
    result = labkit.replay(recorded("debacle"), labkit.Configuration(canary=0.2))
    assert result.caught
    assert result.mitigated_utc == dt.datetime(2023, 12, 1, 14, 40)  # noqa: DTZ001
    assert 0.12 < result.failed / all_at_once.failed < 0.28


def test_the_alarm_is_the_one_of_the_named_query(tmp_path):
    """The replayed burn-rate page comes in the second in which the query over the evidence has it."""
    generate(load_scenario("debacle"), seed=20231201, out=tmp_path)
    con = labkit.load(tmp_path)
    alerts = labkit.query(con, "burn_rate_alerts").df()
    result = labkit.replay(con, labkit.Configuration(detection="burn rate"))
    assert result.detected_utc == alerts["first_fired_utc"].min()


def test_more_workers_do_not_mend_a_wrong_port_but_a_full_pool():
    """Added workers leave the wrong string's failures alone and end those of an overload."""
    more = labkit.Configuration(workers=4, workers_at="14:00")
    wrong = labkit.replay(load_scenario("debacle"), more)
    assert (wrong.saved, wrong.spoiled) == (0, 0)
    full = labkit.replay(load_scenario("overload"), more)
    assert full.failed < 0.2 * full.failed_in_record


def test_retries_crowd_out_others():
    """Where the pool is full, sending again takes places from requests that had one."""
    recording = labkit.record(load_scenario("overload"))
    once = labkit.replay(recording)
    again = labkit.replay(recording, labkit.Configuration(retries=1))
    assert again.retries > once.failed
    assert again.spoiled > 0
    assert again.minutes.waiting.max() > once.minutes.waiting.max()


def test_a_manual_ledger_serves_some_and_mends_nothing():
    """Pen and paper serve four visits a minute; the bank's failures and budget stay."""
    plain = labkit.replay(recorded("debacle"))
    result = labkit.replay(recorded("debacle"), labkit.Configuration(manual_ledger=True))
    open_minutes = (result.rollout.end - result.detected_us) / 60e6
    assert 0 < result.visits_by_hand <= 4 * open_minutes + 1 < result.visits_harmed
    assert (result.failed, result.budget_burned) == (plain.failed, plain.budget_burned)
    assert plain.visits_by_hand == 0
