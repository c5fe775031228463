"""Releases are deployed, recorded and rolled back; nothing in the record is a secret."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.bank.releases import FIRST, Release, Releases, directory, first_settings, routine_update
from labkit.bank.releases.events import differences
from labkit.bank.releases.release import read_literal, read_settings
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError
from labkit.core.secret import Secret

PASSWORD = "corr:ct/h@rse"
DSN = Dsn().replace(host="127.0.0.1", port=5432, user="bank_app", password=PASSWORD, dbname="bank")


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    """Install the first release."""
    return installed(tmp_path)


def installed(bank: Path) -> Releases:
    made = Releases(bank)
    made.install(Release(FIRST, first_settings(DSN)))
    return made


def deploy(releases: Releases, version: str, changes: dict[str, object] | None = None) -> None:
    with releases.deployed(version, changes or {}, name="Update", actor="release pipeline"):
        pass


def roll_back(releases: Releases) -> None:
    with releases.rolled_back(name="Back", actor="incident commander"):
        pass


def events(releases: Releases) -> list[dict[str, object]]:
    return [json.loads(line) for line in releases.record.read_text(encoding="utf-8").splitlines()]


def test_one_deployment_is_made_at_a_time(releases: Releases, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one that is asked for during the first waits its time and is then refused; nothing changes."""
    monkeypatch.setattr(directory, "_PATIENCE_S", 0.05)
    with releases.deployed("1.8.0", {}, name="Update", actor="release pipeline"):
        with pytest.raises(LabError, match="another deployment is under way"):
            deploy(releases, "1.9.0")
        with pytest.raises(LabError, match="another deployment is under way"):
            roll_back(releases)
    assert releases.current.version == "1.8.0"


def test_the_update_is_the_one_of_the_story(releases: Releases) -> None:
    """The routine update changes the story's five settings, and of the connection string the port alone."""
    deploy(releases, "1.8.0", routine_update(DSN))
    started, finished = events(releases)
    diff = {change["key"]: change for change in started["attributes"]["config.diff"]}
    assert [*diff] == [
        "CACHE_TTL_SECONDS",
        "DATABASE_URL",
        "FEATURE_SPENDING_CHART",
        "LOG_FORMAT",
        "STATEMENT_PAGE_SIZE",
    ]
    assert [change.part for change in DSN.diff(releases.current.dsn)] == ["port"]
    assert diff["DATABASE_URL"]["before"] == DSN.redacted
    assert finished["attributes"]["config.diff"] == []
    assert [started["event.name"], finished["event.name"]] == ["deployment.started", "deployment.finished"]
    assert started["attributes"]["deployment.id"] == finished["attributes"]["deployment.id"]


def test_the_record_has_what_the_recorded_evidence_has(releases: Releases) -> None:
    """Events have the keys of those in data/debacle, in the same order."""
    deploy(releases, "1.8.0", routine_update(DSN))
    recorded = Path(__file__).resolve().parents[2] / "data" / "debacle" / "deployments.jsonl"
    known = [json.loads(line) for line in recorded.read_text(encoding="utf-8").splitlines()]
    for event in events(releases):
        (like,) = [one for one in known if one["attributes"]["deployment.id"] == "d-1043"][:1]
        assert [*event] == [*like]
        assert [*event["attributes"]] == [*like["attributes"]]


def test_a_rollback_heals_and_keeps_the_room(releases: Releases) -> None:
    """Going back brings the old settings, but takes no workers and connections away."""
    before = dict(releases.current.settings)
    deploy(releases, "1.8.0", routine_update(DSN))
    deploy(releases, "1.8.0", {"WEB_WORKERS": 6, "POOL_MAX_SIZE": 8})
    roll_back(releases)
    assert releases.current.version == FIRST
    assert dict(releases.current.settings) == before | {"WEB_WORKERS": 6, "POOL_MAX_SIZE": 8}
    with pytest.raises(LabError, match="nothing to go back to"):
        roll_back(releases)


def test_a_version_comes_back_with_its_own_settings(releases: Releases) -> None:
    """Deploying a version again, that one's settings are in force, not those of the version before."""
    deploy(releases, "1.8.0", {"CACHE_TTL_SECONDS": 60})
    deploy(releases, FIRST)
    assert releases.current.settings["CACHE_TTL_SECONDS"] == 30
    deploy(releases, "1.8.0")
    assert releases.current.settings["CACHE_TTL_SECONDS"] == 60


@pytest.mark.parametrize(
    ("version", "changes", "problem"),
    [
        ("1.8.0", {"POOL_MAX_SIEZ": 3}, "Did you mean 'POOL_MAX_SIZE'"),
        ("1.8.0", {"POOL_MAX_SIZE": "many"}, "a whole number"),
        ("../elsewhere", {}, "no name of a version"),
        ("1.8.0", {"pool size": 3}, "no name of a setting"),
    ],
)
def test_what_cannot_be_served_is_not_deployed(
    releases: Releases, version: str, changes: dict[str, object], problem: str
) -> None:
    """A setting that is unknown or cannot be read is refused before anything changes or is recorded."""
    with pytest.raises(LabError, match=problem):
        deploy(releases, version, changes)
    assert releases.current.version == FIRST
    assert not releases.record.exists()


def test_a_failed_deployment_says_so(releases: Releases) -> None:
    """When the deployment's own work fails, its last event is one of failure."""
    with (
        pytest.raises(ZeroDivisionError),
        releases.deployed("1.8.0", {}, name="Update", actor="release pipeline"),
    ):
        raise ZeroDivisionError
    assert [event["attributes"]["deployment.status"] for event in events(releases)] == ["running", "failed"]


@pytest.mark.parametrize(
    "text",
    [
        DSN.reveal(),
        f"postgres:/bank_app:{PASSWORD}@127.0.0.1/bank",
        f"postgress://bank_app:{PASSWORD}@127.0.0.1/bank",
        f"'postgresql://bank_app:{PASSWORD}@127.0.0.1/bank'",
        f"host=127.0.0.1 pasword={PASSWORD} password={PASSWORD}",
    ],
)
def test_no_secret_is_recorded(releases: Releases, text: str) -> None:
    """Whatever is wrong with a connection string, its password stands in its settings only."""
    deploy(releases, "1.8.0", {"DATABASE_URL": Secret(text)})
    roll_back(releases)
    recorded = releases.record.read_text(encoding="utf-8")
    assert "h@rse" not in recorded and "***" in recorded
    assert "h@rse" not in repr(releases.current)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_settings_are_for_our_eyes_only(releases: Releases) -> None:
    """Nobody else can read a release's settings, under any umask."""
    before = os.umask(0)
    try:
        deploy(releases, "1.8.0", {"CACHE_TTL_SECONDS": 60})
    finally:
        os.umask(before)
    file = releases.bank / "releases" / "1.8.0" / "settings.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


VALUES = st.one_of(
    st.integers(-(10**9), 10**9), st.booleans(), st.text(max_size=30), st.floats(-1e6, 1e6, width=32)
)
KEYS = st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True)


@settings(max_examples=150, deadline=None)
@given(values=st.dictionaries(KEYS, VALUES, max_size=6))
def test_settings_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]
) -> None:
    """Any text and number comes back from a settings file as it went in."""
    file = tmp_path_factory.getbasetemp() / "settings.toml"
    encodable = {key: value for key, value in values.items() if not has_surrogate(value)}
    file.write_text(Release("1", encodable).as_toml(), encoding="utf-8", newline="\n")
    assert read_settings(file) == encodable


def has_surrogate(value: object) -> bool:
    return isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.sampled_from(["1.7.4", "1.8.0", "1.8.1", "back"]), max_size=8))
def test_a_rollback_is_the_way_a_deployment_came(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """Whatever was deployed before, a rollback after a new version leads to the release it replaced."""
    releases = installed(tmp_path_factory.mktemp("bank"))
    for step in steps:
        if step != "back":
            deploy(releases, step, {"STATEMENT_PAGE_SIZE": 50 + len(step)})
        elif releases.current.version != FIRST:
            roll_back(releases)
    before = releases.current
    deploy(releases, "2.0.0", {"STATEMENT_PAGE_SIZE": 99})
    roll_back(releases)
    assert releases.current == before
    assert not list(differences(before, releases.current))


def test_two_deployments_wait_for_each_other(releases: Releases) -> None:
    """While one is under way, another one begins only at its end."""
    import threading

    began = threading.Event()

    def second() -> None:
        began.set()
        deploy(releases, "1.8.1")

    with releases.deployed("1.8.0", {}, name="Update", actor="release pipeline"):
        thread = threading.Thread(target=second)
        thread.start()
        began.wait()
        thread.join(0.4)
        assert releases.current.version == "1.8.0"
    thread.join()
    assert releases.current.version == "1.8.1"
    assert [event["attributes"]["deployment.status"] for event in events(releases)] == [
        "running",
        "succeeded",
    ] * 2


def test_a_person_types_values() -> None:
    """What a person types after ``KEY=`` is a number where it is one, and text in all other cases."""
    assert [read_literal(text) for text in ("8", "2.0", "true", "off", "4 = 5", "250m", "")] == [
        8,
        2.0,
        True,
        "off",
        "4 = 5",
        "250m",
        "",
    ]


def test_a_folder_without_a_bank_is_named(tmp_path: Path) -> None:
    """Where there is no release in force, the error names the folder and the command that makes one."""
    with pytest.raises(LabError, match="labkit bank start"):
        Releases(tmp_path).current  # noqa: B018
