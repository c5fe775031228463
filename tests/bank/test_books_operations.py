"""What the bank does with its books: tables made once, customers logged in, orders posted once."""

from __future__ import annotations

import threading
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from real_books import BooksServer, RealBooks, books_server, run

from labkit.bank.books import (
    DEMO_PASSWORD,
    BadAmountError,
    BadOrderError,
    KeyReusedError,
    LoginRefusedError,
    OverdrawnError,
    OwnAccountError,
    PostedTransfer,
    TransferOrder,
    UnknownAccountError,
    account_number,
    audit,
    log_in,
    mark_environment,
    migrate,
    read_account,
    read_accounts,
    read_amount,
    read_books_id,
    read_environment,
    read_statement,
    seed,
    transfer,
    unreachable,
)
from labkit.bank.books.passwords import matches
from labkit.core.errors import LabError
from labkit.core.secret import Secret

pytestmark = pytest.mark.server
MINE, MY_OTHER, THEIRS = account_number(1), account_number(1, 1), account_number(2)


def post(books: RealBooks, order: TransferOrder) -> PostedTransfer:
    """Post an order as the bank's role."""
    return run(books.app, lambda connection: transfer(connection, order))


def order(key: str = "k-1", amount: str = "3.50", to: int = THEIRS) -> TransferOrder:
    """Make an order of the first customer."""
    return TransferOrder(key, MINE, to, Decimal(amount), "tea")


def test_a_transfer_moves_money_between_two_accounts(books: RealBooks) -> None:
    """What one account has less, the other has more; both statements say so, newest first."""
    before = books.balance(MINE), books.balance(THEIRS)
    posted = post(books, order())
    assert not posted.repeated
    assert (books.balance(MINE), books.balance(THEIRS)) == (
        before[0] - Decimal("3.50"),
        before[1] + Decimal("3.50"),
    )
    for account, amount in ((MINE, "-3.50"), (THEIRS, "3.50")):
        entries = run(books.app, lambda connection, number=account: read_statement(connection, number, 2))
        assert (entries[0].amount, entries[0].memo) == (Decimal(amount), "tea")
        assert entries[0].posted_at > entries[1].posted_at
    assert audit(books.owner).good


def test_an_order_sent_again_is_found_again(books: RealBooks) -> None:
    """The second answer names the first transfer, even when the account could not pay twice."""
    everything = order(amount=f"{books.balance(MINE)}")
    first, second = post(books, everything), post(books, everything)
    assert (first.repeated, second.repeated) == (False, True)
    assert first.transfer_id == second.transfer_id
    assert books.balance(MINE) == 0


@pytest.mark.parametrize(
    ("second", "error"),
    [
        (order(amount="3.51"), KeyReusedError),
        (order(to=MY_OTHER), KeyReusedError),
        (TransferOrder("k-1", MINE, THEIRS, Decimal("3.50"), "coffee"), KeyReusedError),
        (order("k-2", "99999999"), OverdrawnError),
        (order("k-2", to=999), UnknownAccountError),
        (TransferOrder("k-2", 999, MINE, Decimal(1)), UnknownAccountError),
        (TransferOrder("k-2", 1, MINE, Decimal(1)), UnknownAccountError),
        (order("k-2", to=1), UnknownAccountError),
    ],
)
def test_what_the_books_refuse_leaves_no_trace(
    books: RealBooks, second: TransferOrder, error: type[Exception]
) -> None:
    """A refused order changes nothing, and says in one line why."""
    post(books, order())
    before = books.ask("SELECT count(*) FROM entries"), books.balance(MINE)
    with pytest.raises(error) as raised:
        post(books, second)
    assert "\n" not in str(raised.value)
    assert (books.ask("SELECT count(*) FROM entries"), books.balance(MINE)) == before


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"amount": Decimal(0)}, BadAmountError),
        ({"amount": Decimal("-1")}, BadAmountError),
        ({"amount": Decimal("0.001")}, BadAmountError),
        ({"amount": Decimal("NaN")}, BadAmountError),
        ({"amount": Decimal("Infinity")}, BadAmountError),
        ({"amount": Decimal("10000000000")}, BadAmountError),
        ({"amount": 1.5}, BadAmountError),
        ({"to_account": MINE}, OwnAccountError),
        ({"to_account": 0}, BadOrderError),
        ({"to_account": "115838"}, BadOrderError),
        ({"idempotency_key": ""}, BadOrderError),
        ({"idempotency_key": "two words"}, BadOrderError),
        ({"memo": "a\x00b"}, BadOrderError),
        ({"memo": "x" * 141}, BadOrderError),
    ],
)
def test_an_order_that_is_none_is_refused_before_it_is_sent(
    fields: dict[str, Any], error: type[Exception]
) -> None:
    """Each field is looked at, also for what PostgreSQL could not store."""
    good = {"idempotency_key": "k", "from_account": MINE, "to_account": THEIRS, "amount": Decimal(1)}
    TransferOrder(**good)
    with pytest.raises(error):
        TransferOrder(**good | fields)


@pytest.mark.parametrize(
    "memo", ["\u06a9\u062a\u0627\u0628\u200c\u0647\u0627", "\U0001f468\u200d\U0001f469\u200d\U0001f467"]
)
def test_a_memo_may_be_in_any_writing(books: RealBooks, memo: str) -> None:
    """Persian words and a family of one emoji hold joiners; they are stored and read as they were written."""
    posted = post(books, TransferOrder(f"memo-{len(memo)}", MINE, THEIRS, Decimal("0.01"), memo))
    assert not posted.repeated
    assert run(books.app, lambda connection: read_statement(connection, MINE, 1))[0].memo == memo


@pytest.mark.parametrize("text", ["", "1,5", "-1", "1e3", "0", "0.00", "1.234", "NaN", "\u0661", None])
def test_an_amount_is_not_guessed(text: str | None) -> None:
    """What is not digits with at most two decimals is no amount."""
    with pytest.raises(BadAmountError):
        read_amount(text)


def test_a_transfer_is_a_transaction_of_its_own(books: RealBooks) -> None:
    """Within a transaction of the caller a transfer would not be committed, so it is refused."""

    async def within(connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.execute("SELECT 1")
        await transfer(connection, order())

    with pytest.raises(LabError, match="transaction of its own"):
        run(books.app, within)


def test_customers_log_in_with_the_documented_password(books: RealBooks) -> None:
    """The right password opens a session, in the books; it is not shown."""
    session = run(books.app, lambda connection: log_in(connection, "customer-1", Secret(DEMO_PASSWORD)))
    assert session.customer_id == 1
    assert books.ask("SELECT customer_id FROM sessions WHERE session_id = %s", [session.session_id]) == [(1,)]
    assert session.session_id not in repr(session)
    assert DEMO_PASSWORD not in str(books.ask("SELECT password_hash FROM customers"))


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("customer-1", "wrong"),
        ("customer-1", ""),
        ("nobody", DEMO_PASSWORD),
        ("customer-1\x00", DEMO_PASSWORD),
        ("customer-1", "\udcff"),
        ("customer-1", "x" * 10_000),
        ("' OR true --", DEMO_PASSWORD),
    ],
)
def test_a_refused_login_does_not_say_what_was_wrong(books: RealBooks, login: str, password: str) -> None:
    """Unknown login and wrong password get the same answer, and no session."""
    with pytest.raises(LoginRefusedError, match="login and password do not match"):
        run(books.app, lambda connection: log_in(connection, login, password))
    assert books.ask("SELECT FROM sessions") == []


def test_accounts_and_statements_are_read(books: RealBooks) -> None:
    """A customer's accounts are theirs; a statement has a limit; an unknown account is said to be one."""
    account = run(books.app, lambda connection: read_account(connection, MINE))
    assert (account.owner, account.currency, account.balance) == ("customer-1", "EUR", books.balance(MINE))
    mine = run(books.app, lambda connection: read_accounts(connection, "customer-1"))
    assert [account.account_id for account in mine] == [MINE, MY_OTHER]
    assert len(run(books.app, lambda connection: read_statement(connection, MINE, 1))) == 1
    with pytest.raises(UnknownAccountError):
        run(books.app, lambda connection: read_account(connection, 10**12))
    with pytest.raises(LabError, match="so many entries"):
        run(books.app, lambda connection: read_statement(connection, MINE, 101))


def test_migrating_again_changes_nothing(a_books_server: BooksServer) -> None:
    """Two programs that migrate at once apply each migration once; later ones find nothing to do."""
    books = a_books_server.empty()
    found: list[tuple[str, ...]] = []
    threads = [threading.Thread(target=lambda: found.append(migrate(books.owner))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=len)[:2] == [(), ()]
    assert max(found, key=len)[0] == "0001_books"
    assert {
        name for (name,) in books.ask("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'")
    } == {"bank_owner"}


def test_a_database_of_another_program_is_not_touched(books: RealBooks) -> None:
    """A migration that this program does not know stops it."""
    with psycopg.connect(books.owner) as connection:
        connection.execute("INSERT INTO migrations (name, sha256) VALUES ('9999_later', '')")
    with pytest.raises(LabError, match="9999_later"):
        migrate(books.owner)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user": "bank_app", "password": "app-41"}, "cannot be made"),
        ({"password": "wrong-77"}, "no connection"),
    ],
)
def test_a_role_that_cannot_migrate_is_one_line(
    a_books_server: BooksServer, change: dict[str, str], said: str
) -> None:
    """A role without rights, or that cannot log in, is told so without its password."""
    books = a_books_server.empty()
    with pytest.raises(LabError, match=said) as raised:
        migrate(psycopg.conninfo.make_conninfo(books.owner, **change))
    assert "-77" not in str(raised.value)


def test_a_role_that_is_missing_is_named(a_books_server: BooksServer) -> None:
    """The bank's role must be there before it is let in; then nothing was made."""
    books = a_books_server.empty()
    with pytest.raises(LabError, match="'nobody_here'"):
        migrate(books.owner, app_role="nobody_here")
    assert books.ask("SELECT FROM pg_tables WHERE schemaname = 'public'") == []


def test_variables_of_libpq_do_not_steer(books: RealBooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The string alone says where the books are."""
    for name, value in {"PGHOST": "203.0.113.9", "PGOPTIONS": "-c search_path=no", "PGSERVICE": "no"}.items():
        monkeypatch.setenv(name, value)
    assert audit(books.owner).good


def test_seeded_customers_are_the_same_each_time(a_books_server: BooksServer) -> None:
    """The same seed gives the same rows; balances are sums of entries; seeding again changes nothing."""
    one, two = a_books_server.open(accounts=40), a_books_server.open(accounts=40)
    rows = "SELECT account_id, posted_at, amount, memo FROM entries ORDER BY entry_id"
    assert one.ask(rows) == two.ask(rows)
    again = seed(one.owner, accounts=40)
    assert (again.customers, again.accounts, again.new) == (20, 40, False)
    found = audit(one.owner)
    assert found.good
    assert (found.accounts, found.transfers) == (41, again.transfers)
    assert again.transfers > 60


@pytest.mark.parametrize("kept", ["", "md5$abc", "scrypt$4096$8$1$!$!", "scrypt$3$8$1$YQ==$YQ==", "$$$$$"])
def test_a_hash_of_another_kind_matches_nothing(kept: str) -> None:
    """A damaged password hash lets nobody in, and stops nothing."""
    assert not matches("outage-lab", kept)


@pytest.mark.parametrize("accounts", [0, -2, 3, 300_000])
def test_a_number_of_accounts_that_cannot_be_is_refused(accounts: int) -> None:
    """It is refused before a connection is made."""
    with pytest.raises(LabError, match="so many accounts"):
        seed("host=127.0.0.1 port=1", accounts=accounts)


def test_books_say_which_they_are(a_books_server: BooksServer, books: RealBooks) -> None:
    """Every database has an id of its own, and the environment that it was last marked with."""
    assert run(books.app, read_environment) is None
    assert not mark_environment(books.owner, "staging")
    assert mark_environment(books.superuser, "production")
    assert run(books.app, read_environment) == "production"
    assert books.ask("SELECT current_setting('app.environment')") == [("production",)]
    other = a_books_server.open()
    assert run(books.app, read_books_id) != run(other.app, read_books_id)
    with pytest.raises(LabError, match="no such environment"):
        mark_environment(books.owner, "prod")


def test_a_server_that_is_gone_is_unreachable(books: RealBooks) -> None:
    """A session that the server ends, and a port where nothing listens, mean that nobody is there."""

    async def ended(connection: psycopg.AsyncConnection[Any]) -> None:
        books.ask("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
        await transfer(connection, order())

    with pytest.raises(psycopg.Error) as raised:
        run(books.app, ended)
    assert unreachable(raised.value)

    async def closed(connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.close()
        await transfer(connection, order())

    with pytest.raises(psycopg.Error) as raised:
        run(books.app, closed)
    assert unreachable(raised.value)
    with pytest.raises(psycopg.Error) as raised:
        run("host=127.0.0.1 port=1", read_environment)
    assert unreachable(raised.value)


DEBIAN = Path("/usr/lib/postgresql/15/bin")


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's PostgreSQL 15 is not installed")
def test_an_older_postgresql_keeps_the_same_books(tmp_path: Path) -> None:
    """Tables, seed, transfers and constraints are the same on PostgreSQL 15."""
    with books_server(tmp_path, DEBIAN) as server:
        books = server.open()
        assert books.ask("SELECT current_setting('server_version_num')::integer / 10000") == [(15,)]
        assert not post(books, order()).repeated
        assert post(books, order()).repeated
        with pytest.raises(OverdrawnError):
            post(books, order("k-2", "99999999"))
        unbalanced = "INSERT INTO transfers (transfer_id, idempotency_key, amount) VALUES ('t', 't', 5)"
        with closing(psycopg.connect(books.app)) as connection:
            connection.execute(unbalanced)
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.commit()
        assert audit(books.owner).good
