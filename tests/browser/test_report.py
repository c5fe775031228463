"""The report of an investigation in a real browser: accessible, one file, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from labkit.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Write the report of the seed incident."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    assert main(["investigate", str(ROOT / "data" / "debacle"), "--html", str(path)]) == 0
    return path


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_has_no_accessibility_violation(page, report, screenshots, width):
    """axe finds nothing on a wide and a narrow page, the page does not scroll sideways, and asks no host."""
    page.set_viewport_size({"width": width, "height": 1000})
    page.goto(report.as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.hosts <= {""}
    if screenshots:
        page.screenshot(path=screenshots / f"report-{width}.png")
