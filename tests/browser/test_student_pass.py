"""A student's whole pass through lab 03: empty, a wrong answer, a restarted kernel, done."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from test_labs import NOTEBOOK, errors, open_and_run_all, photograph

import labkit
from labkit.classroom.checks.census import known_answers
from labkit.classroom.seal import lab_references
from labkit.classroom.source import read_lab

ROOT = Path(__file__).resolve().parents[2]
NAME = "03-dead-ends"
pytestmark = [pytest.mark.browser, pytest.mark.slow]
#: The code cell at a place in the notebook has run and is no longer busy.
RAN = f"""([place, before]) => {{
    const cell = document.querySelectorAll('{NOTEBOOK} .jp-Notebook .jp-Cell')[place];
    const prompt = cell.querySelector('.jp-InputPrompt').textContent.trim();
    return /^\\[\\d+\\]:$/.test(prompt) && prompt !== before;
}}"""


@pytest.fixture(scope="module")
def solved():
    """Map each code prompt's place in the student notebook to the code that solves it."""
    source = read_lab(ROOT / "labs" / NAME / "lab.py").cells
    prompts = [cell for cell in source if cell.kind == "code" and cell.role == "prompt"]
    answers = [cell.text for cell in source if cell.kind == "code" and cell.role == "solution"]
    assert len(prompts) == len(answers)
    student = cells()
    places = {cell["id"]: place for place, cell in enumerate(student)}
    return {places[f"lab03-{cell.name}"]: text for cell, text in zip(prompts, answers, strict=True)}


@pytest.fixture(scope="module")
def mistakes():
    """Map each question with a number for an answer to a known wrong one, and the feedback it gets."""
    con = labkit.load(ROOT / "data" / "debacle")
    found = {}
    for reference in lab_references(ROOT / "labs" / NAME, con):
        texts = reference.authored.texts
        for known in known_answers(reference):
            value = reference.values[known.misconception][known.number]
            if known.judged_as == known.misconception and isinstance(value, (int, float, str)):
                found.setdefault(reference.authored.question.id, (value, texts[known.misconception]))
    con.close()
    return found


def cell_at(page, place):
    """Give the cell at a place in the notebook."""
    return page.locator(f"{NOTEBOOK} .jp-Notebook .jp-Cell").nth(place)


def run_cell(page, place, code=None):
    """Write code into a cell, as a student would, run it, and give what it shows."""
    cell = cell_at(page, place)
    before = cell.locator(".jp-InputPrompt").text_content().strip()
    cell.locator(".cm-content").click()
    if code is not None:
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(code)
    page.keyboard.press("Control+Enter")
    page.wait_for_function(RAN, arg=[place, before])
    return cell.locator(".jp-OutputArea").first.inner_text()


def restart_kernel(page):
    """Choose Kernel > Restart Kernel and Clear Outputs, and say yes."""
    page.click('.lm-MenuBar-itemLabel:text-is("Kernel")')
    page.click('.lm-Menu-itemLabel:text-is("Restart Kernel and Clear Outputs of All Cells…")')
    page.click(".jp-Dialog button.jp-mod-accept")
    page.wait_for_selector(".jp-Dialog", state="detached")
    page.wait_for_selector('#jp-main-statusbar :text("| Idle")')


def plain(text):
    """Take the marks for code and emphasis out of an author's text."""
    return re.sub(r"[`*]", "", " ".join(text.split()))


def states(text):
    """Read the states of all questions from the panel that lists them."""
    return re.findall(r"\b(open|tried|right)\b(?=\s+\d+\s+\d+)", text)


def solve(page, places, solved):
    """Write the solutions into cells and run them; each is right, or kept in the ledger."""
    for place in places:
        shown = run_cell(page, place, solved[place])
        assert ": right" in shown or "kept in the ledger" in shown or "lab." not in solved[place], shown


@pytest.fixture
def opened(lab, page):
    """Open the unsolved lab and run all of it."""
    open_and_run_all(page, lab.notebook(NAME))
    assert errors(page) == []
    return page


def test_a_pass_through_the_dead_ends(opened, screenshots, solved, mistakes, project):
    """Unsolved to solved in a browser: feedback on the way, a restart in the middle, and nothing lost."""
    page, student, places = opened, cells(), sorted(solved)
    assert page.locator(f'{NOTEBOOK} [role="status"]:has-text("not answered yet")').count() >= 5
    photograph(page, screenshots, "pass-1-unsolved", f"{NOTEBOOK} [role=status]")
    asked = re.findall(r'lab\.check\("([a-z0-9-]+)"', "\n".join(solved.values()))

    first = next(place for place in places if f'lab.check("{asked[0]}"' in solved[place])
    value, feedback = mistakes[asked[0]]
    shown = run_cell(page, first, f'lab.check("{asked[0]}", {value!r})')
    assert f"{asked[0]}: not yet" in shown
    assert plain(feedback) in " ".join(shown.split())
    photograph(page, screenshots, "pass-2-a-known-mistake", f"{NOTEBOOK} [role=status]:has-text('not yet')")

    half = places[: len(places) // 2]
    solve(page, half, solved)
    photograph(page, screenshots, "pass-3-half", f"{NOTEBOOK} [role=status]:has-text('right')")

    restart_kernel(page)
    load = next(n for n, cell in enumerate(student) if "labkit.lab(" in cell["source"])
    listing = next(n for n, cell in enumerate(student) if "lab.questions()" in cell["source"])
    run_cell(page, load)
    before = states(run_cell(page, listing))
    assert len(before) == len(asked)
    assert 0 < before.count("right") < len(asked)
    photograph(page, screenshots, "pass-4-after-the-restart", f"{NOTEBOOK} table:has(caption)")

    for place in (n for n, cell in enumerate(student) if cell["cell_type"] == "code"):
        if place in solved and place not in half:
            solve(page, [place], solved)
        elif place != load:
            run_cell(page, place)
    assert states(run_cell(page, listing)) == ["right"] * len(asked)
    assert errors(page) == []
    photograph(page, screenshots, "pass-5-done", f"{NOTEBOOK} table:has(caption:has-text('Questions'))")
    photograph(page, screenshots, "pass-6-ledger", f"{NOTEBOOK} table:has(caption:has-text('Prediction'))")
    assert (project / "my-work" / "progress.db").is_file()


def cells():
    """Read the cells of the student notebook, their lines joined."""
    book = json.loads((ROOT / "notebooks" / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    return [{**cell, "source": "".join(cell["source"])} for cell in book["cells"]]
