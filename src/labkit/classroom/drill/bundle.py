"""The evidence of a drill, put together: what the bank wrote, what people said, what was measured."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from labkit.core.errors import LabError


def check_place(out: Path) -> None:
    """Make sure that a bundle can be written there, before anything is started.

    Raises
    ------
    LabError
        When there is a file of that name, or a folder with anything in it.
    """
    if out.exists() and not out.is_dir():
        raise LabError("the output is no folder", found=out.as_posix(), next_step="Name a folder.")
    if out.is_dir() and any(out.iterdir()):
        raise LabError(
            "there is something in that folder already",
            found=out.as_posix(),
            next_step="Name a new folder, or empty that one.",
        )


def write_bundle(out: Path, fill: Callable[[Path], None]) -> tuple[Path, ...]:
    """Fill a folder beside its place and move it there when it is whole.

    Returns
    -------
    tuple of Path
        The files, by name.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-making-", dir=out.parent))
    try:
        fill(draft)
        draft.chmod(0o755)
        if out.is_dir():
            out.rmdir()
        os.replace(draft, out)  # noqa: PTH105 - atomic on every system
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return tuple(sorted(out.iterdir()))


def add_deployments(file: Path, events: Iterable[Mapping[str, Any]]) -> None:
    """Put further events into the record of deployments, all in order of time."""
    own = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    lines = [*own, *(json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in events)]
    lines.sort(key=lambda line: json.loads(line)["timestamp"])
    file.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")
