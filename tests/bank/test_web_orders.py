"""What a person meets who sends an order twice, a bad one, or one while the books cannot be opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from html import unescape
from pathlib import Path

import httpx
import psycopg
import pytest
from web_bank import PAGE, WebHost, logged_in, release, until
from web_bank_here import web_host_here

from labkit.bank import books
from labkit.bank.postgres import Server
from labkit.core.dsn import Dsn

pytestmark = pytest.mark.server
MINE, OTHERS, THIRD = (books.account_number(number) for number in (1, 2, 3))
MADE = "Your transfer has been made."
NOT_MADE, UNSURE = "Your transfer was not made.", "We can't tell whether your transfer was made."
SMALL = {"POOL_MIN_SIZE": 1, "POOL_MAX_SIZE": 2}
FAST = SMALL | {"POOL_TIMEOUT_SECONDS": 0.3}


@pytest.fixture
def host(tmp_path: Path, dsn: Dsn) -> Iterator[WebHost]:
    """Run a host on a good release."""
    release(tmp_path, "1.7.4", dsn, **SMALL)
    with web_host_here(tmp_path) as running:
        yield running


@pytest.fixture
def browser(host: WebHost) -> Iterator[httpx.Client]:
    """Log a person in; the account's page has been opened."""
    with logged_in(host) as client:
        client.headers.update(PAGE)
        assert client.get(f"/accounts/{MINE}").status_code == 200
        yield client


def form(page: str, **typed: str) -> dict[str, str]:
    """Read the fields of a page's form for a transfer, and fill in the rest."""
    (found,) = re.findall(r'<form method="post" action="/transfers".*?</form>', page, re.DOTALL)
    fields = {}
    for tag in re.findall(r"<input [^>]*>", found):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        fields[attributes["name"]] = unescape(attributes["value"])
    return fields | typed


def filled(browser: httpx.Client, **typed: str) -> dict[str, str]:
    """Fill in the form of the account."""
    usual = {"to_account": str(OTHERS), "amount": "1.50", "memo": "tea & cake"}
    return form(browser.get(f"/accounts/{MINE}").text, **(usual | typed))


def balance(browser: httpx.Client) -> Decimal:
    return Decimal(browser.get(f"/accounts/{MINE}", headers={"Accept": "*/*"}).json()["balance"])


def words(page: str) -> str:
    """Read a page as text."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def broken(host: WebHost, version: str, dsn: Dsn, **settings: object) -> None:
    """Put a release into force that has no way to the database."""
    release(host.bank, version, dsn.replace(port=1), **(FAST | settings))
    with host.client() as client:
        until(lambda: client.get("/readyz").status_code == 503)


def healed(host: WebHost, dsn: Dsn) -> None:
    release(host.bank, "1.7.4", dsn, **SMALL)
    with host.client() as client:
        until(lambda: client.get("/readyz").status_code == 200)


def test_a_second_click_ends_where_the_first_does(browser: httpx.Client) -> None:
    """One order sent twice leads to the account both times, with what was made, and an empty form."""
    before, order = balance(browser), filled(browser)
    first, second = (browser.post("/transfers", data=order) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    page = browser.get(second.headers["location"]).text
    assert f"{MADE} 1.50 EUR went to account {OTHERS}." in page
    assert f"{before - Decimal('1.50'):,.2f} EUR" in page
    again = form(page)
    assert (again["amount"], again["idempotency_key"] != order["idempotency_key"]) == ("", True)


def test_another_order_under_a_used_key_is_not_offered_again(browser: httpx.Client) -> None:
    """It is refused, on a page without a form that would send it under another key."""
    order = filled(browser)
    assert browser.post("/transfers", data=order).status_code == 303
    refused = browser.post("/transfers", data=order | {"amount": "2.00"})
    assert (refused.status_code, "idempotency_key" in refused.text) == (409, False)
    assert "Another transfer was sent with this key." in refused.text


def test_only_a_transfer_of_this_account_is_said_to_be_made(browser: httpx.Client) -> None:
    """An id of nothing, or of what somebody else paid, is not said to be a transfer of theirs."""
    posted = browser.post("/transfers", data=filled(browser)).headers["location"].partition("=")[2]
    named = f"/accounts/{MINE}?posted="
    assert MADE in browser.get(named + posted).text
    for other in ("yes", "\0", posted[:-1] + ("0" if posted[-1] != "0" else "1")):
        answer = browser.get(f"/accounts/{MINE}", params={"posted": other})
        assert (answer.status_code, MADE in answer.text) == (200, False), other
    received = browser.get(f"/accounts/{books.account_number(1, 1)}?posted={posted}")
    assert (received.status_code, MADE in received.text) == (200, False)


def test_nothing_is_said_to_be_made_while_the_books_are_closed(
    host: WebHost, browser: httpx.Client, dsn: Dsn
) -> None:
    """An account as last seen tells of no transfer, whatever its address says."""
    posted = browser.post("/transfers", data=filled(browser)).headers["location"]
    browser.get(posted)
    release(host.bank, "1.7.5", dsn, **SMALL, MANUAL_LEDGER="on")
    until((host.bank / "journal" / host.name / "balances.json").exists)
    broken(host, "1.8.0", dsn, MANUAL_LEDGER="on")
    page = browser.get(posted)
    assert (page.status_code, "as of" in page.text, MADE in page.text) == (200, True, False)


def test_a_refusal_shows_the_balance_that_it_is_about(host: WebHost, browser: httpx.Client, dsn: Dsn) -> None:
    """The page of an order over the balance has the balance just read, though an older one was seen."""
    with web_host_here(host.bank, "bank-web-2") as elsewhere, logged_in(elsewhere, 3) as friend:
        given = {"from_account": THIRD, "to_account": MINE, "amount": "1.11"}
        assert friend.post("/transfers", json=given | {"idempotency_key": "gift"}).status_code == 200
        page = browser.post("/transfers", data=filled_before(browser, "50000")).text
    now = f"{balance(browser):,.2f}"
    assert f"The account has {now}: less than 50,000.00." in page
    assert re.search(r'class="balance"><span>Balance</span>\s*<strong>([0-9.,]+) EUR', page)[1] == now


def filled_before(browser: httpx.Client, amount: str) -> dict[str, str]:
    """Fill in the form as on a page that was opened some time ago."""
    (token, *_) = re.findall(r'name="form_token" value="(\w+)"', browser.get("/").text)
    order = {"idempotency_key": f"before-{amount}", "from_account": str(MINE), "to_account": str(OTHERS)}
    return order | {"amount": amount, "memo": "", "form_token": token}


def test_an_order_that_met_no_connection_was_not_made(host: WebHost, browser: httpx.Client, dsn: Dsn) -> None:
    """The page says so, keeps what was typed, and its button makes the transfer once the books are there."""
    order = filled(browser)
    broken(host, "1.8.0", dsn)
    page = browser.post("/transfers", data=order)
    assert (page.status_code, NOT_MADE in page.text, UNSURE in page.text) == (503, True, False)
    assert "look at your statement" not in page.text
    kept = form(page.text)
    assert {**order, "form_token": ""} == {**kept, "form_token": ""}
    assert browser.post("/transfers", data=kept).status_code == 503
    healed(host, dsn)
    answer = browser.post("/transfers", data=kept)
    assert (answer.status_code, MADE in browser.get(answer.headers["location"]).text) == (303, True)


def test_an_order_whose_query_failed_was_not_made(host: WebHost, browser: httpx.Client, dsn: Dsn) -> None:
    """What the database refuses is not posted, and the page is sure of it."""
    order = filled(browser)
    release(host.bank, "1.8.0", dsn.replace(options="-c search_path=elsewhere"), **SMALL)
    until(lambda: browser.get(f"/accounts/{MINE}").status_code == 500)
    page = browser.post("/transfers", data=order)
    assert (page.status_code, NOT_MADE in page.text) == (500, True)
    assert form(page.text)["idempotency_key"] == order["idempotency_key"]


def test_an_order_whose_connection_was_lost_may_be_made(
    host: WebHost, browser: httpx.Client, server: Server, dsn: Dsn
) -> None:
    """Nobody can tell then, nor after a second try in vain; sent again under its key it counts once."""
    order, before = filled(browser), balance(browser)
    with ThreadPoolExecutor() as pool, psycopg.connect(server.dsn(dbname="bank").reveal()) as keeper:
        keeper.execute("SELECT FROM accounts WHERE account_id = %s FOR UPDATE", [MINE])
        sent = pool.submit(browser.post, "/transfers", data=order)
        waits = "SELECT pid FROM pg_stat_activity WHERE usename = 'bank_app' AND wait_event_type = 'Lock'"
        (pid,) = until(lambda: keeper.execute(waits).fetchone())
        keeper.execute("SELECT pg_terminate_backend(%s)", [pid])
        page = sent.result()
    assert (page.status_code, UNSURE in page.text, NOT_MADE in page.text) == (500, True, False)
    kept = form(page.text)
    assert kept["idempotency_key"] == order["idempotency_key"]
    broken(host, "1.8.0", dsn)
    again = browser.post("/transfers", data=kept).text
    assert (UNSURE in again, NOT_MADE in again) == (True, False)
    healed(host, dsn)
    for _ in range(2):
        assert browser.post("/transfers", data=form(again)).status_code == 303
    assert balance(browser) == before - Decimal("1.50")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"amount": "9999999999999"}, "“9999999999999” is too large: the most is 9,999,999,999.99."),
        ({"amount": "1.005"}, "“1.005” is too exact: it has at most two decimals"),
        ({"amount": "1,5"}, "“1,5” has a comma: write it with a point"),
        ({"amount": "0.00"}, "above 0, not “0.00”"),
        ({"to_account": "abc"}, "“abc” is no number of an account"),
        ({"to_account": "-5"}, "“-5” is no number of an account"),
        ({"to_account": "115 838"}, "“115 838” is no number of an account: that is digits only"),
        ({"to_account": ""}, "Please fill in the account to transfer to."),
        ({"memo": "so\u00adft"}, "a character that cannot be written: soft hyphen (U+00AD)."),
        ({"memo": "a\ttab"}, "a character that cannot be written: a tab (U+0009)."),
        ({"memo": "one\u200dand\ttwo"}, "a character that cannot be written: a tab (U+0009)."),
        ({"memo": "x" * 141}, "The memo has 141 characters: 140 are the most."),
    ],
)
def test_a_refusal_names_what_is_wrong(browser: httpx.Client, typed: dict[str, str], says: str) -> None:
    """The value that was typed is named with what it must be, and stands in the form again."""
    page = browser.post("/transfers", data=filled(browser, **typed))
    assert (page.status_code, says in words(page.text)) == (422, True), words(page.text)
    ((name, value),) = typed.items()
    assert form(page.text)[name] == value
