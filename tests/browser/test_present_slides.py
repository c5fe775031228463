"""The hand-out of lab 05 opens from the disk with the network cut off, and its console still scrubs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_present_stage import CONSOLE, SAYS, go_to, watch

from labkit.classroom.presenting.handout import slides

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def handout(tmp_path_factory):
    """Write the hand-out without answers."""
    return slides("05", tmp_path_factory.mktemp("slides") / "out", root=ROOT)


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory, chromium_path):
    """Make a Chromium that has no network at all, not even this machine's own."""
    unshare = shutil.which("unshare")
    ways = (["-n"], ["-rn"])
    works = [
        way for way in ways if unshare and not subprocess.run([unshare, *way, "true"], check=False).returncode
    ]
    if not works:
        pytest.skip("this machine lets no process leave its network")
    program = tmp_path_factory.mktemp("cut-off") / "chromium"
    program.write_text(f'#!/bin/sh\nexec {unshare} {works[0][0]} {chromium_path} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def opened(handout, cut_off, browser):
    """Open the hand-out in it, and collect what is asked for and what the browser complains of."""
    alone = browser.browser_type.launch(executable_path=str(cut_off), args=["--no-sandbox", "--disable-gpu"])
    page = alone.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    watch(page, complaints)
    page.goto(handout.as_uri())
    page.wait_for_selector("body.ready")
    yield page
    alone.close()
    assert complaints == []
    assert {url.partition(":")[0] for url in asked} <= {"file", "blob", "data"}


def test_the_console_scrubs_where_there_is_no_network(opened, screenshots):
    """Two switches together are drawn, time is moved, and what is not held is said in words."""
    page = opened
    go_to(page, "The switch", console=True)
    says = f"{CONSOLE} [role=status]"
    page.get_by_label("corrected", exact=True).check()
    assert "As corrected: 5 of 15,985" in page.locator(says).text_content()
    page.get_by_label("as deployed").check()
    page.locator(f"{CONSOLE} [name=canary]").select_option("0.05")
    page.locator(f"{CONSOLE} [name=detection]").select_option("burn rate")
    assert "a 14.4x burn-rate page, a canary of 5 %" in page.locator(says).text_content()
    slider = page.get_by_label("Time (UTC)")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(f"{CONSOLE} .readout").text_content().startswith("14:31 UTC")
    page.get_by_label("pool size").fill("7")
    page.get_by_label("pool size").press("Tab")
    page.wait_for_function(SAYS, arg=[f"{CONSOLE} .error", "For all others open the lab."])
    if screenshots:
        page.screenshot(path=screenshots / "slides-cut-off.png")


def test_no_answer_is_in_it_and_everyone_can_read_it(opened, screenshots):
    """Steps go on by keys without a timer; questions stand unanswered; axe finds nothing."""
    page = opened
    go_to(page, "What the corrected string saves")
    page.keyboard.press("ArrowRight")
    assert "not answered yet" in page.locator("section.page:not([hidden])").text_content()
    assert page.locator("[data-gate], .answer").count() == 0
    assert "These few have other reasons" not in page.content()
    assert not page.get_by_role("button", name="Start timer").is_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    if screenshots:
        page.screenshot(path=screenshots / "slides-question.png")
    go_to(page, "The switch", console=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """Write the hand-out with answers."""
    return slides("05", tmp_path_factory.mktemp("slides") / "answered", answers=True, root=ROOT)


@pytest.mark.parametrize("size", [(720, 1000), (1280, 720)], ids=["upright", "across"])
def test_all_of_it_is_on_the_paper(answered, browser, size):
    """A page printed as it opened has every paragraph, vote, answer and console on it, fully inked."""
    page = browser.new_page(viewport=dict(zip(("width", "height"), size, strict=True)))
    page.goto(answered.as_uri())
    page.wait_for_selector("body.ready")
    page.wait_for_function("() => !document.getAnimations().length")
    page.emulate_media(media="print")
    assert page.evaluate("document.getAnimations().length") == 0
    pages = page.locator("section.page")
    assert pages.count() > 20
    for paper in (pages, page.locator(".fragment:not(.think)"), page.locator(".judgement tr, .way-result")):
        assert paper.count() == paper.filter(visible=True).count()
    for part in (".sentence", ".picture", ".legend", ".figures"):
        assert page.locator(f".labkit-console {part}").is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    page.close()
