"""Exercises that are drawn from a seed: each a day of its own, true to its scenario, and silent about it."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import itertools
import pkgutil
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labkit.simulation.practice as room
from labkit.core.errors import LabError
from labkit.simulation import story
from labkit.simulation.faults import ROWS, STEPS
from labkit.simulation.practice import cards, deal
from labkit.simulation.practice.difficulty import neighbours, rate
from labkit.simulation.practice.exercise import LEVELS, Difficulty
from labkit.simulation.practice.moving import Clock, moved
from labkit.simulation.practice.people import phrases
from labkit.simulation.practice.surroundings import MAY_BE_WITHHELD
from labkit.simulation.scenario import load_scenario, scenario_names, shows

SEEDS = range(100)
MODULES = sorted(module.name for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."))


@pytest.fixture(scope="module")
def dealt():
    """Deal a hundred exercises."""
    return [deal(seed) for seed in SEEDS]


class Always:
    """Draws that always give the choice of one number."""

    def __init__(self, number):
        self.number = number

    def pick(self, items):
        return items[self.number]


def test_the_same_seed_deals_the_same_exercise():
    """Seed and attempt alone decide everything; another attempt is another exercise."""
    assert deal(11) == deal(11)
    assert deal(11).signature != deal(11, 1).signature


def test_no_two_exercises_are_alike(dealt):
    """A hundred seeds make a hundred combinations of fault, time and red herrings."""
    assert len({one.signature for one in dealt}) == len(dealt)
    by_fault = collections.defaultdict(list)
    for one in dealt:
        by_fault[one.card.scenario].append(one)
    for same in by_fault.values():
        assert len({one.times.onset.date() for one in same}) == len(same)
        assert len({tuple((h.name, h.text) for h in one.herrings) for one in same}) == len(same)


def test_the_deck_holds_every_fault_of_the_catalogue(dealt):
    """Each fault that is no step of another has a card, and a card comes again only when all have come."""
    steps = {step for some in STEPS.values() for step in some}
    assert {card.row.name for card in cards()} == set(ROWS) - steps
    first_round = collections.Counter(one.card.scenario for one in dealt[: len(cards())])
    assert first_round == collections.Counter(card.scenario for card in cards())


def test_each_card_is_sound_in_each_variant():
    """Every variant of every card reads as a scenario that does what its fault says."""
    for card in {card.scenario: card for card in cards()}.values():
        for number in range(len(card.variants) + 1):
            scenario = card.scenario_for(Always(number))
            assert scenario.fault is not None
            found = [shows(scenario, release) for release in scenario.releases]
            assert scenario.fault.name == card.row.name or card.row in found


def test_a_variant_changes_its_scenario():
    """No two variants of a card are the same scenario."""
    for card in {card.scenario: card for card in cards()}.values():
        made = [card.scenario_for(Always(k)) for k in range(len(card.variants) + 1)]
        assert all(one != two for one, two in itertools.combinations(made, 2)), card.scenario


def test_times_are_in_order(dealt):
    """A case starts, fails, has set in, is noticed, fades, recovers and ends, with quiet on both sides."""
    for one in dealt:
        times = one.times
        moments = [getattr(times, field.name) for field in dataclasses.fields(times)]
        early, late = moments[:4], moments[4:]
        assert early == sorted(early) and late == sorted(late)
        assert times.set_in < times.detected < times.recovered
        assert times.onset - times.start > dt.timedelta(minutes=25)
        assert times.end - times.recovered > dt.timedelta(minutes=13)
        assert all(moment.microsecond == 0 for moment in moments)


def test_detection_is_the_first_report_or_page_after_the_onset(dealt):
    """What users write before the onset is about something else, and is no detection."""
    for one in dealt:
        told = [m.at for m in one.scenario.messages if m.channel in ("user-report", "pager")]
        assert min(at for at in told if at >= one.times.onset) == one.times.detected


def test_the_scenario_says_what_the_truth_says(dealt):
    """The fault's own times in the scenario are those of the exercise."""
    for one in dealt:
        fault = one.scenario.fault
        assert fault is not None
        times = (fault.onset, fault.detected, fault.recovered)
        assert times == (one.times.onset, one.times.detected, one.times.recovered)


def test_a_deployment_stands_at_the_onset_of_an_update(dealt):
    """Where an update brings the fault a deployment starts at the onset; where none does, none starts."""
    for one in dealt:
        at_onset = [e for e in one.scenario.deployments if e.at == one.times.onset]
        assert bool(at_onset) == (one.card.carrier == "update")
        assert all(event.service == "bank-web" for event in at_onset)


def test_each_deployment_has_its_own_number(dealt):
    """Start and finish of a deployment share an id, and the record is in the order of time."""
    for one in dealt:
        events = one.scenario.deployments
        assert [e.at for e in events] == sorted(e.at for e in events)
        names = {event.id: event.name for event in events}
        assert len(names) == len(set(names.values())) == len({event.name for event in events})


def test_the_rollback_brings_the_earlier_string_back(dealt):
    """Where an update with another connection string is taken back, its diff is turned round."""
    seen = 0
    for one in dealt:
        lines = story.deployments(one.scenario).decode().splitlines()
        edits = [line for line in lines if "DATABASE_URL" in line and "Back to" in line]
        for line in edits:
            before, after = re.search(
                r'"before":"(.*?)","after":"(.*?)"', line[line.index("DATABASE_URL") :]
            ).groups()
            last = one.scenario.releases[-1].dsn.redacted
            assert after == last
            assert before.replace("\\", "") in one.scenario.releases[-2].dsn.redacted.replace("\n", "n")
            seen += 1
    assert seen > 30


def test_no_story_names_its_cause(dealt):
    """Neither deployments nor messages nor snapshots name a fault, a scenario or a secret."""
    words = {*ROWS, *scenario_names(), "practice", "herring"}
    for one in dealt:
        text = b"".join(
            part(one.scenario) for part in (story.deployments, story.messages, story.progress)
        ).decode()
        assert not [word for word in words if word in text]
        assert not re.search(r"ledger[-@%/]|demo-\d\d|key-52", text)


def test_people_name_no_part_of_a_connection(dealt):
    """In the chat nobody says what is wrong: no port, no address, no role, no setting."""
    told = re.compile(
        r"\b(ports?|dsn|sslmode|role|timeouts?|pool|slots|string|replica|staging|address)\b", re.I
    )
    for one in dealt:
        assert [m.text for m in one.scenario.messages if told.search(m.text)] == []


def test_every_kind_of_red_herring_comes_and_is_explained(dealt):
    """Over a hundred cases all twelve kinds are met; each case has at least three, each with its reason."""
    kinds = collections.Counter(herring.name for one in dealt for herring in one.herrings)
    assert len(kinds) == 12
    assert all(3 <= len(one.herrings) <= 7 for one in dealt)
    assert all(len(herring.text) > 30 for one in dealt for herring in one.herrings)


def test_red_herrings_fit_the_fault(dealt):
    """Nobody pings a network that is broken and says it is well, and no visitors swell an overload."""
    for one in dealt:
        names = {herring.name for herring in one.herrings}
        if one.card.remedy == "network":
            assert not names & {"ping", "packet-loss"}
        if one.card.remedy == "load":
            assert not names & {"visitors", "scale-out"}


def test_a_slow_clock_is_told_where_it_can_be_seen(dealt):
    """In about half of the cases one host's log is stamped late; it is a red herring if that log is there."""
    slow = [one for one in dealt if any(host.clock_slow_s for host in one.scenario.topology.hosts)]
    assert 35 <= len(slow) <= 65
    told = [one for one in slow if any(herring.name == "slow-clock" for herring in one.herrings)]
    assert told == [one for one in slow if "app.log.jsonl" not in one.withheld]


def test_traces_and_messages_are_never_withheld(dealt):
    """A case may lack files, at most two, and never what one cannot begin without."""
    withheld = [one.withheld for one in dealt]
    assert {name for names in withheld for name in names} == set(MAY_BE_WITHHELD)
    assert max(map(len, withheld)) == 2
    assert min(map(len, withheld)) == 0


def test_difficulty_grows_with_what_makes_it_hard():
    """Each missing part of the evidence and each change near the onset adds to the points."""
    one = deal(7)
    bare = rate(one.card, one.times, (), ())
    near = dataclasses.replace(one.herrings[0], name="edge-update", at=one.times.onset)
    assert rate(one.card, one.times, (near,), ()).points == bare.points + 1
    assert rate(one.card, one.times, (), ("app.log.jsonl", "metrics.otlp.jsonl")).points == bare.points + 3
    assert rate(dataclasses.replace(one.card, silent=True), one.times, (), ()).points >= bare.points + 3


def test_the_level_follows_from_the_points(dealt):
    """Levels are cut at three, five and seven points, and cases of all kinds occur."""
    levels = [Difficulty((("", points),)).level for points in range(9)]
    assert levels == [LEVELS[0]] * 3 + [LEVELS[1]] * 2 + [LEVELS[2]] * 2 + [LEVELS[3]] * 2
    assert {one.difficulty.level for one in dealt} == set(LEVELS)


def test_neighbours_share_what_requests_and_server_show():
    """Faults that leave the server silent are each other's neighbours; a role without login has none."""
    assert "refused-host" in neighbours(ROWS["wrong-port"])
    assert neighbours(ROWS["role-without-login"]) == ()


def test_there_are_words_for_every_symptom():
    """Each card's users have at least three things to say."""
    assert all(len(phrases()["reports"][card.symptom]) >= 3 for card in cards())


@pytest.mark.parametrize("seed", [-1, 1.0, True, "7", None])
def test_a_seed_is_a_whole_number(seed):
    """Anything else is refused with a way on."""
    with pytest.raises(LabError, match="Try 7"):
        deal(seed)


@given(st.lists(st.integers(-3600, 4 * 3600), min_size=2, max_size=20))
def test_a_clock_never_turns_round(seconds):
    """What comes later on the old day comes no earlier on the new one."""
    old, new = dt.datetime(2023, 12, 1, 14, tzinfo=dt.UTC), dt.datetime(2024, 5, 2, 9, tzinfo=dt.UTC)
    hours = [dt.timedelta(hours=k) for k in range(3)]
    clock = Clock(((old, new), (old + hours[1], new + hours[1] / 3), (old + hours[2], new + hours[2])))
    after = [clock.moved(old + dt.timedelta(seconds=s)) for s in sorted(seconds)]
    assert after == sorted(after)


def test_times_in_texts_move_along():
    """The server's line about its last shutdown speaks of the new day."""
    scenario = load_scenario("database-restart")
    day = dt.timedelta(days=100)
    clock = Clock(((scenario.start, scenario.start + day), (scenario.end, scenario.end + day)))
    texts = " ".join(line.message for line in moved(scenario, clock).postgres_lines)
    assert "2024-03-10 14:30:05 UTC" in texts
    assert "2023-12" not in texts
