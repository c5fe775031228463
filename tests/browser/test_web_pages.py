"""Every page of the bank can be used by everybody: with a screen reader, by keyboard, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from web_bank import WebHost, open_server, prepare_database, release, until
from web_bank_here import web_host_here

from labkit.bank.books import DEMO_PASSWORD, account_number
from labkit.core.dsn import Dsn

pytestmark = [pytest.mark.browser, pytest.mark.server]
MINE, OTHERS = account_number(1), account_number(2)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebHost, Dsn]]:
    """Run a host with all that it can show."""
    folder = tmp_path_factory.mktemp("pages")
    with open_server() as server:
        dsn = prepare_database(server)
        release(folder, "1.8.0", dsn, FEATURE_SPENDING_CHART="on", STATEMENT_PAGE_SIZE=2)
        with web_host_here(folder) as host:
            yield host, dsn


def log_in(page, host: WebHost) -> None:
    page.goto(host.url)
    page.get_by_label("Login").fill("customer-1")
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your accounts").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_pages_are_accessible(bank, page, screenshots, scheme: str) -> None:
    """axe finds nothing to complain about on any page, in light and in dark, also on a phone's width."""
    host, dsn = bank
    page.emulate_media(color_scheme=scheme)

    def look(name: str) -> None:
        if screenshots is not None:
            page.screenshot(path=screenshots / f"web-{name}-{scheme}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        page.set_viewport_size({"width": 360, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        page.set_viewport_size({"width": 1400, "height": 1000})

    page.goto(host.url)
    look("front")
    page.get_by_label("Login").fill("customer-1")
    page.get_by_label("Password").fill("mistyped")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("alert").wait_for()
    look("refused")
    log_in(page, host)
    look("accounts")
    page.goto(f"{host.url}/accounts/{MINE}")
    look("account")
    page.get_by_label("To account").fill("1")
    page.get_by_label("Amount").fill("1.00")
    page.get_by_role("button", name="Transfer").click()
    page.get_by_role("alert").wait_for()
    look("order-refused")
    page.goto(f"{host.url}/accounts/{MINE}/statement")
    look("statement")
    page.goto(f"{host.url}/accounts/{OTHERS}")
    look("not-found")
    release(host.bank, "1.8.1", dsn.replace(port=1), MANUAL_LEDGER="on", POOL_MAX_SIZE=0)
    until(lambda: page.goto(f"{host.url}/accounts/{MINE}/statement").status == 503)
    look("outage")
    page.goto(f"{host.url}/accounts/{MINE}")
    look("as-of")
    page.get_by_label("To account").fill(str(OTHERS))
    page.get_by_label("Amount").fill("1.00")
    page.get_by_role("button", name="Transfer").click()
    page.get_by_role("heading", name="Your transfer was taken on paper").wait_for()
    look("on-paper")
    release(host.bank, "1.8.0", dsn, FEATURE_SPENDING_CHART="on", STATEMENT_PAGE_SIZE=2)
    until(lambda: page.goto(f"{host.url}/accounts/{MINE}").status == 200)
    page.get_by_role("button", name="Log out customer-1").click()
    page.get_by_role("heading", name="Log in").wait_for()


def test_a_transfer_needs_no_mouse(bank, page) -> None:
    """From the front page to a posted transfer by keyboard alone; what has the focus can be seen."""
    host, _ = bank
    log_in(page, host)
    page.goto(f"{host.url}/accounts/{MINE}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    for _ in range(2):  # past the link to the statement
        page.keyboard.press("Tab")
    page.keyboard.type(str(OTHERS))
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.type("0.25")
    page.keyboard.press("Tab")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    page.get_by_text("Your transfer has been made.").wait_for()


def test_pages_ask_no_other_host_and_run_no_script(bank, page) -> None:
    """Everything comes from the bank itself, and its pages work without JavaScript."""
    host, _ = bank
    context = page.context.browser.new_context(java_script_enabled=False)
    try:
        plain = context.new_page()
        log_in(plain, host)
        plain.goto(f"{host.url}/accounts/{MINE}/statement")
        plain.get_by_role("heading", name="Spent by month").wait_for()
    finally:
        context.close()
    log_in(page, host)
    assert page.hosts == {"127.0.0.1"}
