"""A journal is entered into the books exactly once, whatever happened before and wherever it is stopped."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real_books import BooksServer, RealBooks, run

from labkit.bank.books import PostedTransfer, TransferOrder, account_number, audit, transfer
from labkit.bank.books.journal import Clerk, Journal, Report, enter, enter_into_other_books, keep_entering
from labkit.bank.books.journal import entering as entering_module
from labkit.core.errors import LabError
from labkit.core.locking import locked

pytestmark = pytest.mark.server
MINE, THEIRS = account_number(1), account_number(2)


def entered(books: RealBooks, journal: Journal) -> Report:
    """Enter a journal as the bank's role."""
    return run(books.app, lambda connection: enter(journal, connection))


def order(key: int, amount: str = "1.50", to: int = THEIRS) -> TransferOrder:
    """Make an order of the first customer."""
    return TransferOrder(f"key-{key}", MINE, to, Decimal(amount), "on paper")


def keys(found: tuple[Any, ...]) -> list[str]:
    """Name the orders."""
    return [entry.order.idempotency_key for entry in found]


def posted_keys(books: RealBooks) -> list[str]:
    """List the keys in the books that are not from the seed."""
    return [
        key
        for (key,) in books.ask(
            "SELECT idempotency_key FROM transfers WHERE idempotency_key LIKE 'key-%%' ORDER BY posted_at"
        )
    ]


def test_a_journal_is_entered_in_its_order(books: RealBooks, tmp_path: Path) -> None:
    """All orders are posted, in the order in which they were taken; a second run has nothing to do."""
    journal = Journal(tmp_path)
    before = books.balance(MINE)
    for number in range(3):
        journal.accept(order(number))
    report = entered(books, journal)
    assert keys(report.posted) == posted_keys(books) == ["key-0", "key-1", "key-2"]
    assert books.balance(MINE) == before - Decimal("4.50")
    assert report.done
    assert entered(books, Journal(tmp_path)) == Report()
    assert Journal(tmp_path).pending() == ()
    assert keys(Journal(tmp_path).report().posted) == keys(report.posted)


def test_an_order_whose_answer_was_lost_is_not_posted_again(books: RealBooks, tmp_path: Path) -> None:
    """An order that was posted and journalled as well is found there already."""
    journal = Journal(tmp_path)
    run(books.app, lambda connection: transfer(connection, order(1)))
    for number in (1, 2):
        journal.accept(order(number))
    report = entered(books, journal)
    assert (keys(report.already), keys(report.posted)) == (["key-1"], ["key-2"])
    assert sorted(posted_keys(books)) == ["key-1", "key-2"]


def test_two_hosts_with_the_same_order_post_it_once(books: RealBooks, tmp_path: Path) -> None:
    """A client that went from one web process to another has ordered once."""
    journals = [Journal(tmp_path / host) for host in ("bank-web-1", "bank-web-2")]
    for journal in journals:
        journal.accept(order(1))
    reports = [entered(books, journal) for journal in journals]
    assert [keys(report.posted) for report in reports] == [["key-1"], []]
    assert keys(reports[1].already) == ["key-1"]


def test_conflicts_are_kept_for_a_person(books: RealBooks, tmp_path: Path) -> None:
    """Unknown account, too little money, a key of another order: each is set aside, and the rest goes on."""
    journal = Journal(tmp_path)
    run(books.app, lambda connection: transfer(connection, order(3, "9.99")))
    given_ = [order(1, to=999), order(2, "5000000"), order(3), order(4)]
    for one in given_:
        journal.accept(one)
    report = entered(books, journal)
    assert keys(report.conflicts) == ["key-1", "key-2", "key-3"]
    assert keys(report.posted) == ["key-4"]
    assert not report.done
    lines = [json.loads(line) for line in (tmp_path / "conflicts.jsonl").read_text("utf-8").splitlines()]
    assert [(line["kind"], line["order"]["idempotency_key"]) for line in lines] == [
        ("unknown account", "key-1"),
        ("overdrawn", "key-2"),
        ("key reused for another order", "key-3"),
    ]
    assert [TransferOrder.read(line["order"]) for line in lines] == given_[:3]
    text = str(report)
    assert "3 in conflict" in text
    assert f"For a person: key-1, 1.50 from {MINE} to 999: there is no such account: 999." in text
    assert report.to_json()["conflicts"][0]["reason"].startswith("there is no such account")
    assert entered(books, Journal(tmp_path)).conflicts == ()
    assert keys(Journal(tmp_path).report().conflicts) == keys(report.conflicts)


def test_a_person_decides_about_conflicts(books: RealBooks, tmp_path: Path) -> None:
    """An order is entered again once its reason is gone, or closed with a note; both stay on the journal."""
    journal = Journal(tmp_path)
    too_much = books.balance(MINE) + 1
    for number in (1, 2):
        journal.accept(order(number, f"{too_much}"))
    entered(books, journal)
    back = TransferOrder("key-back", THEIRS, MINE, Decimal(1))
    run(books.app, lambda connection: transfer(connection, back))
    journal.again("key-1")
    journal.settle("key-2", "the customer withdrew it by phone")
    report = entered(books, Journal(tmp_path))
    assert keys(report.posted) == ["key-1"]
    whole = Journal(tmp_path).report()
    assert keys(whole.settled) == ["key-2"]
    assert whole.settled[0].reason == "the customer withdrew it by phone"
    assert whole.done
    for refused in (lambda: journal.again("key-1"), lambda: journal.settle("key-9", "no")):
        with pytest.raises(LabError, match="no conflict"):
            refused()
    with pytest.raises(LabError, match="needs a note"):
        journal.settle("key-2", " ")


def test_what_a_constraint_refuses_is_a_conflict(books: RealBooks, tmp_path: Path) -> None:
    """A rule of the tables that the bank's functions do not know is a matter for a person, too."""
    with psycopg.connect(books.owner) as connection:
        connection.execute("ALTER TABLE entries ADD CONSTRAINT no_paper CHECK (memo <> 'on paper') NOT VALID")
    journal = Journal(tmp_path)
    journal.accept(order(1))
    (conflict,) = entered(books, journal).conflicts
    assert "no_paper" in conflict.reason
    assert posted_keys(books) == []


def test_an_order_in_conflict_again_is_kept_again(books: RealBooks, tmp_path: Path) -> None:
    """Each attempt has a line of its own for the person."""
    journal = Journal(tmp_path)
    journal.accept(order(1, to=999))
    for _ in range(2):
        entered(books, journal)
        journal.again("key-1")
    lines = [json.loads(line) for line in (tmp_path / "conflicts.jsonl").read_text("utf-8").splitlines()]
    assert [line["attempt"] for line in lines] == [1, 2]


def test_other_books_are_not_written_to(
    a_books_server: BooksServer, books: RealBooks, tmp_path: Path
) -> None:
    """After a repair that leads to another database nothing is entered there, until a person says so."""
    journal = Journal(tmp_path)
    assert entered(books, journal) == Report()
    journal.accept(order(1))
    other = a_books_server.open()
    report = entered(other, journal)
    assert report.stopped is not None
    assert "other books" in report.stopped
    assert (keys(report.waiting), posted_keys(other)) == (["key-1"], [])
    assert keys(run(other.app, lambda connection: enter_into_other_books(journal, connection)).posted) == [
        "key-1"
    ]


@pytest.mark.parametrize(
    "fault",
    ["SET default_transaction_read_only = on", "SET search_path = elsewhere", "SET ROLE nobody_at_all"],
)
def test_a_fault_of_the_database_is_no_conflict(books: RealBooks, tmp_path: Path, fault: str) -> None:
    """Where the database refuses everything the orders wait, and the report says what it said."""
    journal = Journal(tmp_path)
    books.ask("SELECT 1 FROM pg_roles LIMIT 1")
    with psycopg.connect(books.superuser) as connection:
        connection.execute("DROP ROLE IF EXISTS nobody_at_all")
        connection.execute("CREATE ROLE nobody_at_all")
        connection.execute("GRANT nobody_at_all TO bank_app")
    journal.accept(order(1))

    async def faulty(connection: psycopg.AsyncConnection[Any]) -> Report:
        await connection.execute(fault.encode())
        await connection.commit()
        return await enter(journal, connection)

    report = run(books.app, faulty)
    assert report.stopped is not None
    assert report.stopped.startswith("the database said: ")
    assert (keys(report.waiting), report.conflicts) == (["key-1"], ())
    assert keys(entered(books, journal).posted) == ["key-1"]


def test_a_server_that_goes_away_stops_the_run(books: RealBooks, tmp_path: Path) -> None:
    """A session that ends in the middle leaves the rest waiting, and nothing is posted twice later."""
    journal = Journal(tmp_path)
    for number in range(4):
        journal.accept(order(number))

    async def cut(connection: psycopg.AsyncConnection[Any]) -> Report:
        class Cutting(Journal):
            def posted(self, number: int, transfer_id: str, *, already: bool) -> Any:
                if number == 2:
                    books.ask("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
                return super().posted(number, transfer_id, already=already)

        return await enter(Cutting(tmp_path), connection)

    report = run(books.app, cut)
    assert (keys(report.posted), keys(report.waiting)) == (["key-0", "key-1"], ["key-2", "key-3"])
    assert report.stopped is not None
    assert keys(entered(books, journal).posted) == ["key-2", "key-3"]


def test_only_one_enters_at_a_time(books: RealBooks, tmp_path: Path) -> None:
    """Who comes second is told, and does nothing."""
    journal = Journal(tmp_path)
    journal.accept(order(1))
    with locked(tmp_path / "entering.lock"):
        report = entered(books, journal)
    assert (report.stopped, len(report.waiting)) == ("another process is entering this journal", 1)


_EXAMPLES = count(1)


@pytest.fixture(scope="module")
def module_books(a_books_server: BooksServer) -> RealBooks:
    """Give books for all examples of a property."""
    return a_books_server.open()


def test_a_lock_that_cannot_be_used_stops_the_run(books: RealBooks, tmp_path: Path) -> None:
    """Where the journal's own files are in the way, the orders wait and the report says why."""
    journal = Journal(tmp_path)
    journal.accept(order(1))
    (tmp_path / "entering.lock").mkdir()
    report = entered(books, journal)
    assert report.stopped is not None
    assert report.stopped.startswith("the journal cannot be used")
    assert keys(report.waiting) == ["key-1"]


def test_a_reason_to_stop_is_told_once(books: RealBooks, tmp_path: Path) -> None:
    """A clerk who cannot enter says so once, and not at every look."""
    journal = Journal(tmp_path)
    journal.accept(order(1))
    (tmp_path / "books.json").write_text("{", encoding="utf-8")
    told: list[Report] = []

    async def looks() -> None:
        clerk = Clerk(journal, lambda: psycopg_session(books.app), told.append)
        for _ in range(3):
            await clerk.look()
        (tmp_path / "books.json").unlink()
        await clerk.look()

    asyncio.run(looks())
    assert [report.stopped is None for report in told] == [False, True]
    assert keys(told[1].posted) == ["key-1"]


@asynccontextmanager
async def psycopg_session(dsn: str) -> Any:
    """Connect, for a while."""
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        yield connection


class Killed(BaseException):
    """Stands for a kill at one moment: nothing after it runs."""


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_kills_between_any_two_steps_change_nothing(
    module_books: RealBooks, tmp_path: Path, data: st.DataObject
) -> None:
    """Wherever entering is cut, however often, each order ends up posted once or in one conflict."""
    books, number = module_books, next(_EXAMPLES)
    folder = tmp_path / str(number)
    orders = [
        TransferOrder(f"key-{number}-{k}", MINE, 999 if bad else THEIRS, Decimal("0.01"))
        for k, bad in enumerate(data.draw(st.lists(st.booleans(), max_size=5)))
    ]
    for one in orders:
        Journal(folder).accept(one)
    for cut in data.draw(st.lists(st.integers(0, 12), max_size=3)):
        _enter_and_die(books, folder, cut)
    report = entered(books, Journal(folder))
    assert (report.waiting, report.stopped) == ((), None)
    whole = Journal(folder).report()
    good = [one.idempotency_key for one in orders if one.to_account == THEIRS]
    assert sorted(keys(whole.posted) + keys(whole.already)) == good
    found = books.ask(
        "SELECT idempotency_key FROM transfers WHERE idempotency_key LIKE %s", [f"key-{number}-%"]
    )
    assert sorted(key for (key,) in found) == good
    bad = [one.idempotency_key for one in orders if one.to_account == 999]
    assert keys(whole.conflicts) == bad
    file = folder / "conflicts.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    assert [json.loads(line)["order"]["idempotency_key"] for line in lines] == bad
    assert audit(books.owner).good


def _enter_and_die(books: RealBooks, folder: Path, cut: int) -> None:
    """Enter, and die at the given one of the moments between two steps."""
    moments = iter(range(cut))

    def maybe_die() -> None:
        if next(moments, None) is None:
            raise Killed

    class Dying(Journal):
        def _becomes(self, number: int, outcome: dict[str, Any]) -> Any:
            maybe_die()
            found = super()._becomes(number, outcome)
            maybe_die()
            return found

    with pytest.MonkeyPatch.context() as patch:

        async def dying(connection: psycopg.AsyncConnection[Any], order: TransferOrder) -> PostedTransfer:
            maybe_die()
            posted = await transfer(connection, order)
            maybe_die()
            return posted

        patch.setattr(entering_module, "transfer", dying)
        with suppress(Killed):
            run(books.app, lambda connection: enter(Dying(folder), connection))


def test_a_task_enters_as_soon_as_the_database_is_there(books: RealBooks, tmp_path: Path) -> None:
    """Beside a service the journal is entered after recovery, and each run that did something is told."""
    journal = Journal(tmp_path)
    told: list[Report] = []
    there = False

    def session() -> Any:
        return psycopg_session(books.app if there else "host=127.0.0.1 port=1")

    async def outage() -> None:
        nonlocal there
        task = asyncio.create_task(keep_entering(journal, session, told.append, every_s=0.02))
        journal.accept(order(1))
        await asyncio.sleep(0.1)
        assert told == []
        there = True
        while not told:
            await asyncio.sleep(0.02)
        journal.accept(order(2))
        while len(told) < 2:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        task.cancel()

    asyncio.run(asyncio.wait_for(outage(), 30))
    assert [keys(report.posted) for report in told] == [["key-1"], ["key-2"]]
