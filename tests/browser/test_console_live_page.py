"""The live console's page by itself: it says what the bank's seconds say, and never more than they do."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from console_page import ROOT, write_page

import labkit
from labkit.core.dsn import Dsn
from labkit.core.secret import Secret

pytestmark = pytest.mark.browser
STATUS, NOW = ".labkit-console [role=status]", ".labkit-console .live-now"
RIGHT = "postgresql://bank_app:kept-to-itself@127.0.0.1:40000/bank"


@pytest.fixture(scope="module")
def console():
    """Make a console on something that looks like a running bank."""
    bank = SimpleNamespace(
        dsn=Dsn.parse(RIGHT),
        settings={"DATABASE_URL": Secret(RIGHT)},
        configure=lambda changes, **_: bank.settings.update(changes),
        recent=lambda _: (),
    )
    return labkit.ReplayConsole(labkit.load(ROOT / "data" / "debacle"), live=bank)


@pytest.fixture
def shown(page, console):
    """Show its page, with a clock that stands still."""
    console.configuration = labkit.Configuration(dsn_after="as corrected")
    page.set_default_timeout(20_000)
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.clock.install(time=900)  # some time before, for it runs until it is stopped
    page.clock.pause_at(1000)
    page.set_content(write_page(console))
    page.wait_for_selector(".labkit-console.live")
    yield page
    assert page.complaints == []
    assert page.hosts <= {""}


def tell(page, seconds, now=1000):
    """Answer a poll."""
    page.evaluate("message => tell(message)", {"kind": "seconds", "now": now, "seconds": seconds})


def test_the_page_asks_for_the_last_seconds_and_says_what_it_hears(shown):
    """It asks for two minutes at first and for less afterwards; the newest second with answers is told."""
    assert shown.evaluate("sent[0]") == {"kind": "poll", "seconds": 120}
    tell(shown, [[995, 12, 0, 21], [997, 10, 10, 2004]])
    assert shown.locator(NOW).text_content() == "Now: 10 requests a second, 100 % fail, p95 2.00 s."
    shown.clock.run_for(1000)
    assert shown.evaluate("sent.at(-1)") == {"kind": "poll", "seconds": 10}
    tell(shown, [], now=1010)
    assert shown.locator(NOW).text_content() == "Now: no answers in the last seconds."


def test_a_second_without_answers_is_a_gap_and_not_a_zero(shown):
    """Nobody knows what share failed where nothing was answered; the requests are none."""
    values = shown.evaluate("exported.liveValues(new Map([[998, [4, 1, 20]]]), 1000)")
    assert [len(values[name]) for name in ("requests", "failed", "p95")] == [120] * 3
    assert values["requests"][-3:] == [0, 4, 0]
    assert values["failed"][-3:] == [None, 0.25, None]
    assert values["p95"][-3:] == [None, 0.02, None]


@pytest.mark.parametrize(
    ("seconds", "recovered"),
    [
        ([], None),
        ([[990, [9, 9, 1]], [1001, [9, 9, 1]]], None),
        ([[1001, [9, 0, 1]]], 0),
        ([[1000, [9, 9, 1]], [1001, [9, 2, 1]], [1002, [9, 0, 1]]], 1.5),
        ([[1001, [9, 0, 1]], [1002, [9, 1, 1]]], None),
    ],
)
def test_recovery_is_told_when_the_latest_requests_succeed(shown, seconds, recovered):
    """It counts from the switch (at 1000.5) to the last second with a failure; not while some still fail."""
    assert shown.evaluate("rows => exported.liveRecovery(new Map(rows), 1000.5)", seconds) == recovered


def test_a_busy_kernel_and_its_errors_are_told(shown):
    """Without an answer for five seconds the page says so; an error of the bank is an alert."""
    tell(shown, [[999, 5, 0, 10]])
    shown.clock.run_for(6000)
    assert shown.locator(STATUS).text_content() == "The kernel is busy; the lines wait."
    shown.evaluate("tell({kind: 'seconds', now: 1006, error: 'no bank runs in this folder'})")
    assert shown.get_by_role("alert").text_content() == "no bank runs in this folder"


def test_a_choice_is_sent_and_the_bank_has_the_last_word(shown, console):
    """The page waits for the bank's answer; opening the editor changes nothing; leaving ends the polls."""
    shown.get_by_label("edit the parts").check()
    assert shown.evaluate("asked") == []
    shown.get_by_label("as deployed").check()
    assert [asked["dsn_after"] for asked in shown.evaluate("asked")] == ["as deployed"]
    assert "is told its other connection string" in shown.locator(STATUS).text_content()
    console.configuration = labkit.Configuration()
    shown.evaluate("live => answer('live', live)", dict(console.live))
    assert shown.locator(".strings mark").all_text_contents() == ["40000", "40001"]
    assert "As deployed since" in shown.locator(STATUS).text_content()
    shown.evaluate("leave()")
    polls = shown.evaluate("sent.length")
    shown.clock.run_for(3000)
    assert shown.evaluate("sent.length") == polls


@pytest.mark.parametrize(("light", "width"), [(True, 1200), (False, 1200), (True, 640)])
def test_everyone_can_read_the_live_console(page, console, light, width):
    """axe finds nothing, light, dark, and at 200 % of 1280 pixels; the page does not scroll sideways."""
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content(write_page(console, light=light))
    page.get_by_label("edit the parts").check()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
