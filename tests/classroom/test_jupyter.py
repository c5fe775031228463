"""Opening the lab: one command, one address, no request to the network, a clean end."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import platform
import re
import signal
import socket
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from labkit.classroom import jupyter
from labkit.classroom.contents import OwnContents
from labkit.classroom.jupyter import arguments, find_notebook, start, trust
from labkit.core.errors import LabError


@pytest.fixture
def student(tmp_path, monkeypatch):
    """Give a project with two notebooks, and keep Jupyter's own files out of the real home."""
    for name in ("00-start-here", "01-impact"):
        path = tmp_path / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        output = nbformat.v4.new_output("display_data", data={"text/html": "<b>6</b>"})
        cells = [nbformat.v4.new_code_cell("6", outputs=[output])]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
        monkeypatch.setenv(f"JUPYTER_{name}", str(tmp_path / "home" / name))
    return tmp_path


def serve(folder, port, out):
    """Run the lab in a process of its own, its words going to a file."""
    with Path(out).open("w", encoding="utf-8") as stream:
        os.dup2(stream.fileno(), 1)
        os.chdir(folder)
        raise SystemExit(start("00", browser=False, port=port))


def served(student, port):
    """Start the lab, wait for its address, and give (process, address)."""
    out = student / "said.txt"
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(student, port, out))
    process.start()
    for _ in range(300):
        if out.exists() and (found := re.search(r"http://\S+", out.read_text(encoding="utf-8"))):
            return process, found[0]
        time.sleep(0.1)
    process.kill()
    raise AssertionError("no address was printed")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send a process the signal to end")
def test_the_lab_is_served_quietly_and_ends_cleanly(student):
    """The printed address answers, the page asks for no news or updates, and Ctrl-C ends it with code 0."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process, address = served(student, port)
        try:
            assert "/lab/workspaces/outage-lab/tree/notebooks/00-start-here.ipynb?token=" in address
            assert f":{port}/" not in address
            page = urllib.request.urlopen(address, timeout=20).read().decode("utf-8")
            found = re.search(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
            config = json.loads(found[1])
            assert config["news"] == {"disabled": True}
            assert any("announcements" in name for name in config["disabledExtensions"])
            assert config["extensionManager"]["can_install"] is False
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.join(20)
    assert process.exitcode == 0
    said = (student / "said.txt").read_text(encoding="utf-8")
    assert said.startswith("The lab is open at\n")
    assert "Ctrl-C ends the lab." in said


@pytest.mark.parametrize("lab", ["01", "01-impact"])
def test_a_lab_is_found_by_number_or_name(student, lab):
    """Both ways to say it lead to the same notebook."""
    assert find_notebook(student, lab) == "notebooks/01-impact.ipynb"


def test_an_unknown_lab_is_refused(student):
    """A lab that is not there is answered with those that are."""
    with pytest.raises(LabError, match="Possible: 00-start-here, 01-impact"):
        find_notebook(student, "09")


def test_an_empty_notebooks_folder_is_refused(tmp_path):
    """Where no notebook is built, the error says how to build them."""
    (tmp_path / "notebooks").mkdir()
    with pytest.raises(LabError, match="labkit build"):
        start("00", browser=False, root=tmp_path)


def test_a_missing_notebooks_folder_is_refused(tmp_path, monkeypatch):
    """Outside a project the error says where to go, before any server starts."""
    monkeypatch.setattr(jupyter, "find_project", lambda root: jupyter_find(tmp_path))
    with pytest.raises(LabError, match="holds a folder"):
        start("00", browser=False)


def jupyter_find(folder):
    """Look for a folder that no machine has."""
    from labkit.classroom.project import find_project

    return find_project(folder, holds="no-such-folder-here")


def test_the_notebooks_are_trusted(student):
    """What the project ships is signed, so that JupyterLab shows its saved outputs."""
    from nbformat.sign import NotebookNotary

    book = nbformat.read(student / "notebooks" / "01-impact.ipynb", as_version=4)
    assert not NotebookNotary().check_signature(book)
    trust(student)
    assert NotebookNotary().check_signature(book)


@pytest.mark.parametrize(
    "language", [{"name": "python", "version": "3.11.0"}, {"name": "r", "version": "4"}, None]
)
def test_a_notebook_is_handed_over_with_the_present_version(student, language):
    """JupyterLab reads the running Python's version, of a Python notebook only; the file stays as it is."""
    path = student / "notebooks" / "00-start-here.ipynb"
    book = nbformat.read(path, as_version=4)
    book.metadata = {} if language is None else {"language_info": language}
    nbformat.write(book, path)
    before = path.read_bytes()
    contents = OwnContents(root_dir=str(student))
    read = asyncio.run(contents.get("notebooks/00-start-here.ipynb"))["content"]["metadata"]
    mine = language is not None and language["name"] == "python"
    assert read.get("language_info") == (
        {**language, "version": platform.python_version()} if mine else language
    )
    assert path.read_bytes() == before


def test_folders_and_texts_are_handed_over_as_they_are(student):
    """What is no notebook, or is asked for without its content, is read as ever."""
    (student / "notes.txt").write_text("seen", encoding="utf-8")
    contents = OwnContents(root_dir=str(student))
    assert asyncio.run(contents.get("notes.txt"))["content"] == "seen"
    assert asyncio.run(contents.get("notebooks"))["type"] == "directory"
    assert asyncio.run(contents.get("notebooks/01-impact.ipynb", content=False))["content"] is None


def test_only_this_machine_is_served(student):
    """The server listens on the loopback address only, and a token guards it."""
    given = arguments(student, "notebooks/00-start-here.ipynb", browser=False, port=None)
    assert "--ServerApp.ip=127.0.0.1" in given
    assert "--ServerApp.port=8888" in given
    assert "--ServerApp.open_browser=False" in given
    assert any(re.fullmatch(r"--IdentityProvider\.token=[0-9a-f]{48}", text) for text in given)


def test_no_free_port_is_said(student, monkeypatch):
    """When the server gives up on ports, a person reads one line and not a traceback."""
    from jupyterlab.labapp import LabApp

    def give_up(**_):
        raise SystemExit(1)

    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "before")
    monkeypatch.setattr(LabApp, "initialize_server", give_up)
    with pytest.raises(LabError, match="no free port: 9000"):
        start("00", browser=False, port=9000, root=student)
    assert os.environ["JUPYTER_CONFIG_PATH"] == "before"
