"""From a click in the console to new pixels, in a real browser with JupyterLab and a kernel behind it.

    python benchmarks/console.py 40

Each measurement runs from the event to the second frame after the page has drawn its result. It is compared
with the same two frames after a click that changes nothing, in turns. Printed are median and 95th percentile
in milliseconds, and the ratio of the medians.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

_NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"
_CONSOLE = f"{_NOTEBOOK} .labkit-console"

#: Do something, wait until the sentence differs where it should, then for two frames; milliseconds.
_MEASURE = """async ([root, kind, number]) => {
    const console = document.querySelector(root);
    const frames = () => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)));
    const pick = name => console.querySelector(`[name=${name}]`);
    const use = (field, value) => { field.value = value; field.dispatchEvent(new Event("change")); };
    const acts = {
        nothing: () => console.querySelector("legend").click(),
        prepared: () => console.querySelectorAll("input[type=radio]")[number % 2].click(),
        scrub: () => {
            const range = console.querySelector("input[type=range]");
            range.value = (37 * number) % 210;
            range.dispatchEvent(new Event("input"));
        },
        edited: () => use(pick("port"), String(6000 + number)),
    };
    const strings = () => console.querySelector(".strings").textContent;
    const drawn = { edited: () => strings().includes(String(6000 + number)) };
    await frames();
    const began = performance.now();
    acts[kind]();
    while (drawn[kind] && !drawn[kind]()) await new Promise(go => setTimeout(go, 1));
    await frames();
    return performance.now() - began;
}"""


def measure(page, clicks: int) -> dict[str, list[float]]:
    """Take the measurements in turns."""
    found: dict[str, list[float]] = {}
    for kinds in (("nothing", "prepared"), ("nothing", "scrub"), ("nothing", "edited")):
        if "edited" in kinds:
            page.locator(f"{_CONSOLE} input[value=edit]").check()
        for number in range(clicks):
            for kind in kinds:
                found.setdefault(kind, []).append(page.evaluate(_MEASURE, [_CONSOLE, kind, number]))
    return found


def run(clicks: int) -> dict[str, list[float]]:
    """Start JupyterLab on lab 05 and a browser, run everything, and measure."""
    from conftest import QUIET, Lab, _address
    from playwright.sync_api import sync_playwright
    from test_labs import open_and_run_all

    with tempfile.TemporaryDirectory() as home, sync_playwright() as driver:
        for name in ("notebooks", "data"):
            shutil.copytree(ROOT / name, Path(home) / name)
        settings = {f"JUPYTER_{kind}_DIR": str(Path(home) / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        command = [sys.executable, "-m", "labkit.cli.main", "start", "--no-browser"]
        server = subprocess.Popen(
            command, cwd=home, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True
        )
        try:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(120_000)
            open_and_run_all(page, Lab(_address(server)).notebook("05-replay-the-fix"))
            page.wait_for_selector(f"{_CONSOLE} .line.ratio[d]", state="attached")
            page.locator(f"{_CONSOLE} fieldset").first.scroll_into_view_if_needed()
            return measure(page, clicks)
        finally:
            server.terminate()
            server.communicate(timeout=30)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clicks", type=int, nargs="?", default=40)
    found = run(parser.parse_args().clicks)
    base = statistics.median(found["nothing"])
    names = {
        "nothing": "nothing (two frames)",
        "prepared": "prepared string",
        "scrub": "another minute",
        "edited": "edited string, by the kernel",
    }
    print(f"{'':30}{'median ms':>10}{'p95 ms':>9}{'ratio':>8}")
    for kind, words in names.items():
        times = sorted(found[kind])
        high = times[min(len(times) - 1, int(0.95 * len(times)))]
        middle = statistics.median(times)
        print(f"{words:30}{middle:10.1f}{high:9.1f}{middle / base:8.2f}")


if __name__ == "__main__":
    main()
