"""Scenario files are read into frozen values, and what cannot be is refused with its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.core.errors import LabError
from labkit.simulation.faults import ROWS
from labkit.simulation.scenario import (
    build_scenario,
    load_scenario,
    packaged_text,
    parse_scenario,
    read_table,
    scenario_names,
)

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> dict[str, Any]:
    """Return the table of the seed incident after a change."""
    table = read_table(packaged_text("debacle"), "debacle.toml")
    change(table)
    return table


def test_every_packaged_scenario_is_valid() -> None:
    """Each scenario that comes with the package is read and says its own name."""
    assert {"debacle", "overload", "unresolvable-host", "wrong-database", "wrong-password"} <= set(
        scenario_names()
    )
    assert [load_scenario(name).name for name in scenario_names()] == list(scenario_names())


def test_a_scenario_cannot_be_changed_by_accident() -> None:
    """A scenario is frozen."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        load_scenario("debacle").name = "other"  # type: ignore[misc]


def test_a_scenario_may_stand_in_a_file(tmp_path: Path) -> None:
    """A path to a TOML file is read like a packaged scenario, with a packaged one as its base."""
    path = tmp_path / "mine.toml"
    path.write_text('base = "debacle"\nname = "mine"\n[traffic]\ncustomers = 50\n', encoding="utf-8")
    mine = load_scenario(path)
    assert (mine.name, mine.traffic.customers) == ("mine", 50)
    assert mine.releases == load_scenario("debacle").releases


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.update(tpology={}), "no key in debacle of that name: 'tpology'.*'topology'"),
        (lambda t: t["topology"].update(hots=[]), "no key in debacle.topology of that name: 'hots'"),
        (lambda t: t.pop("start"), "a key is missing: debacle.start"),
        (lambda t: t.update(name=5), "debacle.name is of another kind: int"),
        (lambda t: t.update(metrics_every_s=True), "debacle.metrics_every_s is of another kind: bool"),
        (lambda t: t.update(metrics_every_s=-1), "debacle.metrics_every_s is negative: -1"),
        (lambda t: t.update(start="2023-12-01"), "debacle.start is of another kind: str. Write a time there"),
        (lambda t: t.update(start=t["start"].replace(tzinfo=None)), "debacle.start has no time zone"),
        (lambda t: t.update(end=t["start"]), "the window ends before it starts"),
        (lambda t: t.update(releases={}), "debacle.releases is of another kind: dict. Write a list"),
        (lambda t: t.update(topology=[]), "debacle.topology is of another kind: list. Write a table"),
        (lambda t: t["releases"].clear(), "nothing in releases is in force"),
        (lambda t: t["releases"].pop(0), "nothing in releases is in force"),
        (lambda t: t["capacities"].clear(), "nothing in capacities is in force"),
        (
            lambda t: t["messages"][0].update(at=t["end"].replace(year=2024)),
            "a time in messages lies outside",
        ),
        (lambda t: t["messages"].reverse(), "the times in messages are not in order"),
        (
            lambda t: t["log_lines"][0].update(host="bank-web-9"),
            "no host in log_lines of that name: 'bank-web-9'",
        ),
        (lambda t: t["traffic"]["entry"].update(acounts=0.0), "no route of that name: 'acounts'.*'accounts'"),
        (lambda t: t["traffic"]["entry"].update(front=0.9), "the shares of a step do not add up to 1"),
        (lambda t: t["traffic"]["outcomes"][0].update(route="logn"), "no route of that name: 'logn'"),
        (
            lambda t: t["traffic"]["sessions_per_minute"][0].append(1),
            r"sessions_per_minute\[0\] needs 2 entries: 3",
        ),
        (lambda t: t["releases"][1].update(dsn="postgres:/x"), r"releases\[1\].dsn: "),
        (lambda t: t["releases"][1].update(dsn="host=db port=abc"), "has a port that is no number"),
        (lambda t: t["releases"][1].update(dsn=5432), "is of another kind: int. Write a connection string"),
        (lambda t: t["topology"]["databases"][0].update(host="db.example"), "does not do what .fault. says"),
        (lambda t: t["fault"].update(name="wrong-prt"), "no fault of that name: 'wrong-prt'.*'wrong-port'"),
        (lambda t: t["fault"].update(part="host"), "does not do what .fault. says: 'wrong-port'"),
        (lambda t: t.pop("fault"), "cannot reach its database but the scenario names no fault: 'wrong-port'"),
        (lambda t: t["releases"].pop(1), "names a connection fault but every release reaches its database"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(change: Change, said: str) -> None:
    """A mistake in a scenario is named with the place where it stands and what may stand there."""
    with pytest.raises(LabError, match=said):
        build_scenario(changed(change), where="debacle")


def test_no_error_about_a_connection_string_shows_its_password() -> None:
    """A broken connection string is refused without being quoted."""
    broken = changed(lambda t: t["releases"][1].update(dsn="postgresql//bank_app:hush-hush@db/bank"))
    with pytest.raises(LabError) as caught:
        build_scenario(broken)
    assert "hush" not in str(caught.value)


def test_a_scenario_without_a_fault_is_an_ordinary_day() -> None:
    """Where every release reaches its database, no fault need be named."""
    quiet = changed(lambda t: (t.pop("fault"), t["releases"].pop(1)))
    assert build_scenario(quiet).fault is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("debacel", "no scenario of that name: 'debacel'.*Did you mean 'debacle'"),
        ("missing.toml", "no such scenario file: 'missing.toml'"),
    ],
)
def test_an_unknown_scenario_lists_the_known(name: str, said: str) -> None:
    """A name that is not there is answered with the nearest one, a path with the path."""
    with pytest.raises(LabError, match=said):
        load_scenario(name)


@pytest.mark.parametrize(
    ("fault", "scenario"),
    [
        ("wrong-port", "debacle"),
        ("database-down", "database-restart"),
        ("database-starting", "database-restart"),
    ],
)
def test_a_faults_name_leads_to_its_scenario(fault: str, scenario: str) -> None:
    """Where a fault has no scenario of its own name, the error names the scenario that shows it."""
    with pytest.raises(LabError, match=f"no scenario of that name: '{fault}'.*shows it is '{scenario}'"):
        load_scenario(fault)


def test_every_fault_of_the_catalogue_has_a_scenario() -> None:
    """Whatever fault is asked for, there is a scenario of its name, or the error names one that loads."""
    for fault in sorted(ROWS.keys() - set(scenario_names())):
        with pytest.raises(LabError) as told:
            load_scenario(fault)
        assert load_scenario(str(told.value).split("'")[-2]).fault is not None


def test_broken_toml_is_named_with_its_line() -> None:
    """Text that is no TOML is refused with the line that TOML's reader names."""
    with pytest.raises(LabError, match=r"scenario is no TOML: .*line 2"):
        parse_scenario('name = "x"\nstart = = 5\n')


def test_an_unknown_base_is_refused() -> None:
    """A scenario can only stand on one that is there."""
    with pytest.raises(LabError, match="no scenario to build scenario on of that name: 'debacel'"):
        parse_scenario('base = "debacel"\n')
