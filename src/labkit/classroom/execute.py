"""Run a notebook from top to bottom with the interpreter that runs now."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from labkit.classroom.kernel import KERNELSPEC, OwnKernelManager
from labkit.classroom.store import FOLDER_VARIABLE
from labkit.classroom.teacher import need
from labkit.core.errors import LabError

#: Seconds one cell may take.
CELL_TIMEOUT_S = 120


def execute(notebook: Any, folder: Path, name: str) -> Any:
    """Run every cell of a notebook in `folder` and keep the outputs; return the same notebook.

    The student's file is a new, empty one, so that no output depends on earlier work.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The notebook; its outputs are replaced.
    folder : Path
        Working folder of the kernel, as when a person opens the notebook there.
    name : str
        What to call the notebook in an error.

    Raises
    ------
    LabError
        A cell failed, took too long or wrote to standard error (warnings differ from machine to machine).
    """
    nbclient = need("nbclient")
    client = nbclient.NotebookClient(
        notebook,
        kernel_manager_class=OwnKernelManager,
        kernel_name=KERNELSPEC["name"],
        timeout=CELL_TIMEOUT_S,
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        coalesce_streams=True,
        record_timing=False,
    )
    _warm_fonts()
    try:
        with tempfile.TemporaryDirectory(prefix="outage-lab-") as work:
            client.execute(env={**os.environ, FOLDER_VARIABLE: work})
    except nbclient.exceptions.CellExecutionError as error:
        raise LabError(
            f"{name}: cell {_failed_cell(notebook)} failed with {error.ename}",
            found=error.evalue,
            next_step="Mend the lab's source.",
        ) from error
    except nbclient.exceptions.CellTimeoutError as error:
        raise LabError(f"{name}: a cell took longer than {CELL_TIMEOUT_S} s") from error
    _refuse_warnings(notebook, name)
    return notebook


def _failed_cell(notebook: Any) -> str:
    failed = (c.id for c in notebook.cells if any(o.output_type == "error" for o in c.get("outputs", ())))
    return next(failed, "unknown")


def _warm_fonts() -> None:
    """Let matplotlib list its fonts now: the first listing may write a warning into a notebook."""
    import matplotlib.font_manager  # noqa: F401


def _refuse_warnings(notebook: Any, name: str) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                raise LabError(f"{name}: cell {cell.id} wrote to standard error", found=output.text.strip())
