"""Under nbval no notebook sees what another one kept."""

from __future__ import annotations

import subprocess
import sys

import nbformat
from built import ROOT

CODE = """\
import os, pathlib
folder = pathlib.Path(os.environ["OUTAGE_LAB_WORK"])
before = sorted(path.name for path in folder.iterdir())
(folder / "kept.txt").touch()
print(before)
"""


def test_each_notebook_starts_with_an_empty_folder(tmp_path):
    """Two notebooks in one run each find their folder empty, and within one notebook it stays the same."""
    for name in ("one", "two"):
        cells = [
            nbformat.v4.new_code_cell(
                CODE,
                execution_count=1,
                outputs=[nbformat.v4.new_output("stream", name="stdout", text=f"{before}\n")],
            )
            for before in ([], ["kept.txt"])
        ]
        book = nbformat.v4.new_notebook(
            cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        )
        nbformat.write(book, tmp_path / f"{name}.ipynb")
    options = (
        "-q",
        "-o",
        "addopts=",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.notebooks.fresh_work",
        "--nbval",
    )
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
