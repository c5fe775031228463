"""A running bank behind the console: strings carried over, changed and masked, whoever changes them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

import labkit
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError
from labkit.core.secret import Secret
from labkit.replay.live import Live

ROOT = Path(__file__).resolve().parents[2]
RIGHT = "postgresql://bank_app:kept-to-itself@127.0.0.1:40000/bank"


@dataclass
class FakeBank:
    """A bank of one setting; what it answers is given."""

    dsn: Dsn = field(default_factory=lambda: Dsn.parse(RIGHT))
    text: str = RIGHT
    names: list[str] = field(default_factory=list)
    answered: tuple[SimpleNamespace, ...] = ()
    gone: Exception | None = None
    asked_s: float = 0.0

    @property
    def settings(self):
        """Give the string in force as a secret."""
        return {"DATABASE_URL": Secret(self.text)}

    def configure(self, changes, *, name, actor):
        """Take another string, unless it is told to refuse."""
        if self.gone:
            raise self.gone
        assert actor == "replay console"
        self.text = changes["DATABASE_URL"].reveal()
        self.names.append(name)

    def recent(self, seconds):
        """Give what was answered."""
        self.asked_s = seconds
        return self.answered


def change(before, after):
    """Make the recorded change of a string."""
    return SimpleNamespace(before=before, after=after)


@pytest.fixture(scope="module")
def con():
    """Load the seed incident."""
    return labkit.load(ROOT / "data" / "debacle")


@pytest.fixture
def bank():
    """Make a bank with the right string in force."""
    return FakeBank()


@pytest.fixture
def console(con, bank):
    """Make a console on it."""
    return labkit.ReplayConsole(con, live=bank)


def in_force(bank):
    """Read the string in force."""
    return Dsn.parse(bank.text)


def wait(until):
    """Wait for the thread that changes the bank."""
    limit = time.monotonic() + 10
    while not until():
        assert time.monotonic() < limit
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("before", "after", "part", "value"),
    [
        ("postgresql://u@h:5432/b", "postgresql://u@h:5433/b", "port", "40001"),
        ("postgresql://u@h/b", "postgresql://u@h:80000/b", "port", "39999"),
        ("postgresql://u@h/b", "postgresql://u@elsewhere/b", "host", "db-primary.invalid"),
        ("postgresql://u@h/b", "postgresql://u@h/staging", "dbname", "staging"),
        ("postgresql://u@h/b", "postgresql://other@h/b", "user", "other"),
        ("postgresql://u@h/b", "postgresql://u@h/b?sslmode=require", "sslmode", "require"),
        ("postgresql://u@h/b", "postgress://", "port", "40001"),
    ],
)
def test_the_recorded_fault_is_carried_over_to_the_bank(bank, before, after, part, value):
    """'As deployed' is as wrong as in the record, at the running bank's own address, with its password."""
    live = Live.of(bank, change(before, after))
    assert live.deployed.get(part) == value
    assert live.deployed.replace(**{part: bank.dsn.get(part)}) == bank.dsn


def test_only_the_password_may_have_been_wrong(bank):
    """Where the two recorded strings read alike, it is the password that is wrong."""
    same = "postgresql://u:***@h/b"
    live = Live.of(bank, change(same, same))
    assert live.deployed.replace(password=bank.dsn.password) == bank.dsn
    assert live.deployed.password != bank.dsn.password


def test_a_bank_that_is_broken_already_stays_what_deployed_means(bank):
    """The string in force is the one that was deployed, where it is not the right one."""
    bank.text = "postgresql://bank_app:x@127.0.0.1:1/bank"
    live = Live.of(bank, change(RIGHT, RIGHT))
    assert live.deployed.port == "1"
    assert live.told()["choice"]["dsn_after"] == "as deployed"


def test_what_is_no_bank_is_refused(con):
    """An object without the few names is told what it lacks."""
    with pytest.raises(LabError, match=r"no running bank: it has no dsn, settings, configure, recent: 'str'"):
        labkit.ReplayConsole(con, live="the bank")


def test_python_moves_the_bank_and_the_controls(console, bank):
    """Setting the configuration puts the string in force; the traits tell, without a password."""
    assert console.configuration == labkit.Configuration(dsn_after="as corrected")
    assert console.code.endswith("live=bank)")
    console.configuration = labkit.Configuration()
    assert in_force(bank).port == "40001"
    assert in_force(bank).password == bank.dsn.password
    assert console.live["choice"]["dsn_after"] == "as deployed"
    assert [text for text, differs in console.live["now"] if differs] == ["40001"]
    assert console.live["said"] == "as deployed"
    assert "kept-to-itself" not in repr((console.live, console.settings, console.result, console.record))
    with pytest.raises(LabError, match="takes another connection string only: 'rollback'"):
        console.configuration = labkit.Configuration(rollback="14:45")


def test_the_page_moves_the_bank_beside_the_kernels_work(console, bank):
    """What the page asks for happens in a thread; a masked string keeps the right password."""
    edited = "postgresql://bank_app:***@127.0.0.1:9/bank"
    console.settings = {**console.settings, "dsn_after": edited}
    wait(lambda: console.live["choice"]["dsn_after"] == edited)
    assert in_force(bank) == bank.dsn.replace(port=9)
    console.settings = {**console.settings, "dsn_after": edited, "password_after": "another"}
    wait(lambda: console.live["choice"]["password_after"] == "another")
    assert in_force(bank).password != bank.dsn.password
    console.settings = {**console.settings, "dsn_after": "postgresql://127.0.0.1:9/bank"}
    wait(lambda: in_force(bank).password is None)
    assert bank.names == ["Connection string edited"] * 3


@pytest.mark.parametrize(
    ("gone", "said"),
    [(LabError("no bank runs in this folder"), "no bank runs"), (OSError("secret"), "(OSError)")],
)
def test_what_goes_wrong_stands_in_the_widget_and_the_truth_with_it(console, bank, gone, said):
    """An error is shown, unknown ones without their words; the controls show what is in force still."""
    bank.gone = gone
    turn = console.live.get("turn", 0)
    console.settings = {**console.settings, "dsn_after": "as deployed"}
    wait(lambda: console.live.get("turn", 0) == turn + 1)
    assert said in console.error
    assert "secret" not in console.error
    assert console.settings["dsn_after"] == "as corrected"


def test_a_poll_is_answered_with_the_seconds(console, bank, monkeypatch):
    """The page gets rows of numbers, at most five minutes back; what fails is told as words."""
    sent = []
    monkeypatch.setattr(console, "send", sent.append)
    bank.answered = (SimpleNamespace(at_s=10, requests=3, failed=1, p95_ms=20.5),)
    console._on_message(console, {"kind": "poll", "seconds": 1e9}, [])
    assert sent[-1]["seconds"] == [[10, 3, 1, 20.5]]
    assert bank.asked_s == 300
    console._on_message(console, {"kind": "poll", "seconds": "x"}, [])
    assert sent[-1]["error"] == "ValueError"
    console._on_message(console, {"kind": "other"}, [])
    assert len(sent) == 2


def test_a_change_elsewhere_is_noticed(console, bank, monkeypatch):
    """A deployment by somebody else moves the controls with the next poll, and changes no bank."""
    monkeypatch.setattr(console, "send", lambda _: None)
    bank.text = bank.dsn.replace(port=40001).reveal()
    console._on_message(console, {"kind": "poll", "seconds": 5}, [])
    assert console.live["said"] == "as deployed"
    assert console.settings["dsn_after"] == "as deployed"
    assert bank.names == []
    assert not [thread for thread in threading.enumerate() if "_switch" in thread.name]
