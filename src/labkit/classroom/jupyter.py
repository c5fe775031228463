"""Open JupyterLab at a lab: quiet, on this machine only, with the interpreter that runs now."""

from __future__ import annotations

import importlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labkit.classroom.project import find_project, whole_name
from labkit.core.errors import LabError

#: JupyterLab remembers open tabs by workspace; the course has its own and leaves others alone.
WORKSPACE = "outage-lab"
#: Looks for news and updates on the network; a lab in class needs neither.
_DISABLED_PLUGINS = ("@jupyterlab/apputils-extension:announcements",)


def start(lab: str = "00", *, browser: bool = True, port: int | None = None, root: Path | None = None) -> int:
    """Serve the project's notebooks and open one; come back when the server is stopped with Ctrl-C.

    Parameters
    ----------
    lab : str
        Lab to open: number ('00') or name ('00-start-here').
    browser : bool
        Open a browser; the address is printed in any case.
    port : int, optional
        Port to serve on; 8888 unless given. When it is taken, the next free one is used.
    root : Path, optional
        Folder to find the project from, upwards; the working folder unless given.

    Returns
    -------
    int
        Exit code: 0.

    Raises
    ------
    LabError
        There is no project here, no such lab, or no port is free.

    Examples
    --------
    >>> start("00", browser=False)  # doctest: +SKIP
    The lab is open at ...
    """
    LabApp = importlib.import_module("jupyterlab.labapp").LabApp  # noqa: N806

    project = find_project(root)
    notebook = find_notebook(project, lab)
    trust(project)
    with _quiet_pages():
        try:
            server = LabApp.initialize_server(argv=arguments(project, notebook, browser=browser, port=port))
        except SystemExit as error:
            raise LabError(
                "JupyterLab found no free port", found=port or 8888, next_step="Name another with --port."
            ) from error
        print(_welcome(server.connection_url, server.identity_provider.token, notebook), flush=True)  # noqa: T201
        server.start()
    return 0


def find_notebook(project: Path, lab: str) -> str:
    """Find a lab's student notebook; return its path within the project, with forward slashes.

    Raises
    ------
    LabError
        No notebook is built, or none of this number or name.
    """
    built = sorted(path.stem for path in (project / "notebooks").glob("*.ipynb"))
    if not built:
        raise LabError(
            "the folder 'notebooks' holds no notebook", next_step="Build them with 'labkit build'."
        )
    return f"notebooks/{whole_name(lab, built)}.ipynb"


def trust(project: Path) -> None:
    """Sign the project's notebooks, so that JupyterLab shows their saved pictures and tables."""
    nbformat, sign = importlib.import_module("nbformat"), importlib.import_module("nbformat.sign")
    notary = sign.NotebookNotary()
    for path in sorted((project / "notebooks").rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            notary.sign(nbformat.read(path, as_version=4))
    notary.store.close()


def arguments(project: Path, notebook: str, *, browser: bool, port: int | None) -> list[str]:
    """List JupyterLab's arguments: where it serves, what it opens, and everything it should not do."""
    return [
        f"--ServerApp.root_dir={project}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port or 8888}",
        "--ServerApp.port_retries=50",
        f"--ServerApp.open_browser={browser}",
        "--ServerApp.answer_yes=True",
        "--ServerApp.kernel_spec_manager_class=labkit.classroom.kernel.OwnKernel",
        "--ServerApp.contents_manager_class=labkit.classroom.contents.OwnContents",
        f"--IdentityProvider.token={secrets.token_hex(24)}",
        f"--LabApp.default_url=/lab/workspaces/{WORKSPACE}/tree/{notebook}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--ServerApp.log_level=ERROR",
        "--LabApp.log_level=ERROR",
        *(["--ServerApp.allow_root=True"] if _is_root() else []),
    ]


def _welcome(base: str, token: str, notebook: str) -> str:
    address = (
        f"{base.partition('/lab')[0].rstrip('/')}/lab/workspaces/{WORKSPACE}/tree/{notebook}?token={token}"
    )
    return (
        f"The lab is open at\n\n    {address}\n\nKeep this window open while you work; Ctrl-C ends the lab."
    )


def _is_root() -> bool:
    """Containers often run as root, and there the server asks for an explicit word."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


@contextmanager
def _quiet_pages() -> Iterator[None]:
    """Add a configuration folder, for this run only, that disables what would ask the network."""
    name = "JUPYTER_CONFIG_PATH"
    before = os.environ.get(name)
    with tempfile.TemporaryDirectory(prefix="outage-lab-") as folder:
        pages = Path(folder) / "labconfig" / "page_config.json"
        pages.parent.mkdir()
        disabled = {"disabledExtensions": dict.fromkeys(_DISABLED_PLUGINS, True)}
        pages.write_text(json.dumps(disabled), encoding="utf-8")
        os.environ[name] = folder if before is None else os.pathsep.join((folder, before))
        try:
            yield
        finally:
            os.environ.pop(name)
            if before is not None:
                os.environ[name] = before
