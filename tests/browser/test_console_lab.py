"""The console where a student meets it: lab 05 in JupyterLab, by mouse and keyboard, with a kernel."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_labs import NOTEBOOK, errors, open_and_run_all, photograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONSOLE = f"{NOTEBOOK} .labkit-console"
STATUS = f"{CONSOLE} [role=status]"
SAYS = "([selector, words]) => !!document.querySelector(selector)?.textContent.includes(words)"
#: JupyterLab itself says these; a console of the browser that is otherwise clean is what is asked for.
_NOT_OURS = ("favicon", "Download the React DevTools", "[Violation]")


@pytest.fixture
def opened(lab, page):
    """Open lab 05 with everything run, and keep what the browser complains of from then on."""
    page.complaints = []
    page.on(
        "console",
        lambda message: (
            page.complaints.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    open_and_run_all(page, lab.notebook("05-replay-the-fix"))
    page.wait_for_selector(f"{CONSOLE} .line.ratio[d]", state="attached")
    page.locator(f"{CONSOLE} fieldset").first.scroll_into_view_if_needed()
    page.complaints.clear()
    yield page
    ours = [text for text in page.complaints if not any(known in text for known in _NOT_OURS)]
    assert ours == []
    assert errors(page) == []
    assert page.hosts <= {"127.0.0.1", ""}, page.hosts


def wait_for(page, words):
    """Wait until the result says something."""
    page.wait_for_function(SAYS, arg=[STATUS, words])


def test_the_string_is_toggled_by_mouse_and_by_keyboard(opened, screenshots):
    """A click and an arrow key change the result; `d d` deletes no cell, and Python knows what was chosen."""
    page = opened
    deployed = page.locator(f"{CONSOLE} input[type=radio]").first
    wait_for(page, "As corrected")  # the lab's own cell set it
    deployed.click()
    wait_for(page, "9,296 of 15,985 requests fail")
    # JupyterLab's own styles let terms float, over the numbers beside them.
    floats = "selector => getComputedStyle(document.querySelector(selector)).float"
    assert page.evaluate(floats, f"{CONSOLE} dt") == "none"
    photograph(page, screenshots, "lab05-as-deployed", CONSOLE)
    page.keyboard.press("ArrowRight")
    wait_for(page, "As corrected: 5 of")
    photograph(page, screenshots, "lab05-corrected", CONSOLE)
    cells = page.locator(f"{NOTEBOOK} .jp-Cell").count()
    for key in ("d", "d", "x", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    page.wait_for_timeout(400)
    assert page.locator(f"{NOTEBOOK} .jp-Cell").count() == cells


def test_an_edited_string_is_replayed_by_the_kernel(opened, screenshots):
    """A port that nothing prepared goes to the kernel; its answer is drawn with the driver's words."""
    page = opened
    page.locator(f"{CONSOLE} input[value=edit]").check()
    port = page.locator(f"{CONSOLE} [name=port]")
    port.fill("6000")
    port.press("Tab")
    page.wait_for_selector(f"{CONSOLE} .says:text('port 6000')")
    assert page.locator(f"{CONSOLE} .strings mark").all_text_contents() == ["5432", "6000"]
    port.fill("5432")
    port.press("Tab")
    wait_for(page, "With an edited connection string: 5 of")
    photograph(page, screenshots, "lab05-edited", CONSOLE)


def test_what_the_kernel_refuses_stands_in_the_widget(opened):
    """A pool of no connection cannot be; the page says so, and the next choice clears it."""
    page = opened
    pool = page.locator(f"{CONSOLE} [name=pool_size]")
    pool.fill("-3")
    pool.press("Tab")
    page.wait_for_selector(f"{CONSOLE} [role=alert]:text('pool_size cannot have this value')")
    pool.fill("")
    pool.press("Tab")
    page.wait_for_selector(f"{CONSOLE} [role=alert]", state="hidden")


def test_time_is_dragged_and_played(opened, screenshots):
    """The slider is dragged with the mouse, and play moves it on."""
    page = opened
    slider = page.locator(f"{CONSOLE} input[type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 30.5 / 210, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    there = int(slider.input_value())
    assert 95 < there < 115
    page.locator(f"{CONSOLE} button").click()
    page.wait_for_function(
        "([s, n]) => document.querySelector(s).value > n + 3", arg=[f"{CONSOLE} input[type=range]", there]
    )
    photograph(page, screenshots, "lab05-playing", f"{CONSOLE} .player")
    page.locator(f"{CONSOLE} button").click()


def test_nothing_in_the_widget_breaks_accessibility(opened, screenshots):
    """axe finds nothing in the console, in JupyterLab's light and dark theme."""
    page = opened
    page.locator(f"{CONSOLE} input[value=edit]").check()
    for light in (True, False):
        if not light:
            page.click('.lm-MenuBar-itemLabel:text-is("Settings")')
            page.hover('.lm-Menu-itemLabel:text-is("Theme")')
            page.click('.lm-Menu-itemLabel:text-is("JupyterLab Dark")')
            page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached")
            page.wait_for_timeout(500)
        found = Axe().run(page, context=".jp-NotebookPanel:not(.lm-mod-hidden) .labkit-console")
        assert found.violations_count == 0, found.generate_report()
        photograph(page, screenshots, f"lab05-{'light' if light else 'dark'}", CONSOLE)
