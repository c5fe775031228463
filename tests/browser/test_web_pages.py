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
    page.goto(f"{host.url}/accounts/{MINE}")
    look("waits-on-paper")
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


def pay(page, host: WebHost, memo: str) -> None:
    page.goto(f"{host.url}/accounts/{MINE}")
    page.get_by_label("To account").fill(str(OTHERS))
    page.get_by_label("Amount").fill("1.00")
    page.get_by_label("Memo").fill(memo)
    page.get_by_role("button", name="Transfer").click()


def fits(page, width: int) -> bool:
    page.set_viewport_size({"width": width, "height": 800})
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


_LINES = """part => {
  const range = document.createRange();
  range.selectNodeContents(part.querySelector("time") ?? part);
  return new Set([...range.getClientRects()].map(box => box.top)).size;
}"""


def test_a_memo_without_blanks_fits_a_phone(bank, page, screenshots) -> None:
    """On a statement it is broken where it must be; dates and amounts stay whole, at any width."""
    host, _ = bank
    log_in(page, host)
    pay(page, host, "W" * 140)
    page.get_by_text("Your transfer has been made.").wait_for()
    page.goto(f"{host.url}/accounts/{MINE}/statement")
    for width in (320, 390, 600, 1400):
        assert fits(page, width), width
        for part in page.locator("td time, td.number").all():
            assert part.evaluate(_LINES) == 1, (width, part.inner_text())
        if screenshots is not None:
            page.screenshot(path=screenshots / f"web-long-memo-{width}.png", full_page=True)


_CONTRAST = """input => {
  const light = text => {
    const parts = text.match(/[0-9.]+/g).slice(0, 3).map(p => p / 255);
    const [r, g, b] = parts.map(p => p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const of = [getComputedStyle(input, "::placeholder").color, getComputedStyle(input).backgroundColor];
  const [less, more] = of.map(light).sort((a, b) => a - b);
  return (more + 0.05) / (less + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_example_in_a_field_can_be_read(bank, page, scheme: str) -> None:
    """A placeholder has a contrast of 4.5 to 1 with its field (WCAG 2.1, 1.4.3)."""
    host, _ = bank
    page.emulate_media(color_scheme=scheme)
    page.goto(host.url)
    assert page.get_by_label("Login").evaluate(_CONTRAST) >= 4.5


def test_a_second_click_pays_once(bank, page) -> None:
    """A person who clicks twice ends on the account, with one payment and an empty form."""
    host, _ = bank
    log_in(page, host)
    page.goto(f"{host.url}/accounts/{MINE}/statement")
    page.goto(f"{host.url}/accounts/{MINE}")
    before = page.locator(".balance strong").inner_text()
    page.get_by_label("To account").fill(str(OTHERS))
    page.get_by_label("Amount").fill("1.00")
    page.get_by_role("button", name="Transfer").dblclick()
    page.get_by_text("Your transfer has been made.").wait_for()
    assert page.get_by_label("Amount").input_value() == ""
    assert cents(before) - cents(page.locator(".balance strong").inner_text()) == 100


def cents(shown: str) -> int:
    return int(shown.split(maxsplit=1)[0].replace(",", "").replace(".", ""))


def test_a_transfer_in_the_outage_is_sent_again_by_a_button(bank, page, screenshots) -> None:
    """The page says that it was not made, everybody can read it, and its button makes it when all is well."""
    host, dsn = bank
    log_in(page, host)
    page.goto(f"{host.url}/accounts/{MINE}")
    release(host.bank, "1.8.1", dsn.replace(port=1), POOL_MAX_SIZE=0)
    until(lambda: page.request.get(f"{host.url}/readyz").status == 503)
    page.get_by_label("To account").fill(str(OTHERS))
    page.get_by_label("Amount").fill("1.00")
    page.get_by_label("Memo").fill("sent again " + "W" * 120)
    page.get_by_role("button", name="Transfer").click()
    page.get_by_text("Your transfer was not made.").wait_for()
    assert Axe().run(page).violations_count == 0
    for width in (360, 1400):
        assert fits(page, width)
        if screenshots is not None:
            page.screenshot(path=screenshots / f"web-not-made-{width}.png", full_page=True)
    release(host.bank, "1.8.0", dsn, FEATURE_SPENDING_CHART="on", STATEMENT_PAGE_SIZE=2)
    until(lambda: page.request.get(f"{host.url}/readyz").status == 200)
    page.get_by_role("button", name="Send it again").click()
    page.get_by_text("Your transfer has been made.").wait_for()


def test_an_unknown_page_leads_back(bank, page, screenshots) -> None:
    """It is in the bank's own style, can be read by everybody, and has a way to the accounts."""
    host, _ = bank
    log_in(page, host)
    assert page.goto(f"{host.url}/nowhere").status == 404
    assert Axe().run(page).violations_count == 0
    if screenshots is not None:
        page.screenshot(path=screenshots / "web-nowhere.png", full_page=True)
    page.get_by_role("link", name="Go to your accounts").click()
    page.get_by_role("heading", name="Your accounts").wait_for()
