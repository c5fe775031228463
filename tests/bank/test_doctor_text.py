"""What the doctor says of a text before anything is contacted."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from labkit.bank.doctor import STEPS, Expectations, examine
from labkit.core.dsn import Dsn
from labkit.core.dsn_surroundings import influences, variables
from labkit.core.errors import LabError

GOOD = "postgresql://bank_app:correct-horse@db.example:5432/bank"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away what stands around a connection string here."""
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)


@pytest.mark.parametrize("given", [GOOD, Dsn.parse(GOOD)])
def test_a_good_text_passes_without_a_network(given: str | Dsn) -> None:
    """Up to the lint, a good string is fit, as text and as a value, and says what was not asked for."""
    report = examine(given, until="lint")
    assert report.fit
    assert [result.step for result in report] == list(STEPS)
    assert {result.status for result in report} == {"passed", "skipped"}
    assert report["resolve"].said == "not asked for, beyond lint"
    assert report.dsn == "postgresql://bank_app:***@db.example:5432/bank"


def test_a_text_that_is_far_too_long_is_not_looked_at() -> None:
    """A file that got into the variable is refused by its length, in no time."""
    report = examine("host=" + "=" * 1_000_000)
    assert report.trouble is not None
    assert (report.trouble.step, report.trouble.fault) == ("parse", "too-long")


@pytest.mark.parametrize("given", [None, "", "  "])
def test_a_string_that_is_not_set_is_not_fit(given: str | None) -> None:
    """A variable that is not set is a mistake in the text, not an error of the program."""
    report = examine(given)
    assert report.trouble is not None
    assert (report.trouble.step, report.trouble.fault) == ("lint", "empty")


def test_after_a_step_that_fails_the_rest_is_not_tried() -> None:
    """Each later step is skipped and says why."""
    report = examine("postgress://bank_app:correct-horse@db.example/bank", until="lint")
    assert report.dsn == ""
    assert report["lint"].said == "not tried: parse failed"
    assert report["resolve"].said == "not asked for, beyond lint"


def test_all_that_is_wrong_with_the_text_is_told() -> None:
    """The first mistake names the fault, the others are noted."""
    report = examine("postgresql://bank_app:pw@db.example:70000/bank?sslmode=requird", until="lint")
    assert report.trouble is not None
    assert report.trouble.fault == "port-range"
    assert any("sslmode" in note for note in report.trouble.notes)


def test_a_part_that_may_hold_a_piece_of_the_password_ends_the_examination() -> None:
    """Nothing is looked up where an @ in the host may be the password's."""
    report = examine("host=horse@db.example password=correct user=bank_app port=1 dbname=bank")
    assert report.trouble is not None
    assert (report.trouble.step, report.trouble.fault) == ("lint", "torn-password")
    assert "horse" not in str(report)


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan, 1e9, "2"])
def test_a_time_that_is_no_time_is_refused(seconds: float) -> None:
    """The time to wait is a positive number of seconds."""
    with pytest.raises(LabError, match="no time to wait"):
        examine(GOOD, timeout_s=seconds)


def test_an_unknown_step_is_refused() -> None:
    """The last step to take must be one of the steps."""
    with pytest.raises(LabError, match="Did you mean 'lint'"):
        examine(GOOD, until="lnt")


def test_what_stands_around_the_string_is_noted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Variables and files that libpq would use are named, without their values."""
    (tmp_path / ".pgpass").touch()
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / "root.crt").touch()
    monkeypatch.setenv("PGPORT", "5599")
    monkeypatch.setenv("PGHOST", "elsewhere")
    text = "postgresql://bank_app@db.example/bank"
    note = examine(text, until="lint")["lint"].notes[-1]
    assert note == (
        "set here and left out: PGPORT (port), ~/.pgpass (password), ~/.postgresql/root.crt (sslrootcert)"
    )
    note = examine(text, until="lint", surroundings="use")["lint"].notes[-1]
    assert note.startswith("taken from around the string")


def test_a_written_part_wins_over_its_surroundings(tmp_path: Path) -> None:
    """What is written out cannot be changed from outside; where a service is looked for, can."""
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / "root.crt").touch()
    assert influences(Dsn.parse(GOOD), {"PGPORT": "1", "PGHOST": "h"}, None) == ()
    assert influences(Dsn.parse(f"{GOOD}?sslmode=disable"), {}, tmp_path) == ()
    found = influences(Dsn.parse("service=bank"), {"PGSERVICEFILE": "f", "PGSYSCONFDIR": "d"})
    assert [item.source for item in found] == ["PGSERVICEFILE", "PGSYSCONFDIR"]


def test_an_account_without_a_home_has_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no home, nothing of it is noted."""

    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", no_home)
    assert examine(GOOD, until="lint").fit


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"tables": ["accounts"]}, "tables"),
        ({"tables": {"accounts; DROP": ["select"]}}, "tables"),
        ({"tables": {"accounts": "select"}}, "tables.accounts"),
        ({"tables": {"accounts": ["selct"]}}, "Did you mean 'select'"),
        ({"tls": "yes"}, "encrypted, verified"),
        ({"environment": "a b"}, "letters"),
        ({"environment": "postgresql://u:secret@h/d"}, "'***'"),
        ({"connections": 0}, "whole number"),
        ({"connections": True}, "whole number"),
        ({"slowest_query_ms": 1.5}, "whole number"),
        ({"writes": "no"}, "true, false"),
    ],
)
def test_what_cannot_be_expected_is_refused(fields: dict[str, object], words: str) -> None:
    """An expectation that no database can meet is refused with what would be one."""
    with pytest.raises(LabError) as caught:
        Expectations.read(fields)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_expectations_read_back() -> None:
    """Expectations survive the way to another process."""
    wanted = Expectations(environment="test", tables=(("bank.accounts", ()),), tls="verified", connections=3)
    assert wanted.tables == (("bank.accounts", ("select",)),)
    assert Expectations.read(wanted.to_json()) == wanted
