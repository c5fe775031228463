"""A person opens the bank with one command, transfers money by clicking, and meets an honest error page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from bank_command import RunningCommand, all_gone, bank_started, surroundings
from real_postgres import open_folder

from labkit.bank.books import DEMO_PASSWORD, account_number
from labkit.bank.postgres import running_server

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]
DEBIAN = Path("/usr/lib/postgresql/15/bin")
MINE, OTHERS = account_number(1), account_number(2)


@contextmanager
def somebody_elses() -> Iterator[str]:
    """Run Debian's PostgreSQL 15 with an empty database, and give the string of its owner."""
    if not DEBIAN.is_dir():
        pytest.skip("Debian's PostgreSQL 15 is not installed")
    with open_folder() as folder, running_server(folder, programs=DEBIAN, disposable=True) as server:
        with psycopg.connect(server.superuser.reveal(), autocommit=True) as connection:
            connection.execute("CREATE ROLE keeper LOGIN PASSWORD 'the keeper''s own'")
            connection.execute("CREATE DATABASE ledger OWNER keeper")
        yield server.dsn(user="keeper", password="the keeper's own", dbname="ledger").reveal()


@pytest.fixture(scope="module", params=["embedded", "debian-15"])
def bank(request) -> Iterator[RunningCommand]:
    """Open the bank by its command; when it is closed nothing is left but its own folder."""
    with surroundings() as around:
        if request.param == "embedded":
            with bank_started(around) as running:
                yield running
        else:
            with (
                somebody_elses() as dsn,
                bank_started(around, "--dsn-env", "ANOTHER_DATABASE", ANOTHER_DATABASE=dsn) as running,
            ):
                yield running
        assert all_gone(around)
        assert around.left_outside() == []


def balance(page, url: str, account: int) -> Decimal:
    page.goto(f"{url}/accounts/{account}")
    return Decimal(page.locator(".balance strong").inner_text().split()[0].replace(",", ""))


def log_in(page, url: str) -> None:
    page.goto(url)
    page.get_by_label("Login").fill("customer-1")
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Your accounts").wait_for()


def look(page, screenshots, name: str) -> None:
    if screenshots is not None:
        page.screenshot(path=screenshots / f"bank-{name}.png", full_page=True)


def test_a_transfer_is_made_by_clicking(bank, page, screenshots) -> None:
    """Logged in, a customer sends money; balance and statement say the same, and no other host was asked."""
    log_in(page, bank.url)
    look(page, screenshots, "accounts")
    before = balance(page, bank.url, MINE)
    page.get_by_label("To account").fill(str(OTHERS))
    page.get_by_label("Amount").fill("12.50")
    page.get_by_label("Memo").fill("half a bicycle")
    look(page, screenshots, "transfer")
    page.get_by_role("button", name="Transfer").click()
    page.get_by_text("Your transfer has been made.").wait_for()
    look(page, screenshots, "transferred")
    assert balance(page, bank.url, MINE) == before - Decimal("12.50")
    page.get_by_role("link", name="Read the statement").click()
    first = page.get_by_role("table").last.get_by_role("row").nth(1)
    assert "half a bicycle" in first.inner_text()
    assert "12.50" in first.inner_text()
    look(page, screenshots, "statement")
    assert page.hosts == {"127.0.0.1"}


def test_during_the_outage_the_page_is_honest(bank, page, screenshots) -> None:
    """With the update a customer reads what does not work; after the rollback the account is there again."""
    log_in(page, bank.url)
    before = balance(page, bank.url, MINE)
    assert bank.around.on_bank("deploy", "1.8.0").returncode == 0
    answer = page.goto(f"{bank.url}/accounts/{MINE}/statement")
    assert answer is not None
    assert answer.status == 503
    page.get_by_role("heading", name="This does not work at the moment").wait_for()
    text = page.locator("main").inner_text()
    assert "PoolTimeout" not in text
    assert "Traceback" not in text
    look(page, screenshots, "outage")
    assert bank.around.on_bank("rollback").returncode == 0
    assert balance(page, bank.url, MINE) == before
