"""Blocks to files: one process that makes and writes at the same time, or several that write in turn."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from labkit.simulation.blocks import STREAMED, BlockMaker, Piece
from labkit.simulation.model import Scenario
from labkit.simulation.postgreslog import Numbering
from labkit.simulation.rows import Text
from labkit.simulation.world import World

_NUMBERED = "postgresql.json"
_AHEAD = 2
_BUFFER = 1 << 20
_LONGEST_RUN = 4


@dataclass(frozen=True, slots=True)
class Written:
    """What a run of blocks added: lines of each file, spans, and how many blocks they were."""

    lines: dict[str, int]
    spans: int
    blocks: int


@dataclass(frozen=True, slots=True)
class _Ready:
    """A run of blocks that waits for its turn; the server's log goes to the process that numbers it."""

    written: Written
    postgres: Text


def write_blocks(world: World, folder: Path, workers: int) -> Generator[Written, None, None]:
    """Append all blocks to the files of a folder, in order; yield after each run that is done."""
    for name in STREAMED:
        (folder / name).touch()
    return _alone(world, folder) if workers == 1 else _in_turn(world, folder, workers)


def _alone(world: World, folder: Path) -> Generator[Written, None, None]:
    """Make blocks while a thread writes the ones before; at most two wait to be written."""
    maker, numbering = BlockMaker(world), Numbering()
    waiting: deque[tuple[Future[None], Written]] = deque()
    with ThreadPoolExecutor(1) as writer:
        for block in range(world.grid.count):
            piece = maker.piece(block)
            texts = piece.texts | {_NUMBERED: numbering.apply(piece.texts[_NUMBERED])}
            waiting.append((writer.submit(_append, folder, [texts]), _count([piece])))
            if len(waiting) > _AHEAD:
                yield _done(waiting)
        while waiting:
            yield _done(waiting)


def _done(waiting: deque[tuple[Future[None], Written]]) -> Written:
    future, written = waiting.popleft()
    future.result()
    return written


def _append(folder: Path, pieces: list[dict[str, Text]]) -> None:
    for name in pieces[0]:
        with (folder / name).open("ab", buffering=_BUFFER) as file:
            for texts in pieces:
                file.writelines(texts[name].parts)


def _count(pieces: list[Piece]) -> Written:
    lines = {name: sum(piece.texts[name].lines for piece in pieces) for name in STREAMED}
    return Written(lines, sum(piece.spans for piece in pieces), len(pieces))


def _in_turn(world: World, folder: Path, workers: int) -> Generator[Written, None, None]:
    """Let processes make runs of blocks, and each append its own when all before it are written."""
    runs, numbering = run_lengths(world.grid.count, workers), Numbering()
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    try:
        for k in range(workers):
            here, there = spawn.Pipe()
            job = Job(world.scenario, world.seed, world.scale, folder, runs[k::workers])
            process = spawn.Process(target=serve, args=(there, job), daemon=True)
            process.start()
            there.close()
            pipes.append(here)
            processes.append(process)
        for k in range(len(runs)):
            pipe = pipes[k % workers]
            ready: _Ready = _received(pipe)
            _append(folder, [{_NUMBERED: numbering.apply(ready.postgres)}])
            pipe.send(True)
            _received(pipe)
            yield ready.written
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join(timeout=0.5)
            process.terminate()
            process.join()


def _received(pipe: Connection) -> Any:
    """Take the next message of a process; raise what it raised."""
    try:
        message = pipe.recv()
    except EOFError:
        raise ChildProcessError("a process that makes blocks ended before its work was done") from None
    if isinstance(message, BaseException):
        raise message
    return message


def run_lengths(count: int, workers: int) -> list[range]:
    """Cut the blocks into runs of consecutive ones: long enough to share work, short enough for memory."""
    length = max(1, min(_LONGEST_RUN, count // (2 * workers)))
    return [range(k, min(k + length, count)) for k in range(0, count, length)]


@dataclass(frozen=True, slots=True)
class Job:
    """What one process has to do."""

    scenario: Scenario
    seed: int
    scale: float
    folder: Path
    runs: list[range]


def serve(pipe: Connection, job: Job) -> None:
    """Make runs of blocks and append each in its turn; ends quietly when nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked
    with suppress(EOFError, BrokenPipeError):
        try:
            _work(pipe, job)
        except BrokenPipeError:
            raise
        except OSError as error:
            pipe.send(error)


def _work(pipe: Connection, job: Job) -> None:
    maker = BlockMaker(World(job.scenario, job.seed, job.scale))
    for run in job.runs:
        pieces = [maker.piece(block) for block in run]
        numbered = [piece.texts[_NUMBERED] for piece in pieces]
        whole = Text([part for text in numbered for part in text.parts], sum(text.lines for text in numbered))
        pipe.send(_Ready(_count(pieces), whole))
        pipe.recv()
        _append(job.folder, [{n: t for n, t in piece.texts.items() if n != _NUMBERED} for piece in pieces])
        pipe.send(None)
