"""The connection doctor's table in a real browser: accessible, in a light page and a dark one."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from labkit.bank.doctor import examine

pytestmark = pytest.mark.browser
PAGE = (
    '<!doctype html><html lang="en"><title>Connection</title><style>body{{color-scheme:{scheme};'
    "background:{ground};color:{ink};font:16px sans-serif}}</style>"
    "<main><h1>Connection</h1>{table}</main></html>"
)


@pytest.mark.parametrize(
    ("scheme", "ground", "ink"), [("light", "#ffffff", "#212121"), ("dark", "#111111", "#e0e0e0")]
)
def test_the_table_has_no_accessibility_violation(page, screenshots, scheme, ground, ink):
    """axe finds nothing, and every status is a word."""
    table = examine("postgresql://bank_app:pw@127.0.0.1:1/bank", timeout_s=60)._repr_html_()
    page.set_content(PAGE.format(scheme=scheme, ground=ground, ink=ink, table=table))
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.get_by_role("cell", name="failed (refused)").count() == 1
    if screenshots:
        page.screenshot(path=screenshots / f"doctor-{scheme}.png")
