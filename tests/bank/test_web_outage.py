"""During an outage the bank's pages say what is known, no more, and lead to pages that are there."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from web_bank import PAGE, WebHost, logged_in, release, until
from web_bank_here import web_host_here

from labkit.bank import books
from labkit.bank.web.trouble import Trouble
from labkit.core.dsn import Dsn

pytestmark = pytest.mark.server
MINE = books.account_number(1)
BEGAN = dt.datetime(2023, 12, 1, 14, 30, tzinfo=dt.UTC)
FAST = {"POOL_TIMEOUT_SECONDS": 0.3}


@pytest.fixture
def host(tmp_path: Path, dsn: Dsn) -> Iterator[WebHost]:
    """Run a host on a good release."""
    release(tmp_path, "1.7.4", dsn)
    with web_host_here(tmp_path) as running:
        yield running


def under(page: str, heading: str) -> list[str]:
    """List what stands below a heading."""
    found = re.search(f"<h2>{heading}</h2>\\s*<ul>(.*?)</ul>", page, re.DOTALL)
    return [unescape(text) for text in re.findall(r"<li>(.*?)</li>", found[1])] if found else []


def after(minutes: int) -> dt.datetime:
    return BEGAN + dt.timedelta(minutes=minutes)


def test_what_worked_before_the_failures_is_not_said_to_work() -> None:
    """Only what did its work since the first failure works; the rest is not known."""
    trouble = Trouble()
    trouble.worked("login", after(-1))
    trouble.failed("accounts", BEGAN)
    trouble.worked("statement", after(1))
    report = trouble.report(after(2))
    assert (report.broken, report.working) == (("opening an account",), ("reading a statement",))
    assert report.unknown == ("logging in", "making a transfer")


def test_on_paper_works_what_was_seen_to_work() -> None:
    """With the ledger on, accounts and transfers are broken where they just failed, else work if they did."""
    trouble = Trouble()
    trouble.unreachable(BEGAN)
    trouble.worked("accounts", after(1))
    report = trouble.report(after(2), failed="statement", on_paper=True)
    assert report.broken == ("logging in", "reading a statement")
    assert report.working == ("opening an account: it is shown as we last saw it",)
    assert report.unknown == ("making a transfer",)
    failed = trouble.report(after(2), failed="accounts", on_paper=True)
    assert "opening an account" in failed.broken
    assert not failed.working
    assert len(trouble.report(after(2), failed="statement").broken) == 4


def test_with_the_ledger_on_an_account_that_opens_is_not_broken(
    host: WebHost, dsn: Dsn, tmp_path: Path
) -> None:
    """A statement's failure does not say that accounts fail, when one was just shown as last seen."""
    with logged_in(host) as client:
        client.headers.update(PAGE)
        assert client.get(f"/accounts/{MINE}").status_code == 200
        release(tmp_path, "1.8.0", dsn.replace(port=1), **FAST, MANUAL_LEDGER="on")
        until(lambda: client.get("/readyz").status_code == 503)
        assert client.get(f"/accounts/{MINE}").status_code == 200
        page = client.get(f"/accounts/{MINE}/statement").text
    assert under(page, "What does not work") == ["logging in", "reading a statement"]
    assert "opening an account: it is shown as we last saw it" in under(page, "What still works")


def test_what_nobody_has_tried_is_not_said_to_work(host: WebHost, dsn: Dsn, tmp_path: Path) -> None:
    """With tables out of sight one failure does not speak for the other features."""
    with logged_in(host) as client:
        client.headers.update(PAGE)
        release(tmp_path, "1.8.0", dsn.replace(options="-c search_path=elsewhere"))
        page = until(lambda: failed(client.get(f"/accounts/{MINE}")))
    assert under(page, "What does not work") == ["opening an account"]
    assert under(page, "What still works") == ["this bank's front page"]
    assert under(page, "What we do not know") == [
        "logging in",
        "reading a statement",
        "making a transfer",
    ]


def failed(answer) -> str | None:
    return answer.text if answer.status_code == 500 else None


def test_trying_again_leads_to_a_page(host: WebHost, dsn: Dsn, tmp_path: Path) -> None:
    """After a login in vain there is a way back to the form, by the link and by the address of the page."""
    release(tmp_path, "1.8.0", dsn.replace(port=1), **FAST)
    with host.client(headers=PAGE) as browser:
        until(lambda: browser.get("/readyz").status_code == 503)
        token = re.findall(r'name="form_token" value="(\w+)"', browser.get("/").text)[0]
        given = {"login": "customer-1", "password": books.DEMO_PASSWORD, "form_token": token}
        page = browser.post("/login", data=given)
        assert page.status_code == 503
        again = re.search(r'<a href="([^"]*)">Try again</a>', page.text)[1]
        for address in (again, "/login"):
            form = browser.get(address, follow_redirects=True)
            assert (form.status_code, 'name="password"' in form.text) == (200, True), address
        moved = browser.get("/transfers")
        assert (moved.status_code, moved.headers["location"]) == (303, "/accounts")


def test_trying_again_keeps_the_page_of_a_statement(host: WebHost, dsn: Dsn, tmp_path: Path) -> None:
    """Whoever read the second page of a statement is led to the second page."""
    with logged_in(host) as client:
        release(tmp_path, "1.8.0", dsn.replace(port=1), **FAST)
        until(lambda: client.get("/readyz").status_code == 503)
        page = client.get(f"/accounts/{MINE}/statement?page=2", headers=PAGE).text
    assert f'<a href="/accounts/{MINE}/statement?page=2">Try again</a>' in page


def test_what_is_not_there_is_a_page_with_a_way_back(host: WebHost) -> None:
    """A browser reads of an unknown address in the bank's own style, a program in JSON."""
    with logged_in(host) as client, host.client() as nobody:
        for status, answer in (
            (404, client.get("/nowhere", headers=PAGE)),
            (405, client.get("/logout", headers=PAGE)),
            (405, client.put("/accounts", headers=PAGE)),
        ):
            assert (answer.status_code, 'href="/accounts">Go to your accounts' in answer.text) == (
                status,
                True,
            )
            assert "bank.css" in answer.text
        assert client.get("/logout", headers=PAGE).headers["allow"] == "POST"
        assert 'href="/">Go to the front page' in nobody.get("/nowhere", headers=PAGE).text
        assert nobody.get("/nowhere").json() == {"error": "There is nothing here."}
        assert nobody.put("/login").json() == {"error": "There is nothing here."}
