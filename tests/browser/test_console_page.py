"""The console's page by itself draws the engine's numbers, needs no mouse, and can be read by everyone."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from console_page import open_console, write_page

import labkit

pytestmark = pytest.mark.browser

STATUS = ".labkit-console [role=status]"


@pytest.fixture(scope="module")
def console():
    """Open one console on the seed incident."""
    return open_console()


@pytest.fixture
def shown(page, console):
    """Show its page, and collect what the browser complains of."""
    console.configuration = labkit.Configuration()
    page.set_default_timeout(30_000)
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.set_content(write_page(console))
    page.wait_for_selector(".labkit-console .line.ratio[d]")
    yield page
    assert page.complaints == []
    assert page.hosts <= {""}


def path(page, lane):
    """Give the drawn line of a lane."""
    return page.locator(f".labkit-console .line.{lane}").get_attribute("d")


def told(console, **changed):
    """Give what the kernel would answer."""
    console.settings = {**labkit.Configuration().as_dict(), **changed}
    return console.result


def test_the_page_draws_the_numbers_of_the_engine(shown, console):
    """Each minute's height on the screen is the engine's error ratio of that minute."""
    frame = console.replay.per_minute()
    drawn = shown.evaluate(
        "r => exported.steps(exported.ratios(r), {top: 0, height: 1}, 1)", console.prepared[0]
    )
    heights = [1 - float(pair.split("L")[0].split(" ")[1]) for pair in drawn[1:].split("L")[::2]]
    assert heights == pytest.approx(frame["error_ratio"].tolist(), abs=0.051)
    assert shown.locator(STATUS).text_content() == labkit.replay(console._recording).sentence
    words = shown.evaluate("([a, b]) => exported.readout(a, b, 72)", [console.record, console.prepared[0]])
    row = frame.iloc[72]
    assert words.startswith(f"15:12 UTC: {row['failed']} of {row['requests']} requests fail; p95 2.0")


def test_a_prepared_choice_is_drawn_at_once_and_told_to_the_kernel(shown):
    """A click on 'corrected' redraws without an answer, and the kernel hears of it."""
    before = path(shown, "ratio")
    shown.get_by_label("corrected").check()
    assert path(shown, "ratio") != before
    assert "5 of 15,985 requests fail" in shown.locator(STATUS).text_content()
    assert [asked["dsn_after"] for asked in shown.evaluate("asked")] == ["as corrected"]
    ghost = shown.locator(".labkit-console .ghost").first.get_attribute("d")
    assert ghost == before


def test_an_edited_part_waits_for_the_kernel_and_then_is_drawn(shown, console):
    """Another port goes to the kernel as a string; its answer is drawn, with the differing part marked."""
    shown.get_by_label("edit the parts").check()
    shown.get_by_label("port").fill("6000")
    shown.get_by_label("port").press("Tab")
    asked = shown.evaluate("asked.at(-1)")
    assert asked["dsn_after"] == "postgresql://bank_app:***@db-primary.bank.example:6000/bank"
    console.settings = asked
    shown.evaluate("result => answer('result', result)", console.result)
    assert shown.locator(".strings mark").all_text_contents() == ["5432", "6000"]
    assert "Connection refused" in shown.locator(".says").text_content()


def test_an_answer_to_an_older_question_is_not_drawn(shown, console):
    """What the kernel answers late, after another click, does not jump back."""
    late = json.loads(json.dumps(told(console, rollback="16:00")))
    shown.get_by_label("corrected").check()
    sentence = shown.locator(STATUS).text_content()
    shown.evaluate("result => answer('result', result)", late)
    assert shown.locator(STATUS).text_content() == sentence


def test_the_switches_say_what_they_mean(shown):
    """Each control changes its own part of the configuration and no other."""
    expected = json.loads(json.dumps(labkit.Configuration().as_dict()))
    steps = {
        ("rollback", "15:30"): {"rollback": "15:30"},
        ("detection", "burn rate"): {"detection": "burn rate"},
        ("workers", "2"): {"workers": 2},
        ("workers_at", "15:12:05"): {"workers_at": "15:12:05"},
        ("canary", "0.05"): {"canary": 0.05},
        ("retries", "3"): {"retries": 3, "retry_jitter": False},
        ("pool_size", "7"): {"pool_size": 7},
        ("pool_timeout_s", "0.5"): {"pool_timeout_s": 0.5},
        ("connectivity_test", True): {"connectivity_test": True},
        ("manual_ledger", True): {"manual_ledger": True},
    }
    for number, ((name, value), change) in enumerate(steps.items(), start=1):
        field = shown.locator(f".labkit-console [name={name}]")
        if value is True:
            field.check()
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
            field.press("Tab")
        expected |= change
        shown.wait_for_function("number => asked.length >= number", arg=number)
        assert shown.evaluate("asked.at(-1)") == expected
    assert labkit.Configuration.from_dict(expected).pool_size == 7


def test_settings_from_python_move_the_controls(shown, console):
    """Every control shows a configuration that was set elsewhere, also one that it did not offer."""
    wanted = labkit.Configuration(
        dsn_after="postgresql://bank_app@db-primary.bank.example/other?sslmode=require",
        rollback="2023-12-01 16:01:02",
        workers=3,
        workers_at="15:12",
        canary=0.1,
        retries=2,
        pool_size=9,
        detection="threshold",
        manual_ledger=True,
    )
    console.configuration = wanted
    shown.evaluate(
        "([r, s]) => { answer('result', r); answer('settings', s); }", [console.result, console.settings]
    )
    expected = {
        "dbname": "other",
        "sslmode": "require",
        "workers": "3",
        "rollback_at": "16:01:02",
        "password": "none",
        "canary": "0.1",
        "retries": "2 jitter",
        "pool_size": "9",
    }
    field = "name => document.querySelector(`.labkit-console [name=${name}]`).value"
    assert {name: shown.evaluate(field, name) for name in expected} == expected
    assert shown.get_by_label("edit the parts").is_checked()
    assert shown.locator(STATUS).text_content() == console.replay.sentence
    assert shown.locator("code.code").text_content() == repr(wanted)


def test_the_slider_reads_out_its_minute(shown, console):
    """Arrow keys move the time; the words, the events and the burned budget follow."""
    slider = shown.get_by_label("Time (UTC)")
    slider.focus()
    for _ in range(16):
        shown.keyboard.press("ArrowRight")
    assert slider.input_value() == "46"
    words = shown.locator(".readout").text_content()
    assert words.startswith("14:46 UTC: ")
    assert slider.get_attribute("aria-valuetext") == words
    assert "user: My balance will not load" in shown.locator(".ticker").text_content()
    recorded = labkit.replay(console._recording).per_minute()
    failed = int(recorded["failed"][:47].sum())
    assert f"{failed:,} requests failed" in shown.locator(".burned").text_content()


def test_the_picture_can_be_dragged(shown):
    """Pressing on the picture and moving sets the time."""
    box = shown.locator(".picture").bounding_box()
    shown.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 60)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 60)
    shown.mouse.up()
    assert 140 < int(shown.get_by_label("Time (UTC)").input_value()) < 150


def test_play_runs_and_pauses(shown):
    """Play moves the time by itself at the chosen speed; pause stops it, by keyboard, too."""
    shown.get_by_label("speed").select_option("15")
    button = shown.get_by_role("button", name="Play")
    button.focus()
    shown.keyboard.press("Enter")
    shown.wait_for_function("document.querySelector('.player input').value > 33")
    shown.get_by_role("button", name="Pause").press("Space")
    stopped = shown.get_by_label("Time (UTC)").input_value()
    shown.wait_for_timeout(300)
    assert shown.get_by_label("Time (UTC)").input_value() == stopped


def test_play_ends_at_the_end_and_begins_again(shown):
    """At the last minute play stops; pressed again it starts at the first."""
    shown.get_by_label("speed").select_option("15")
    slider = shown.get_by_label("Time (UTC)")
    slider.fill("208")
    shown.get_by_role("button", name="Play").click()
    shown.wait_for_selector("button:text('Play')")
    assert slider.input_value() == "209"
    shown.get_by_role("button", name="Play").click()
    shown.wait_for_function("document.querySelector('.player input').value < 50")


def test_an_error_is_spoken_and_goes(shown):
    """What the kernel refuses stands as an alert until the next use of a control."""
    shown.evaluate("answer('error', 'rollback is no time')")
    assert shown.get_by_role("alert").text_content() == "rollback is no time"
    shown.get_by_label("corrected").check()
    assert shown.get_by_role("alert").count() == 0


def test_keys_stay_inside(shown):
    """A key pressed in the console is not heard outside it; with Ctrl or Cmd it is."""
    shown.evaluate("window.heard = []; document.addEventListener('keydown', e => heard.push(e.key))")
    shown.get_by_label("corrected").focus()
    for key in ("d", "d", "ArrowUp", "Enter", "Control+s"):
        shown.keyboard.press(key)
    assert shown.evaluate("heard") == ["Control", "s"]


def test_leaving_takes_everything_back(shown):
    """When the page is closed, nothing listens or plays any more."""
    shown.get_by_role("button", name="Play").click()
    shown.evaluate("leave()")
    before = shown.get_by_label("Time (UTC)").input_value()
    shown.wait_for_timeout(300)
    assert shown.get_by_label("Time (UTC)").input_value() == before


WAYS = {
    "light": {"width": 1200},
    "dark": {"width": 1200, "light": False},
    "projector": {"width": 1280, "large": True},
    "zoom": {"width": 640},
}


@pytest.mark.parametrize("name", WAYS)
def test_everyone_can_read_it(page, console, screenshots, name):
    """axe finds nothing and nothing is cut off: light, dark, for a projector, and at 200 % of 1280 pixels."""
    width, way = WAYS[name]["width"], WAYS[name]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    page.set_content(write_page(console, light=way.get("light", True)))
    page.get_by_label("edit the parts").check()
    if way.get("large"):
        page.get_by_label("large type").check()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if screenshots:
        page.screenshot(path=screenshots / f"console-{name}.png", full_page=True)
