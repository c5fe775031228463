"""A teacher presents lab 05: keys alone, answers only when opened, two windows in step, the console alive."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

import labkit

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.browser
HEADING = "section.page:not([hidden]) > h1"
NEWEST = "section.page:not([hidden]) .newest"
CONSOLE = "section.page:not([hidden]) .labkit-console"
SIZES = ({"width": 1280, "height": 720}, {"width": 1920, "height": 1080})
#: What stands lowest on a page of options, and what of it a frame that scrolls would hide.
LAST = "section.page:not([hidden]) :is(.judgement tr, .way-result:not([hidden]) svg)"
CUT = """element => {
    const frame = element.closest(".wide");
    return frame ? Math.max(0, frame.scrollHeight - frame.clientHeight - 1) : 0;
}"""
LETTERS = """svg => {
    const shown = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    const size = text => shown * parseFloat(getComputedStyle(text).fontSize);
    return Math.min(...[...svg.querySelectorAll("text")].map(size));
}"""
LINES = """cell => {
    const text = document.createRange();
    text.selectNodeContents(cell);
    return new Set([...text.getClientRects()].map(line => Math.round(line.top))).size;
}"""
SAYS = "([selector, words]) => !!document.querySelector(selector)?.textContent.includes(words)"


@pytest.fixture(scope="module")
def address():
    """Start `labkit present 05` as a teacher does; stop it at the end."""
    command = [sys.executable, "-m", "labkit.cli.main", "present", "05", "--no-browser"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        found = (re.search(r"http://127\.0\.0\.1:\S+/", line) for line in server.stdout)
        yield next((match[0] for match in found if match), None)
    finally:
        server.terminate()
        server.communicate(timeout=30)


@pytest.fixture
def shown(page, address):
    """Open the projector's window at its beginning, and collect what the browser complains of."""
    assert address, "labkit present ended without printing its address"
    page.set_viewport_size({"width": 1280, "height": 720})
    page.set_default_timeout(20_000)
    page.complaints = []
    watch(page, page.complaints)
    page.clock.install()
    page.goto(address)
    page.wait_for_selector("body.ready")
    page.wait_for_selector("body.joined")
    page.keyboard.press("r")  # the server remembers what the last test opened
    yield page
    assert page.complaints == []
    assert page.hosts <= {"127.0.0.1", ""}


def watch(page, complaints):
    """Keep what a window's console says."""
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))


def go_to(page, title, *, console=False):
    """Go on by whole pages until a page of this title is there."""
    page.locator("#stage").focus()
    page.keyboard.press("Home")
    for _ in range(40):
        if page.locator(HEADING).text_content() == title and (not console or page.locator(CONSOLE).count()):
            return
        page.keyboard.press("Shift+ArrowRight")
    raise AssertionError(f"no page {title!r}")


def test_keys_alone_walk_through_the_lab(shown):
    """Right goes on step by step to the end of the lab; Home and End, Left and the help work as well."""
    titles = [shown.locator(HEADING).text_content()]
    for _ in range(200):
        if shown.locator("#next").is_disabled():
            break
        shown.keyboard.press("ArrowRight")
        titles.append(shown.locator(HEADING).text_content())
    assert titles[0] == "05 · Replay the fix"
    assert titles[-1] == "What you can do now"
    assert len(dict.fromkeys(titles)) > 15
    shown.keyboard.press("Home")
    assert shown.locator("#place").text_content().startswith("1 of")
    shown.keyboard.press("Space")
    shown.keyboard.press("End")
    assert shown.locator("#next").is_disabled()
    shown.keyboard.press("?")
    assert shown.get_by_role("dialog", name="Keys").is_visible()
    shown.keyboard.press("Escape")
    assert not shown.locator("dialog").is_visible()


def test_an_answer_waits_for_the_teacher_or_for_the_time(shown, screenshots):
    """A step starts a timer that all can see; the answer comes when it is up, or when a key asks for it."""
    go_to(shown, "What the corrected string saves")
    answer = shown.locator("section.page:not([hidden]) .fragment.answer")
    shown.get_by_label("think", exact=True).select_option("30")
    shown.locator("#stage").focus()
    shown.keyboard.press("ArrowRight")
    assert 20 < seconds_left(shown) <= 30
    assert not answer.is_visible()
    if screenshots:
        shown.screenshot(path=screenshots / "present-timer.png")
    shown.clock.run_for(10_000)
    assert 10 < seconds_left(shown) <= 21
    shown.clock.run_for(21_000)
    assert answer.is_visible()
    assert "5 requests" in answer.text_content()
    shown.keyboard.press("ArrowLeft")
    assert not answer.is_visible()
    shown.keyboard.press("t")
    shown.keyboard.press("t")
    assert shown.locator("#left").text_content() == ""
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("ArrowRight")
    assert answer.is_visible()
    assert "still-fail: right" in shown.locator("#spoken").text_content()


def seconds_left(page):
    """Read the timer; on a busy machine real seconds go by between two looks."""
    minutes, seconds = page.locator("#left").text_content().split(":")
    return 60 * int(minutes) + int(seconds)


def test_going_by_pages_opens_nothing(shown):
    """Whoever leafs through the whole lab and back sees no answer."""
    for key in ("Shift+ArrowRight", "Shift+ArrowLeft"):
        for _ in range(30):
            shown.keyboard.press(key)
            assert shown.locator(".fragment.answer:visible, .fragment.judged:visible").count() == 0


def test_code_is_folded_until_it_is_asked_for(shown):
    """The code of a step is one key away."""
    go_to(shown, "A curve of regret")
    shown.keyboard.press("ArrowRight")
    code = shown.locator(f"{NEWEST} details.code pre")
    assert not code.is_visible()
    shown.keyboard.press("c")
    assert "labkit.replay(recording" in code.text_content()
    assert code.is_visible()
    shown.keyboard.press("c")
    assert not code.is_visible()


def test_the_notes_follow_in_a_second_window(shown, address, screenshots):
    """The teacher's window shows the same step, its notes, what comes next and the clock; each moves both."""
    notes = shown.context.new_page()
    watch(notes, shown.complaints)
    notes.goto(f"{address}notes")
    notes.wait_for_selector("body.ready")
    shown.bring_to_front()
    go_to(shown, "The switch")
    notes.wait_for_function(SAYS, arg=["#title", "The switch"])
    shown.keyboard.press("Shift+ArrowRight")
    notes.wait_for_function(SAYS, arg=["#said", "say nothing for ten seconds"])
    assert "The lowest row is the ping" in notes.locator("#preview").text_content()
    assert re.fullmatch(r"\d\d:\d\d:\d\d", notes.locator("#clock").text_content())
    assert re.fullmatch(r"\d+ min", notes.locator("#planned").text_content())
    place = shown.locator("#place").text_content()
    notes.keyboard.press("ArrowRight")
    shown.wait_for_function("was => document.getElementById('place').textContent !== was", arg=place)
    assert "say nothing" not in shown.content()
    notes.emulate_media(reduced_motion="reduce")
    found = Axe().run(notes)
    assert found.violations_count == 0, found.generate_report()
    if screenshots:
        notes.screenshot(path=screenshots / "present-notes.png")
    notes.close()


def test_the_step_survives_a_new_window(shown):
    """Reloading shows the step that was shown."""
    go_to(shown, "Two gaps")
    shown.keyboard.press("ArrowRight")
    shown.reload()
    shown.wait_for_selector("body.ready")
    shown.wait_for_function(SAYS, arg=[HEADING, "Two gaps"])
    shown.wait_for_function(SAYS, arg=[NEWEST, "noticed after"])


def test_the_console_is_alive(shown, screenshots):
    """A prepared choice is drawn by the page, a port that is not prepared by the server; errors are shown."""
    go_to(shown, "The switch", console=True)
    if screenshots:
        shown.screenshot(path=screenshots / "present-console.png")
    says = f"{CONSOLE} [role=status]"
    shown.get_by_label("corrected", exact=True).check()
    assert "5 of 15,985 requests fail" in shown.locator(says).text_content()
    shown.get_by_label("edit the parts").check()
    shown.get_by_label("port", exact=True).fill("6000")
    shown.get_by_label("port", exact=True).press("Tab")
    shown.wait_for_function(SAYS, arg=[f"{CONSOLE} .says", "port 6000"])
    shown.get_by_label("port", exact=True).fill("5432")
    shown.get_by_label("port", exact=True).press("Tab")
    shown.wait_for_function(SAYS, arg=[says, "With an edited connection string: 5 of"])
    shown.get_by_label("pool size").fill("-3")
    shown.get_by_label("pool size").press("Tab")
    shown.wait_for_function(SAYS, arg=[f"{CONSOLE} .error", "pool_size cannot have this value"])
    place = shown.locator("#place").text_content()
    shown.keyboard.press("ArrowRight")
    assert shown.locator("#place").text_content() == place  # a key in a control is the control's
    shown.keyboard.press("Escape")
    shown.keyboard.press("ArrowRight")
    assert shown.locator("#place").text_content() != place


def test_hands_are_counted_and_stand_beside_the_evidence(shown, screenshots):
    """What is typed into the vote stands afterwards in the row of its option, with the replay's numbers."""
    go_to(shown, "Vote")
    shown.get_by_label("Twice the workers").fill("12")
    shown.get_by_label("A connectivity test in the pipeline").fill("7")
    go_to(shown, "The vote and the evidence")
    assert shown.locator(".judgement:visible").count() == 0
    shown.keyboard.press("a")
    row = shown.locator(".judgement tr", has_text="Twice the workers")
    assert row.locator(".hands").text_content() == "12"
    tested = labkit.replay(evidence(), labkit.Configuration(connectivity_test=True))
    row = shown.locator(".judgement tr", has_text="A connectivity test")
    assert row.locator(".hands").text_content() == "7"
    assert row.locator(".verdict").text_content().startswith(f"{tested.saved - tested.spoiled:,} of 9,296")
    if screenshots:
        shown.screenshot(path=screenshots / "present-vote.png")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("title", ["The vote and the evidence", "Your decision"])
def test_all_options_are_in_sight_with_their_title(shown, title, size):
    """The question stands there at once; with all open, nothing is below the bar or scrolled off."""
    shown.set_viewport_size(size)
    go_to(shown, title)
    question = shown.locator("section.page:not([hidden]) .question")
    assert question.text_content().endswith("?")
    bar = shown.locator("footer.bar").bounding_box()
    shown.keyboard.press("a")
    for way in shown.locator("section.page:not([hidden]) button.way").all():
        way.click()
    assert shown.locator("footer.bar").bounding_box() == bar
    last = shown.locator(LAST).last
    for part in (shown.locator(HEADING), question, last):
        box = part.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= bar["y"]
    assert last.evaluate(CUT) == 0


def test_the_charts_of_the_ways_can_be_read(shown):
    """With all ways open, their charts' letters are at least 12 pixels high on a small projector."""
    go_to(shown, "Your decision")
    for way in shown.locator("section.page:not([hidden]) button.way").all():
        way.click()
    courses = shown.locator(".way-result:visible svg.course")
    assert courses.count() == 3
    for course in courses.all():
        assert course.evaluate(LETTERS) >= 12


@pytest.mark.parametrize(("typed", "kept"), [("3.7", "3"), ("99999999", "999"), ("-4", "0"), ("17", "17")])
def test_hands_are_whole_and_few(shown, typed, kept):
    """What is shown beside an option is what is counted, however it is typed."""
    go_to(shown, "Vote")
    field = shown.get_by_label("Twice the workers")
    field.fill(typed)
    assert field.input_value() == kept
    field.press("Tab")
    assert field.input_value() == kept
    go_to(shown, "The vote and the evidence")
    shown.keyboard.press("a")
    assert (
        shown.locator(".judgement tr", has_text="Twice the workers").locator(".hands").text_content() == kept
    )


def test_a_hand_field_left_empty_shows_none(shown):
    """A field that is cleared and left shows the 0 that is counted."""
    go_to(shown, "Vote")
    field = shown.get_by_label("Twice the workers")
    field.fill("5")
    field.fill("")
    field.press("Tab")
    assert field.input_value() == "0"


@pytest.mark.parametrize("size", SIZES)
def test_the_chart_keeps_its_place_and_all_that_explains_it_is_in_sight(shown, size):
    """The string is toggled and the chart does not move; legend, meter and list of events stand beside it."""
    shown.set_viewport_size(size)
    go_to(shown, "The switch", console=True)
    chart = shown.locator(f"{CONSOLE} .picture")
    deployed = chart.bounding_box()
    bar = shown.locator("footer.bar").bounding_box()["y"]
    for name in ("legend", "until", "ticker", "readout"):
        box = shown.locator(f"{CONSOLE} .{name}").bounding_box()
        assert box["y"] + box["height"] <= bar, name
    right = shown.locator(f"{CONSOLE} .legend").bounding_box()
    assert 0 <= right["x"] - (deployed["x"] + deployed["width"]) < 40
    assert abs(right["y"] - deployed["y"]) < 5
    shown.get_by_label("corrected", exact=True).check()
    assert chart.bounding_box() == deployed
    shown.get_by_label("as deployed").check()


def test_larger_type_leaves_the_chart_as_large(shown):
    """With larger type the chart is never smaller than before, and nothing is beyond the side."""
    go_to(shown, "The switch", console=True)
    chart = shown.locator(f"{CONSOLE} .picture")
    width = chart.bounding_box()["width"]
    for _ in range(10):
        shown.keyboard.press("+")
        assert chart.bounding_box()["width"] >= width
        width = chart.bounding_box()["width"]
        assert shown.evaluate("document.documentElement.scrollWidth") <= 1280
    shown.keyboard.press("0")


def test_a_console_that_plays_is_paused_when_its_page_is_left(shown):
    """Who comes back finds the slider where it was left, and the player at rest."""
    go_to(shown, "The switch", console=True)
    shown.get_by_role("button", name="Play").click()
    shown.clock.run_for(2_000)
    shown.keyboard.press("Escape")
    shown.keyboard.press("Shift+ArrowRight")
    slider = shown.locator("input[type=range]").first
    left = slider.input_value()
    shown.clock.run_for(3_000)
    assert slider.input_value() == left
    shown.keyboard.press("Shift+ArrowLeft")
    assert shown.get_by_role("button", name="Play").is_visible()


def test_a_table_has_its_heads_above_its_cells_and_whole_words(shown):
    """Heads and cells begin at the same side, and no word of a cell is cut in two."""
    go_to(shown, "The requests behind the number")
    shown.keyboard.press("ArrowRight")
    assert shown.locator(f"{NEWEST} td", has_text="QueryCanceled").first.evaluate(LINES) == 1
    go_to(shown, "A curve of regret")
    shown.keyboard.press("ArrowRight")
    sides = "table => [...table.querySelectorAll('th, td')].map(cell => getComputedStyle(cell).textAlign)"
    assert set(shown.locator(f"{NEWEST} table").evaluate(sides)) == {"left"}


def test_a_click_on_a_text_of_the_console_leaves_the_keys_with_the_lab(shown):
    """Who clicks on a sentence of the console goes on by keys as before."""
    go_to(shown, "The switch", console=True)
    place = shown.locator("#place").text_content()
    shown.locator(f"{CONSOLE} .sentence").click()
    shown.keyboard.press("Shift+ArrowRight")
    assert shown.locator("#place").text_content() != place


def test_the_drivers_lines_are_lines(shown):
    """What the driver says in two lines is shown in two."""
    go_to(shown, "The switch", console=True)
    assert "refused\nIs the server" in shown.locator(f"{CONSOLE} .says").inner_text()


def evidence():
    """Load the seed incident."""
    return labkit.load(ROOT / "data" / "debacle")


def test_each_way_shows_where_it_leads(shown, screenshots):
    """Nothing is shown before a way is chosen; then it is what the engine computes."""
    go_to(shown, "Your decision")
    result = shown.locator(".way-result:visible")
    assert result.count() == 0
    shown.get_by_role("button", name="Add servers").click()
    more = labkit.replay(evidence(), labkit.Configuration(workers=2, workers_at="15:12"))
    assert more.sentence in result.text_content()
    shown.get_by_role("button", name="Call the database administrator").press("Enter")
    assert result.count() == 2
    assert "The same call at 15:12 is taken to need as long." in result.last.text_content()
    if screenshots:
        shown.screenshot(path=screenshots / "present-branch.png")
    shown.get_by_role("button", name="Add servers").click()
    assert result.count() == 1


WAYS = {"light": ("light", 1280), "dark": ("dark", 1280), "zoom": ("light", 640)}


@pytest.mark.parametrize("name", WAYS)
def test_everyone_can_follow(shown, screenshots, name):
    """axe finds nothing on any kind of page, light, dark and at 200 %; nothing is cut off at the side."""
    scheme, width = WAYS[name]
    shown.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    shown.set_viewport_size({"width": width, "height": 720 * width // 1280})
    shown.reload()
    shown.wait_for_selector("body.ready")
    for title, console in (("The switch", True), ("A curve of regret", False), ("Vote", False)):
        go_to(shown, title, console=console)
        shown.keyboard.press("ArrowRight") if title == "A curve of regret" else None
        found = Axe().run(shown)
        assert found.violations_count == 0, found.generate_report()
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        if screenshots:
            shown.screenshot(path=screenshots / f"present-{name}-{title.split()[-1]}.png")


def test_only_this_machine_is_answered(address):
    """Another host's name, another site's script and a guessed address get nothing."""
    port = re.search(r":(\d+)/", address)[1]
    foreign = urllib.request.Request(address, headers={"Host": f"evil.example:{port}"})
    guessed = f"http://127.0.0.1:{port}/notes"
    for asked, status in ((foreign, 403), (guessed, 404)):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(asked, timeout=10)
        assert caught.value.code == status
        caught.value.close()
