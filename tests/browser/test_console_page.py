"""The console's page by itself draws the engine's numbers, needs no mouse, and can be read by everyone."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from console_page import ROOT, open_console, write_page

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


def test_two_consoles_on_a_page_are_two(page, console):
    """Each widget loads the script anew: what is chosen in one changes nothing in the other."""
    console.configuration = labkit.Configuration()
    alone = write_page(console)
    script = alone.partition('<script type="module">')[2].partition("</script>")[0]
    second = script.replace('getElementById("here")', 'getElementById("there")').replace(
        "window.", "window.other_"
    )
    page.set_content(
        alone.replace('<div id="here">', '<div id="there"></div><div id="here">').replace(
            "</body>", f'<script type="module">{second}</script></body>'
        )
    )
    page.wait_for_selector("#there .line.ratio[d]", state="attached")
    page.wait_for_selector("#here .line.ratio[d]", state="attached")
    page.locator("#here input[value='as corrected']").check()
    page.locator("#there input[value='as deployed']").check()
    assert page.locator("#here input[value='as corrected']").is_checked()
    assert page.locator("#here [role=status]").text_content().startswith("As corrected")
    assert page.locator("#there [role=status]").text_content().startswith("As deployed")


def test_a_click_on_a_text_keeps_the_keys_in_the_console(shown):
    """After a click on the sentence, or in the picture, keys are the console's and not the notebook's."""
    shown.evaluate(
        "document.addEventListener('keydown', event => (window.heard = [...(window.heard ?? []), event.key]))"
    )
    shown.locator(STATUS).click()
    shown.keyboard.press("d")
    shown.locator(".labkit-console .picture").click(position={"x": 300, "y": 100})
    shown.wait_for_function("document.activeElement.type === 'range'")
    before = shown.evaluate("document.activeElement.value")
    shown.keyboard.press("ArrowRight")
    assert shown.evaluate("document.activeElement.value") != before
    assert shown.evaluate("window.heard ?? []") == []


def test_a_time_is_typed_as_it_is_written_here(shown):
    """A rollback at some time takes a clock of 24 hours, with or without seconds."""
    shown.locator("[name=rollback]").select_option("at")
    shown.locator("[name=rollback_at]").fill("14:50")
    shown.locator("[name=rollback_at]").press("Tab")
    shown.wait_for_function("asked.at(-1)?.rollback === '14:50'")


def test_the_picture_stays_where_it_is(shown):
    """Toggling the string moves the picture nowhere, though the driver then has nothing to say."""
    top = "document.querySelector('.labkit-console .picture').getBoundingClientRect().top"
    shown.locator("input[value='as deployed']").check()
    before = shown.evaluate(top)
    shown.locator("input[value='as corrected']").check()
    assert shown.evaluate(top) == pytest.approx(before, abs=1)


def test_clearing_the_role_keeps_the_recorded_password(shown):
    """A role that is cleared and typed again leaves the password as it was."""
    shown.locator("input[value=edit]").check()
    for value in ("", "bank_app"):
        shown.locator("[name=user]").fill(value)
        shown.locator("[name=user]").press("Tab")
    shown.wait_for_function("asked.at(-1)?.dsn_after.includes('bank_app:***@')")
    assert shown.locator("[name=password]").input_value() == "as recorded"


def keep(page, screenshots, name):
    """Take a picture to look at, if that was asked for."""
    if screenshots:
        page.locator(".labkit-console").screenshot(path=screenshots / f"{name}.png")


@pytest.fixture
def foreign(page):
    """Show the console of another system's traces: four minutes, no deployment, no report."""
    page.set_default_timeout(30_000)
    with labkit.load(ROOT / "tests" / "replay" / "ticket_office" / "traces.otlp.jsonl.gz") as con:
        page.set_content(write_page(labkit.ReplayConsole(con)))
    page.wait_for_selector(".labkit-console .line.ratio[d]")
    return page


def test_a_short_record_has_its_own_clock(foreign, screenshots):
    """Minutes stand at the axis, the cursor begins at the onset, and nobody is said never to have noticed."""
    texts = foreign.locator(".labkit-console .picture .tick").all_text_contents()
    assert {"13:07", "13:08", "13:09"} <= set(texts)
    assert foreign.locator(".labkit-console .readout").text_content().startswith("13:07 UTC")
    assert "not recorded" in foreign.locator(".labkit-console .figures").text_content()
    keep(foreign, screenshots, "console-ticket-office")


def test_where_no_string_changed_the_page_says_so(page, screenshots):
    """Without a change of a string the switches that need one are off, with the reason beside them."""
    with labkit.load(ROOT / "tests" / "replay" / "ticket_office" / "traces.otlp.jsonl.gz") as con:
        con.execute("DELETE FROM spans WHERE status_code = 'ERROR'")
        page.set_content(write_page(labkit.ReplayConsole(con)))
    page.wait_for_selector(".labkit-console .line.ratio[d]", state="attached")
    assert page.get_by_text("No deployment of this record changed a connection string.").is_visible()
    assert page.locator(STATUS).text_content().startswith("As recorded")
    assert page.locator("[name=detection]").is_disabled()
    assert "not needed" not in page.locator(".labkit-console .figures").text_content()
    keep(page, screenshots, "console-no-change")
