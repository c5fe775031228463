"""Write all evidence of a scenario: the same bytes for the same seed, whatever the number of workers."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from labkit.core.errors import LabError
from labkit.core.writing import write_text
from labkit.simulation import story
from labkit.simulation.blocks import STREAMED
from labkit.simulation.model import Scenario
from labkit.simulation.scenario import load_scenario
from labkit.simulation.world import World
from labkit.simulation.writing import write_blocks

Progress = Callable[[int, int], None]
_COMPRESS_FROM = 100_000
_COPY = 1 << 20


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: the files in their order, the lines of each, and the number of spans."""

    folder: Path
    files: tuple[Path, ...]
    lines: dict[str, int]
    spans: int
    bytes_written: int


def generate(
    scenario: Scenario | str | Path,
    *,
    seed: int,
    out: str | Path,
    scale: float = 1.0,
    workers: int = 1,
    compress: bool = False,
    truth: str | Path | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Write every evidence file of a scenario into a folder.

    Files are written beside their place and moved there at the end: an interrupted run changes nothing.

    Parameters
    ----------
    scenario : Scenario or str or Path
        A scenario, the name of one that comes with the package, or a ``.toml`` file.
    seed : int
        Same scenario, seed and scale, same bytes, on any machine and with any number of workers.
    out : str or Path
        Folder for the files; made when it is not there.
    scale : float
        Multiplies the traffic, and the pools with it.
    workers : int
        Processes that work at the same time.
    compress : bool
        Write large files as ``.gz``.
    truth : str or Path, optional
        File for the answer; without it none is written.
    progress : callable, optional
        Called with the number of blocks done and of all blocks.

    Raises
    ------
    LabError
        No such scenario, a scale or a number of workers that cannot be, an output that is no folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = generate("debacle", seed=20231201, out=folder, scale=0.05)
    >>> sorted(made.lines)[:3]
    ['access.log', 'app.log.jsonl', 'deployments.jsonl']
    """
    known = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    folder = Path(out)
    _check(folder, scale, workers)
    world = World(known, seed, float(scale))
    fresh = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
    try:
        lines, spans = _write_streamed(world, draft, workers, progress)
        lines |= _write_story(known, draft)
        size = sum(path.stat().st_size for path in draft.iterdir())
        files = _publish(draft, folder, compress)
        fresh = False
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
    if truth is not None:
        _write_truth(known, seed, Path(truth))
    return Summary(folder, files, dict(sorted(lines.items())), spans, size)


def _check(folder: Path, scale: float, workers: int) -> None:
    if folder.exists() and not folder.is_dir():
        raise LabError("the output is no folder", found=str(folder), next_step="Name a folder.")
    if not 0 < scale <= 10_000:
        raise LabError("the scale cannot be", found=scale, next_step="Use a number above 0, at most 10000.")
    if workers < 1:
        raise LabError("the number of workers cannot be", found=workers, next_step="Use 1 or more.")


def _write_streamed(
    world: World, draft: Path, workers: int, progress: Progress | None
) -> tuple[dict[str, int], int]:
    """Write the files that grow with traffic, block after block."""
    lines, spans, done = dict.fromkeys(STREAMED, 0), 0, 0
    with closing(write_blocks(world, draft, workers)) as runs:
        for written in runs:
            lines = {name: lines[name] + count for name, count in written.lines.items()}
            spans, done = spans + written.spans, done + written.blocks
            if progress:
                progress(done, world.grid.count)
    return lines, spans


def _write_story(scenario: Scenario, draft: Path) -> dict[str, int]:
    texts = {
        "deployments.jsonl": story.deployments(scenario),
        "messages.jsonl": story.messages(scenario),
        "progress.csv": story.progress(scenario),
    }
    said = {name: text for name, text in texts.items() if text}
    for name, text in said.items():
        (draft / name).write_bytes(text)
    return {name: text.count(b"\n") for name, text in said.items()}


def _publish(draft: Path, folder: Path, compress: bool) -> tuple[Path, ...]:
    """Move the finished files to their place, in place of what was there before."""
    ready = []
    for path in sorted(p for p in draft.iterdir()):
        small = path.stat().st_size < _COMPRESS_FROM
        ready.append(path if small or not compress else _compressed(path))
    files = []
    for path in ready:
        target = folder / path.name
        os.replace(path, target)  # noqa: PTH105 - atomic on every system
        other = target.with_suffix("") if target.suffix == ".gz" else target.with_name(target.name + ".gz")
        other.unlink(missing_ok=True)
        files.append(target)
    return tuple(files)


def _compressed(path: Path) -> Path:
    target = path.with_name(path.name + ".gz")
    with (
        path.open("rb") as source,
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(source, packed, _COPY)
    path.unlink()
    return target


def _write_truth(scenario: Scenario, seed: int, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(story.truth(scenario, seed), indent=2, ensure_ascii=False) + "\n")
