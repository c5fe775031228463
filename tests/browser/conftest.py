"""A JupyterLab on a copy of the project, started as a student starts it, and a Chromium without a past."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest

_COUNT = itertools.count()
ROOT = Path(__file__).resolve().parents[2]
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Lab:
    """A running lab: its address, and the address of each of its notebooks."""

    address: str

    def notebook(self, name: str) -> str:
        """Give the address of one notebook, in a workspace of its own so that no other is open in it."""
        here = urlsplit(self.address)
        workspace = f"test-{name.replace('/', '-')}-{next(_COUNT)}"
        return f"{here.scheme}://{here.netloc}/lab/workspaces/{workspace}/tree/notebooks/{name}.ipynb?{here.query}"


@pytest.fixture(scope="session")
def chromium_path():
    """Find Debian's Chromium; on a developer's machine it may be missing, in CI it may not."""
    found = shutil.which("chromium")
    if found is None:
        reason = "no 'chromium' on the PATH"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}: CI must drive a real browser")
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """Copy what a student has, the notebooks and the evidence; and add a notebook that fails."""
    folder = tmp_path_factory.mktemp("student")
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, folder / name)
    cells = [nbformat.v4.new_code_cell(code) for code in ("1", "2", "3", "1 / 0")]
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    }
    broken = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.write(broken, folder / "notebooks" / "broken.ipynb")
    return folder


@pytest.fixture(scope="session")
def lab(project, tmp_path_factory):
    """Start the lab without a browser, with settings of its own; stop it at the end."""
    home = tmp_path_factory.mktemp("home")
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "labkit.cli.main", "start", "--no-browser"]
    server = subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield Lab(_address(server))
    finally:
        server.terminate()
        server.communicate(timeout=30)


def _address(server):
    for line in server.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\S+", line):
            return found[0]
    raise AssertionError("the lab ended without printing its address")


@pytest.fixture(scope="module")
def browser(chromium_path):
    """Start Chromium with no background traffic of its own; its driver keeps an event loop on this thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """Open a page in a new profile and record the host of every request it makes."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.hosts = set()
    page.on("request", lambda request: page.hosts.add(urlsplit(request.url).hostname or ""))
    page.on("websocket", lambda socket: page.hosts.add(urlsplit(socket.url).hostname or ""))
    page.set_default_timeout(60_000)
    yield page
    context.close()


@pytest.fixture(scope="session")
def screenshots():
    """Give the folder for pictures to look at, if LABKIT_SCREENSHOTS names one."""
    folder = os.environ.get("LABKIT_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder) if folder else None
