"""Panels of checks, lists and ledger in a real browser: accessible in light and dark, wide and narrow."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from labkit.classroom.ledger import Entry, Ledger
from labkit.classroom.panel import Panel, Table

pytestmark = pytest.mark.browser
ROWS = (
    ("onset", "When did it begin?", "right", "3", "1"),
    ("gap", "How long did it take?", "open", "0", "0"),
)
ENTRY = Entry(
    "03-dead-ends",
    "overload",
    "The CPU would be busy.",
    "SELECT avg(value) FROM metrics",
    ("mean",),
    (("0.2",),),
    False,
    "refuted",
    "It did less than before.",
)
PANELS = (
    *(
        Panel(f"onset: {look}", look, ("Read as `2024-02-29`.", "It is the *first* one."))
        for look in ("good", "partly")
    ),
    *(Panel(f"onset: {look}", look, ("Where to look: `lab.hint(...)`.",)) for look in ("again", "plain")),
    Panel(
        "Questions",
        table=Table("Questions of this lab", ("question", "asks", "state", "tries", "hints"), ROWS),
    ),
    Ledger("03-dead-ends", (ENTRY,)),
)
PAGE = """<!doctype html><html lang="en"><head><title>Panels</title><style>
body {{ font: 14px sans-serif; color: {ink}; background: {paper} }}</style></head>
<body><main><h1>Panels</h1>{panels}</main></body></html>"""


@pytest.mark.parametrize("width", [1280, 420])
@pytest.mark.parametrize(("ink", "paper"), [("#212121", "#ffffff"), ("#e0e0e0", "#111111")])
def test_panels_have_no_accessibility_violation(page, screenshots, width, ink, paper):
    """axe finds nothing on light and on dark paper, and no panel hides its words in a colour."""
    shown = "".join(panel._repr_mimebundle_()["text/html"] for panel in PANELS)
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content(PAGE.format(ink=ink, paper=paper, panels=shown))
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.locator('[role="status"]').count() == len(PANELS)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if screenshots:
        page.screenshot(path=screenshots / f"panels-{width}-{paper[1:]}.png", full_page=True)
