"""What is no symptom tells nothing: over some hundred exercises no name, setting or clock is a label.

A *change* is a deployment of the bank that starts before anybody notices; it is guilty where it brings the
fault. A fact that nearly all guilty changes have, and hardly any other, would be the answer without an
investigation; so would one that only cases of one kind have.
"""

from __future__ import annotations

import collections
import datetime as dt
import itertools

import pytest

from labkit.simulation.practice import deal

SEEDS = range(300)
#: Guilty and innocent changes both have a fact: its share of guilt is no nearer to 0 or 1 than this.
LEAST, MOST = 0.1, 0.9
#: In how many of the cases a row of the progress may have the same distance from the onset, in minutes.
SAME = 0.1
_MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(scope="module")
def dealt():
    """Deal three hundred exercises."""
    return [deal(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def changes(dealt):
    """List case, change and guilt of what was deployed to the bank before the detection."""
    found = []
    for case in dealt:
        first = {event.id: event for event in reversed(case.scenario.deployments)}
        for event in first.values():
            if event.service == "bank-web" and event.at < case.times.detected:
                found.append((case, event, event.at == case.times.onset))
    return found


def leaks(facts, least_kinds=2):
    """Give the facts that cases of too few kinds have, or that go with guilt or innocence alone."""
    guilt, kinds = collections.defaultdict(list), collections.defaultdict(set)
    for fact, case, guilty in facts:
        guilt[fact].append(guilty)
        kinds[fact].add(case.row.kind)
    shares = {fact: sum(found) / len(found) for fact, found in guilt.items()}
    assert shares
    return {
        fact: (round(share, 2), sorted(kinds[fact]))
        for fact, share in shares.items()
        if not LEAST <= share <= MOST or len(kinds[fact]) < least_kinds
    }


def most_common(values):
    """Give the share of the value that comes most often."""
    values = list(values)
    return collections.Counter(values).most_common(1)[0][1] / len(values)


@pytest.mark.parametrize("moment", ["onset", "recovered"])
@pytest.mark.parametrize("row", [0, 1, 2, 3, -1, -2, -3])
def test_no_snapshot_keeps_its_distance(dealt, moment, row):
    """No row of the progress stands a fixed number of minutes from the onset or the recovery."""
    rows = [(case, case.scenario.progress) for case in dealt]
    distances = [
        (rows[row].at - getattr(case.times, moment).replace(second=0)) // _MINUTE
        for case, rows in rows
        if len(rows) > max(row, ~row)
    ]
    assert len(distances) > 100
    assert most_common(distances) < SAME


def test_snapshots_are_taken_at_full_and_half_hours(dealt):
    """The project's clock is the one on the wall."""
    assert {row.at.minute for case in dealt for row in case.scenario.progress} == {0, 30}
    assert {row.at.second for case in dealt for row in case.scenario.progress} == {0}


def test_milestones_fall_by_what_was_down_since_the_snapshot_before(dealt):
    """A count falls just where some of the outage lies between two snapshots, and only there."""
    for case in dealt:
        rows = [row for row in case.scenario.progress if row.at > case.scenario.progress[0].at]
        for before, after in itertools.pairwise(rows):
            down = min(after.at, case.times.recovered) > max(before.at, case.times.onset)
            assert after.completed <= before.completed
            assert down or after.completed == before.completed
            assert (after.note == "snapshot") == (after.completed == before.completed)
        assert rows[-1].completed < rows[0].completed or rows[-1].at <= case.times.onset


def test_the_name_of_a_deployment_is_no_label(changes):
    """Each name stands over guilty and harmless changes, in cases of several kinds."""
    assert leaks(((event.name, case, guilty) for case, event, guilty in changes), least_kinds=3) == {}


def test_no_deployment_of_the_bank_is_named_after_one_kind(dealt):
    """Whatever is deployed to the bank at any time has names that cases of several kinds have."""
    kinds = collections.defaultdict(set)
    for case in dealt:
        for event in case.scenario.deployments:
            if event.service == "bank-web":
                kinds[event.name].add(case.row.kind)
    assert {name for name, found in kinds.items() if len(found) < 2} == set()


def test_a_setting_that_changes_is_no_label(changes):
    """Each key is changed by guilty and by harmless updates, in cases of several kinds."""
    edited = ((edit.key, case, guilty) for case, event, guilty in changes for edit in event.diff)
    assert leaks(edited, least_kinds=3) == {}


def test_a_setting_that_can_be_the_cause_often_is_not(changes):
    """String, pool size and switches are changed without harm where an update brings another fault, too."""
    facts = [
        (edit.key, case, guilty and bears(case, edit.key))
        for case, event, guilty in changes
        for edit in event.diff
        if case.card.carrier == "update"
    ]
    causes = {key for key, _, bearing in facts if bearing}
    assert {"DATABASE_URL", "POOL_MAX_SIZE", "FEATURE_SPENDING_CHART"} < causes
    shares = {key: [bearing for other, _, bearing in facts if other == key] for key in causes}
    assert {key for key, found in shares.items() if not 0 < sum(found) / len(found) < MOST} == set()
    beside = {case.row.kind for key, case, bearing in facts if key == "DATABASE_URL" and not bearing}
    assert len(beside) > 2


def bears(case, key):
    """Tell whether a setting that the guilty update changes is the one in which the fault stands."""
    if key.startswith("FEATURE_"):
        name = key.removeprefix("FEATURE_").replace("_", "-").lower()
        return any(outcome.name == name for one in case.scenario.releases for outcome in one.outcomes)
    return case.card.remedy == {"DATABASE_URL": "string", "POOL_MAX_SIZE": "pool"}.get(key)


def test_a_setting_that_appears_for_the_first_time_is_no_label(changes):
    """What has no value before is new in guilty and in harmless updates, in cases of several kinds."""
    new = [
        (edit.key, case, guilty)
        for case, event, guilty in changes
        for edit in event.diff
        if edit.before is None
    ]
    assert leaks(new, least_kinds=3) == {}
    assert leaks(("any", case, guilty) for _, case, guilty in new) == {}


def test_neither_a_new_version_nor_the_number_of_settings_is_a_label(changes):
    """Harmless updates bring versions and several settings as guilty ones do."""
    versions = ((event.version != event.previous, case, guilty) for case, event, guilty in changes)
    assert leaks(versions, least_kinds=3) == {}
    counts = ((min(max(len(event.diff), 2), 4), case, guilty) for case, event, guilty in changes)
    assert leaks(counts, least_kinds=3) == {}


def test_the_first_capacity_tells_no_kind(dealt):
    """Workers and connections at the beginning are drawn for all kinds alike."""
    kinds, sizes = collections.defaultdict(list), collections.defaultdict(set)
    for case in dealt:
        first = case.scenario.capacities[0]
        kinds[first.workers, first.connections].append(case.row.kind)
        sizes[case.row.kind].add(first.connections)
    assert {
        size for size, found in kinds.items() if len(set(found)) < 3 or most_common(found) > MOST
    } == set()
    assert {kind for kind, found in sizes.items() if found != sizes["overload"]} == set()
    assert len(sizes["overload"]) > 2


def test_a_version_is_one_commit_and_each_deployment_starts_and_finishes(dealt):
    """No version of a service has two revisions, and a deployment has a start and a finish."""
    for case in dealt:
        revisions, seen = collections.defaultdict(set), collections.defaultdict(list)
        for event in case.scenario.deployments:
            revisions[event.service, event.version].add(event.revision)
            seen[event.id].append(event.event)
        assert all(len(found) == 1 for found in revisions.values())
        assert all(found == ["deployment.started", "deployment.finished"] for found in seen.values())
