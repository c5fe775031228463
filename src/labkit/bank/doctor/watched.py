"""Watch the process that touches the network: take its results as they come, and end it in time."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from labkit.bank.doctor.case import Case, Deadline
from labkit.bank.doctor.child import order
from labkit.bank.doctor.diagnosis import failed
from labkit.bank.doctor.result import Result
from labkit.bank.doctor.steps import INSIDE, ON_THE_WAY
from labkit.core.dsn_surroundings import variables

#: The process ends its own waits a little earlier, so that it can still say which it was.
_OWN_SHARE = 0.8
#: What it means when time is up in a step.
_SILENT = {"resolve": "resolver-silent"}


def watched(case: Case) -> list[Result]:
    """Examine a case in a process of its own, until the case's deadline at the latest."""
    results: list[Result] = []
    with _process(case) as lines:
        while True:
            try:
                line = lines.get(timeout=case.deadline.left_s)
            except queue.Empty:
                return [*results, _out_of_time(case, results)]
            if line is None:
                return results if _complete(results) else [*results, _broke_off(results)]
            results.append(Result.from_json(json.loads(line)))


@contextmanager
def _process(case: Case) -> Iterator[queue.Queue[str | None]]:
    command = [sys.executable, "-P", "-m", "labkit.bank.doctor.child"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # libpq's warnings and a crash's traceback may hold the string
        env=environment(case),
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines: queue.Queue[str | None] = queue.Queue()
        told = order(_for_the_process(case))
        # Both may wait for the process; they end when it does.
        sender = threading.Thread(target=_send, args=(process.stdin, told), daemon=True)
        reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
        try:
            sender.start()
            reader.start()
            yield lines
        finally:
            process.kill()
            process.wait()
            sender.join()
            reader.join()


def _for_the_process(case: Case) -> Case:
    return replace(case, deadline=Deadline.after(case.deadline.left_s * _OWN_SHARE))


def _send(pipe: IO[str], text: str) -> None:
    with (
        contextlib.suppress(OSError),
        pipe,
    ):  # where it died at its start, the reader sees the end of its output
        pipe.write(text)


def _read(pipe: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in pipe:
        lines.put(line)
    lines.put(None)


def environment(case: Case) -> dict[str, str]:
    """Make the process's environment: without ``PG*``, but for where a named service is defined."""
    hidden = set() if case.borrows else set(variables())
    if case.read.get("service") is not None:
        hidden -= {"PGSERVICEFILE", "PGSYSCONFDIR"}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in hidden}
    roots = [str(Path(__file__).resolve().parents[3]), os.environ.get("PYTHONPATH", "")]
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, roots)), "PYTHONUTF8": "1"}


def _steps_left(results: list[Result]) -> list[str]:
    taken = {result.step for result in results}
    return [step for step in (*ON_THE_WAY, *INSIDE) if step not in taken]


def _complete(results: list[Result]) -> bool:
    return not _steps_left(results) or any(result.stands_in_the_way for result in results)


def _out_of_time(case: Case, results: list[Result]) -> Result:
    step = (_steps_left(results) or ["capacity"])[0]
    return failed(case, step, _SILENT.get(step, "no-answer"), "no answer before the time was up")


def _broke_off(results: list[Result]) -> Result:
    said = "the process that examines the server ended before this step"
    means = "It crashed, or this machine ended it."
    return Result(_steps_left(results)[0], "unknown", said, "not-answered", means, "Try again.")
