"""Run many trials in a few processes, keep what is done, and go on where an earlier run stopped."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from labkit.classroom.trials.trial import NOTHING, Plan, Verdict, judge
from labkit.core.errors import LabError
from labkit.core.writing import write_text

Progress = Callable[[int, int], None]
_Key = tuple[str, int, float, str]


def run_trials(
    plans: Sequence[Plan], *, jobs: int = 1, keep: Path | None = None, progress: Progress | None = None
) -> tuple[Verdict, ...]:
    """Judge every plan; the result does not depend on the number of processes nor on interruptions.

    Parameters
    ----------
    plans : sequence of Plan
        What to make.
    jobs : int
        Processes that work at the same time.
    keep : Path, optional
        File with one verdict a line: plans whose verdicts it holds are not made again. It belongs to one
        state of the source; remove it when the rules or the scenarios have changed.
    progress : callable, optional
        Called with the number of plans done and of all plans.

    Returns
    -------
    tuple of Verdict
        In the order of scenario, seed and plane.

    Raises
    ------
    LabError
        When ``jobs`` is less than 1, or a line of the file is no verdict.
    """
    if jobs < 1:
        raise LabError("the number of jobs cannot be", found=jobs, next_step="Use 1 or more.")
    known = {_key(v): v for v in _read(keep)}
    wanted = {key for plan in plans for key in _keys(plan)}
    todo = [plan for plan in plans if not set(_keys(plan)) <= known.keys()]
    done = len(plans) - len(todo)
    for verdicts in _judged(todo, jobs):
        known |= {_key(v): v for v in verdicts}
        _append(keep, verdicts)
        done += 1
        if progress:
            progress(done, len(plans))
    return tuple(known[key] for key in sorted(wanted))


def _judged(todo: Sequence[Plan], jobs: int) -> Iterator[tuple[Verdict, ...]]:
    if jobs == 1 or len(todo) < 2:
        yield from map(judge, todo)
        return
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_ignore_ctrl_c)
    try:
        for future in as_completed([pool.submit(judge, plan) for plan in todo]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _ignore_ctrl_c() -> None:
    """Leave Ctrl-C to the parent, so that a trial ends in order and removes its folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _keys(plan: Plan) -> Iterator[_Key]:
    for plane in (NOTHING, *plan.withheld):
        yield plan.scenario, plan.seed, plan.scale, plane


def _key(verdict: Verdict) -> _Key:
    return verdict.scenario, verdict.seed, verdict.scale, verdict.withheld


def _append(keep: Path | None, verdicts: Iterable[Verdict]) -> None:
    if keep is not None:
        with keep.open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(asdict(verdict)) + "\n" for verdict in verdicts)


def _read(keep: Path | None) -> Iterator[Verdict]:
    """Read what an earlier run kept; a last line that was cut off in the middle does not count."""
    if keep is None or not keep.is_file():
        return
    text = keep.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        write_text(keep, whole)
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            row = json.loads(line)
            yield Verdict(**(row | {name: tuple(row[name]) for name in ("also", "also_true")}))
        except (ValueError, KeyError, TypeError) as error:
            raise LabError(
                "a line of the kept trials is no verdict",
                found=f"{keep.as_posix()} line {number}",
                next_step="Remove that file, and the trials are made anew.",
            ) from error
