"""A student's file: two notebooks at once, a kernel killed in the middle, damage, no room to write."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.classroom.store import FOLDER_VARIABLE, Standing, Store, store_for
from labkit.core.errors import LabError


@pytest.fixture
def store(tmp_path):
    """Give the store of a student who has just begun."""
    return Store(tmp_path / "my-work" / "progress.db", "evidence-a")


def test_nothing_is_written_before_something_is_kept(store):
    """Looking at one's progress makes no file."""
    assert store.standings() == {}
    assert store.kept("03") == ()
    assert not store.path.parent.exists()


def test_what_was_right_stays_right(store):
    """Tries are counted; a later wrong answer takes nothing back."""
    for right in (False, True, False):
        store.tried("02", "onset", right=right)
    store.tried("02", "trigger", right=False)
    assert store.standings() == {
        ("02", "onset"): Standing("right", 3),
        ("02", "trigger"): Standing("tried", 1),
    }


def test_hints_come_one_after_the_other(store):
    """Each call gives the next hint; the last is given again."""
    assert [store.hinted("02", "onset", 3) for _ in range(4)] == [1, 2, 3, 3]
    assert store.standings()["02", "onset"] == Standing("open", 0, 3)


def test_an_entry_of_the_same_name_is_replaced_in_its_place(store):
    """The ledger keeps the order in which suspicions were written first."""
    for name, entry in (("overload", "a"), ("network", "b"), ("overload", "c")):
        store.keep("03", name, entry)
    store.keep("04", "overload", "elsewhere")
    assert store.kept("03") == ("c", "b")


def test_another_evidence_is_another_story(store):
    """What was found out in one evidence says nothing of another."""
    store.tried("02", "onset", right=True)
    store.keep("03", "overload", "a")
    other = Store(store.path, "evidence-b")
    assert (other.standings(), other.kept("03")) == ({}, ())


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.booleans()), max_size=12))
def test_the_file_says_what_was_done(tmp_path_factory, answers):
    """Whatever is answered in whatever order: right once is right, and every try counts."""
    store = Store(tmp_path_factory.mktemp("w") / "p.db", "e")
    expected: dict[tuple[str, str], Standing] = {}
    for lab, question, right in answers:
        store.tried(lab, question, right=right)
        before = expected.get((lab, question), Standing())
        state = "right" if right or before.state == "right" else "tried"
        expected[lab, question] = Standing(state, before.tries + 1)
    assert store.standings() == expected


def work(path, question, times):
    """Answer a question again and again, and write into the ledger, as a notebook would."""
    store = Store(path, "evidence-a")
    for number in range(times):
        store.tried("02", question, right=number == times - 1)
        store.tried("02", "shared", right=False)
        store.keep("03", f"{question}-{number}", "entry")


def test_two_notebooks_at_once_lose_nothing(store):
    """Two processes that write at the same time wait for each other; every try is there."""
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=work, args=(store.path, name, 25)) for name in ("onset", "trigger")]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    standings = store.standings()
    assert standings["02", "shared"] == Standing("tried", 50)
    assert standings["02", "onset"] == standings["02", "trigger"] == Standing("right", 25)
    assert len(store.kept("03")) == 50


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_killed_kernel_leaves_a_whole_file(store):
    """A process killed at any moment leaves a file that reads, and the next notebook goes on."""
    spawn = multiprocessing.get_context("spawn")
    tries = 0
    for pause in (0.02, 0.05, 0.11):
        process = spawn.Process(target=work, args=(store.path, "onset", 100_000))
        process.start()
        while not store.standings() or store.standings()["02", "onset"].tries == tries:
            time.sleep(0.01)
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.join(20)
        standings = store.standings()
        assert standings["02", "onset"].tries >= standings["02", "shared"].tries >= len(store.kept("03"))
        assert standings["02", "onset"].tries > tries
        tries = standings["02", "onset"].tries
    with sqlite3.connect(store.path) as con:
        assert con.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    con.close()


@pytest.mark.parametrize("damage", ["foreign", "cut", "other tables"])
def test_a_damaged_file_is_told_and_left_as_it_is(store, damage):
    """What is no progress file is refused with what to do, and not one byte of it changes."""
    store.tried("02", "onset", right=True)
    if damage == "foreign":
        store.path.write_bytes(b"not a database, but perhaps dear to somebody" * 100)
    elif damage == "cut":
        store.path.write_bytes(store.path.read_bytes()[:5000])
    else:
        con = sqlite3.connect(store.path)
        con.execute("DROP TABLE answers")
        con.commit()
        con.close()
    before = store.path.read_bytes()
    with pytest.raises(
        LabError, match=r"my-work/progress\.db is damaged; it was left as it is.*another name"
    ):
        store.tried("02", "onset", right=True)
    with pytest.raises(LabError, match="is damaged"):
        store.standings()
    assert store.path.read_bytes() == before


def test_a_later_versions_file_is_left_alone(store):
    """A file of a later version of the course is not written over."""
    store.tried("02", "onset", right=True)
    con = sqlite3.connect(store.path)
    con.execute("PRAGMA user_version = 99")
    con.close()
    with pytest.raises(LabError, match="made by a later version"):
        store.standings()


def test_an_empty_file_is_begun(store):
    """A file without content, as a full disk may leave it, is a new beginning."""
    store.path.parent.mkdir()
    store.path.touch()
    assert store.standings() == {}
    store.tried("02", "onset", right=True)
    assert store.standings()["02", "onset"].state == "right"


def test_where_nothing_can_be_written_it_is_told(tmp_path):
    """A folder that cannot be made is told, with the way out."""
    (tmp_path / "my-work").write_text("a file", encoding="utf-8")
    store = Store(tmp_path / "my-work" / "progress.db", "e")
    with pytest.raises(LabError, match=FOLDER_VARIABLE):
        store.tried("02", "onset", right=True)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="this user may write everywhere")
def test_a_file_without_permission_is_told(store):
    """A file that may not be written is told, and what is in it can still be read."""
    store.tried("02", "onset", right=True)
    store.path.chmod(0o400)
    store.path.parent.chmod(0o500)
    try:
        with pytest.raises(LabError, match="cannot be written; it was left as it is"):
            store.tried("02", "onset", right=False)
        assert store.standings()["02", "onset"].tries == 1
    finally:
        store.path.parent.chmod(0o700)


def test_a_file_held_by_another_is_told(store, monkeypatch):
    """A file that another program holds for long is told."""
    monkeypatch.setattr("labkit.classroom.store._WAIT_S", 0.05)
    store.tried("02", "onset", right=True)
    con = sqlite3.connect(store.path, isolation_level=None)
    con.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(LabError, match="held by another program"):
            store.tried("02", "onset", right=True)
    finally:
        con.close()


def test_the_folder_is_named_or_the_projects_own(tmp_path, monkeypatch):
    """The variable names the folder; without it, it is my-work in the project."""
    (tmp_path / "notebooks" / "solutions").mkdir(parents=True)
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    here = store_for("e", tmp_path / "notebooks" / "solutions")
    assert here.path == tmp_path.resolve() / "my-work" / "progress.db"
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "elsewhere"))
    assert store_for("e").path == tmp_path / "elsewhere" / "progress.db"
