"""What a student does with mouse and keyboard works in a real browser, and nothing leaves the machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError

LABS = sorted(path.parent.name for path in Path(__file__).parents[2].glob("labs/*/lab.py"))
pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"
#: Every code cell of the notebook in front has its number; none waits or runs.
ALL_DONE = f"""() => {{
    const prompts = [...document.querySelectorAll('{NOTEBOOK} .jp-CodeCell .jp-InputPrompt')];
    return prompts.length > 3 && prompts.every(prompt => /^\\[\\d+\\]:$/.test(prompt.textContent.trim()));
}}"""
WAITING = f"""() => [...document.querySelectorAll('{NOTEBOOK} .jp-CodeCell')]
    .map(cell => cell.querySelector('.jp-InputPrompt')?.textContent + ' ' + cell.textContent.slice(0, 40))
    .filter(text => !/^\\[\\d+\\]:/.test(text))"""
#: Pictures as a reader meets them: what they say in words, and whether the picture itself is there.
PICTURES = f"""() => [...document.querySelectorAll('{NOTEBOOK} .jp-OutputArea img')].map(
    image => ({{words: image.alt, drawn: image.complete && image.naturalWidth > 300}})
)"""


def open_notebook(page, address):
    """Open a notebook and wait for its kernel; the status bar tells, the toolbar says idle too soon."""
    page.goto(address)
    page.wait_for_selector(f"{NOTEBOOK} .jp-CodeCell")
    page.wait_for_selector('#jp-main-statusbar :text("| Idle")')


def open_and_run_all(page, address):
    """Open a notebook, choose Run > Run All Cells, and wait until every code cell has run."""
    open_notebook(page, address)
    page.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
    try:
        page.wait_for_function(ALL_DONE, timeout=120_000)
    except TimeoutError as error:
        raise AssertionError(f"cells without a number after two minutes: {page.evaluate(WAITING)}") from error


def photograph(page, folder, name, selector=None):
    """Keep a picture for people to look at, where a folder for them was named."""
    if selector:
        page.locator(selector).first.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
    if folder:
        page.screenshot(path=folder / f"{name}.png")


def errors(page):
    """Read the text of every output that is an error or that a cell wrote to standard error."""
    kinds = ("application/vnd.jupyter.stderr", "application/vnd.jupyter.error")
    found = page.locator(", ".join(f'{NOTEBOOK} .jp-OutputArea [data-mime-type="{kind}"]' for kind in kinds))
    return found.all_text_contents()


@pytest.mark.parametrize("name", LABS)
def test_run_all_ends_without_an_error(lab, page, screenshots, name):
    """Run All on the unsolved notebook shows tables and no error, and no request leaves the machine."""
    open_and_run_all(page, lab.notebook(name))
    photograph(page, screenshots, f"{name}-top")
    assert errors(page) == []
    assert page.locator(f"{NOTEBOOK} .jp-OutputArea table").count() >= 3
    assert page.hosts <= {"127.0.0.1", ""}, page.hosts
    for number, output in enumerate(page.locator(f"{NOTEBOOK} .jp-OutputArea-output").all()):
        output.scroll_into_view_if_needed()
        photograph(page, screenshots, f"{name}-{number:02}")


def test_an_error_would_be_noticed(lab, page):
    """The check for errors finds the one in a notebook whose last cell fails."""
    open_and_run_all(page, lab.notebook("broken"))
    assert any("ZeroDivisionError" in text for text in errors(page))


def test_a_fresh_notebook_is_not_marked_as_changed(project, lab, page):
    """Opening a notebook that another Python built changes nothing: JupyterLab does not ask to save it."""
    path = project / "notebooks" / "00-start-here.ipynb"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["metadata"]["language_info"]["version"] = "3.11.0"
    elsewhere = path.with_name("elsewhere.ipynb")
    elsewhere.write_text(json.dumps(document), encoding="utf-8")
    open_notebook(page, lab.notebook("elsewhere"))
    page.wait_for_timeout(1000)
    elsewhere.unlink()
    assert page.locator(".lm-DockPanel-tabBar .jp-mod-dirty").count() == 0


def test_the_charts_have_their_words(lab, page, screenshots):
    """Every chart that the lab draws is there with its words, and the lab's own with numbers in them."""
    open_and_run_all(page, lab.notebook("01-detection-and-impact"))
    photograph(page, screenshots, "chart", f'{NOTEBOOK} .jp-OutputArea img[alt]:not([alt=""])')
    pictures = page.evaluate(PICTURES)
    assert all(picture["drawn"] and picture["words"] for picture in pictures)
    assert sum(any(c.isdigit() for c in picture["words"]) for picture in pictures) >= 1


def test_a_solution_shows_the_replay_without_a_kernel(lab, page, screenshots):
    """The built solution, only opened, shows the console's picture with its words and no live view."""
    page.goto(lab.notebook("solutions/01-detection-and-impact"))
    picture = f'{NOTEBOOK} .jp-OutputArea img[alt*="instead of"]'
    page.wait_for_selector(picture)
    words = [p["words"] for p in page.evaluate(PICTURES)]
    assert sum("instead of" in text for text in words) == 1
    assert all(words)
    assert page.locator(f"{NOTEBOOK} .labkit-console").count() == 0
    photograph(page, screenshots, "solution", picture)
