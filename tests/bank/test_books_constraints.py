"""The tables keep the books' rules for whoever writes: by hand, with the bank's rights or the owner's."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal

import psycopg
import pytest
from real_books import RealBooks

from labkit.bank.books import account_number, audit

pytestmark = pytest.mark.server
MINE, THEIRS, THIRD = account_number(1), account_number(2), account_number(3)

TRANSFER = "INSERT INTO transfers (transfer_id, idempotency_key, amount) VALUES ('t', 't', {amount})"
ENTRIES = "INSERT INTO entries (transfer_id, account_id, amount) VALUES {rows}"
GOOD = f"('t', {MINE}, -5), ('t', {THEIRS}, 5)"


def written(transfer: str, *entries: str) -> list[str]:
    """Write a transfer by hand: its amount, and the rows of its entries."""
    return [TRANSFER.format(amount=transfer), *(ENTRIES.format(rows=rows) for rows in entries)]


def direct(dsn: str, *statements: str) -> None:
    """Run statements in one transaction, and commit it."""
    with closing(psycopg.connect(dsn)) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        connection.commit()


@pytest.mark.parametrize("entries", [[GOOD], [f"('t', {MINE}, -5)", f"('t', {THEIRS}, 5)"]])
@pytest.mark.parametrize("role", ["app", "owner", "superuser"])
def test_a_balanced_transfer_may_be_written_by_hand(books: RealBooks, role: str, entries: list[str]) -> None:
    """Two entries of one amount are a transfer, whoever writes them and in however many statements."""
    before = books.balance(MINE)
    direct(getattr(books, role), *written("5", *entries))
    assert books.balance(MINE) == before - 5
    assert audit(books.owner).good


UNBALANCED = {
    "without entries": written("5"),
    "one side": written("5", f"('t', {MINE}, -5)"),
    "another amount": written("6", GOOD),
    "sides that differ": written("5", f"('t', {MINE}, -5), ('t', {THEIRS}, 6)"),
    "two that give": written("5", f"('t', {MINE}, 5), ('t', {THEIRS}, 5)"),
    "three entries": written("5", f"{GOOD}, ('t', {THIRD}, 5)"),
    "split": written("5", f"('t', {MINE}, -5), ('t', {THEIRS}, 2), ('t', {THIRD}, 3)"),
    "one account": written("5", f"('t', {MINE}, -5), ('t', {MINE}, 5)"),
    "overdrawn": written("90000", f"('t', {MINE}, -90000), ('t', {THEIRS}, 90000)"),
    "no number": written("'NaN'", f"('t', {MINE}, '-NaN'), ('t', {THEIRS}, 'NaN')"),
    "no number within": written("5", f"('t', {MINE}, -5), ('t', {THEIRS}, 'NaN')"),
    "nothing": written("0", f"('t', {MINE}, 0), ('t', {THEIRS}, 0)"),
    "less than nothing": written("-5", GOOD),
    "an account that is none": written("5", f"('t', {MINE}, -5), ('t', 5, 5)"),
    "no transfer": [ENTRIES.format(rows=f"('u', {MINE}, -5), ('u', {THEIRS}, 5)")],
    "a third entry later": [ENTRIES.format(rows=f"('seed-0', {MINE}, 5)")],
    "two entries later": [ENTRIES.format(rows=f"('seed-0', {MINE}, 5), ('seed-0', {THEIRS}, -5)")],
    "a key used again": [*written("5", GOOD), TRANSFER.replace("('t'", "('u'").format(amount=5)],
    "a balance": [f"UPDATE accounts SET balance = balance + 1 WHERE account_id = {MINE}"],
    "the same balance": [f"UPDATE accounts SET balance = balance WHERE account_id = {MINE}"],
    "checked early": [
        TRANSFER.format(amount=5),
        "SET CONSTRAINTS ALL IMMEDIATE",
        ENTRIES.format(rows=GOOD),
    ],
}
OWNERS = {
    "an entry changed": ["UPDATE entries SET amount = amount + 1 WHERE amount > 0"],
    "an entry removed": ["DELETE FROM entries"],
    "a transfer changed": ["UPDATE transfers SET amount = 7"],
    "a transfer removed": ["DELETE FROM transfers"],
    "books emptied": ["TRUNCATE entries, transfers"],
    "an account with money": ["INSERT INTO accounts (account_id, owner, balance) VALUES (7, 'me', 100)"],
    "an account of NaN": ["INSERT INTO accounts (account_id, owner, balance) VALUES (7, 'me', 'NaN')"],
    "another currency": ["INSERT INTO accounts (account_id, owner, currency) VALUES (7, 'me', 'USD')"],
    "an account of the bank's kind": [f"UPDATE accounts SET kind = 'equity' WHERE account_id = {MINE}"],
    "an account renumbered": [f"UPDATE accounts SET account_id = 7 WHERE account_id = {MINE}"],
    "an account removed": [f"DELETE FROM accounts WHERE account_id = {MINE}"],
}


TRICK = [
    "CREATE TEMP TABLE trick (a integer)",
    "CREATE FUNCTION pg_temp.trick() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"UPDATE public.accounts SET balance = balance + 1 WHERE account_id = {MINE}; RETURN NULL; END $$",
    "CREATE TRIGGER trick AFTER INSERT ON trick FOR EACH ROW EXECUTE FUNCTION pg_temp.trick()",
    "INSERT INTO trick VALUES (1)",
]
#: The same, with a system table of its own that says who owns what.
DISGUISE = [
    "CREATE TEMP TABLE pg_class AS SELECT oid, 'bank_app'::regrole::oid AS relowner FROM pg_catalog.pg_class",
    *TRICK,
]


def rows(books: RealBooks) -> list[object]:
    """Give all that the books hold."""
    return [books.ask(f"SELECT * FROM {name} ORDER BY 1") for name in ("accounts", "transfers", "entries")]


@pytest.mark.parametrize("role", ["app", "owner", "superuser"])
def test_nobody_can_write_what_is_not_in_balance(books: RealBooks, role: str) -> None:
    """Every way to write a transfer that is none is refused, and leaves the books as they were."""
    before = rows(books)
    for name, statements in (UNBALANCED if role == "app" else UNBALANCED | OWNERS).items():
        with pytest.raises((psycopg.IntegrityError, psycopg.errors.RaiseException)):
            direct(getattr(books, role), *statements)
            pytest.fail(f"{role} could write: {name}")
    assert rows(books) == before
    assert audit(books.owner).good


def test_the_bank_may_not_do_what_it_need_not(books: RealBooks) -> None:
    """The bank's role can neither make money from the bank's own account nor change what was posted."""
    refused = {
        "money made": written("5", f"('t', 1, -5), ('t', {THEIRS}, 5)"),
        "a balance from a trigger of its own": TRICK,
        "a balance in disguise": DISGUISE,
        "money given back": written("5", f"('t', {MINE}, -5), ('t', 1, 5)"),
        "a table made": ["CREATE TABLE public.mine (a integer)"],
        "an account made": ["INSERT INTO accounts (account_id, owner) VALUES (7, 'me')"],
        "a password changed": ["UPDATE customers SET password_hash = ''"],
        "triggers off": ["ALTER TABLE entries DISABLE TRIGGER ALL"],
        "replication": ["SET session_replication_role = replica"],
        "another environment": ["UPDATE environment SET name = 'staging'"],
        **{name: statements for name, statements in OWNERS.items() if "account" not in name},
    }
    before = rows(books)
    for name, statements in refused.items():
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.IntegrityError)):
            direct(books.app, *statements)
            pytest.fail(f"the bank could do this: {name}")
    assert rows(books) == before


def test_the_owner_can_bring_money_to_an_account(books: RealBooks) -> None:
    """A deposit comes from the bank's own account, which may be below nothing; all together stays nothing."""
    before = books.balance(MINE), books.balance(1)
    direct(books.owner, *written("5", f"('t', 1, -5), ('t', {MINE}, 5)"))
    assert (books.balance(MINE), books.balance(1)) == (before[0] + 5, before[1] - 5)
    assert audit(books.owner).total == Decimal(0)


def test_an_audit_sees_what_a_superuser_breaks(books: RealBooks) -> None:
    """Where triggers were switched off, the audit says what no longer holds."""
    direct(
        books.superuser,
        "SET session_replication_role = replica",
        f"UPDATE accounts SET balance = balance + 1 WHERE account_id = {MINE}",
        f"DELETE FROM entries WHERE transfer_id = 'seed-1' AND account_id <> {MINE}",
    )
    found = audit(books.owner)
    assert not found.good
    assert (found.wrong_balances, found.unbalanced, found.total) == (3, 1, Decimal("1.00"))
