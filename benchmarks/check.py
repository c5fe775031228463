"""One check of an answer, against the bare scrypt that its sealing needs.

    python benchmarks/check.py 20

A check reads the answer, derives a key for each of its parts, opens what it fits, judges, and keeps the
result in the student's file. Candidates take turns and the best round of each counts. Printed are
milliseconds and ratios to one scrypt at the cost of a whole check; the aim is a check under 200 ms.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from labkit.classroom.checks.authored import Authored, Misconception
from labkit.classroom.checks.envelope import WORK, lock_for
from labkit.classroom.checks.judging import judge
from labkit.classroom.checks.kinds import read_answer
from labkit.classroom.checks.question import Question
from labkit.classroom.checks.reference import Reference
from labkit.classroom.checks.sealed import SealedQuestion, open_document
from labkit.classroom.checks.sealing import seal_lab
from labkit.classroom.store import Store

ONSET = dt.datetime(2024, 2, 29, 8, 15, tzinfo=dt.UTC)
LABELS = ("trigger", "onset", "detection", "escalation", "mitigation", "recovery")
EVENTS = [(label, ONSET + dt.timedelta(minutes=n)) for n, label in enumerate(LABELS)]
ROWS = [(f"web-{n}", n + 0.5) for n in range(12)]


def question(name: str, kind: str, **keys: object) -> Question:
    """Make a question without words."""
    return Question(name, kind, "?", "?", ("", "", ""), **keys)  # type: ignore[arg-type]


def sealed(asked: Question, right: object, wrong: object) -> SealedQuestion:
    """Seal one question with its right answer and a wrong one, at full cost."""
    values = {"right": (right,), "wrong": (wrong,)}
    answers = {
        name: tuple(read_answer(value, asked) for value in several) for name, several in values.items()
    }
    reference = Reference(Authored(asked, "Right.", (Misconception("wrong", "Wrong."),)), values, answers)
    return open_document(seal_lab("00-bench", "none", [reference])).question(asked.id)


def candidates(folder: Path) -> dict[str, Callable[[], object]]:
    """Name what is measured: the bare scrypt, checks of three kinds, and a check with its keeping."""
    moment = sealed(question("m", "instant", tolerance="60 s"), ONSET, ONSET + dt.timedelta(hours=1))
    late = [(label, at + dt.timedelta(hours=1)) for label, at in EVENTS]
    events = sealed(question("e", "events", tolerance="60 s", labels=LABELS), EVENTS, late)
    columns = {"columns": ("host", "offset"), "column_kinds": ("text", "number"), "tolerance": 0.1}
    table = sealed(question("t", "table", **columns), ROWS, ROWS[:-1])
    lock, store = lock_for("00-bench", "m", "none", WORK), Store(folder / "progress.db", "none")

    def check() -> None:
        store.tried("00-bench", "m", right=judge(ONSET, moment).state == "right")

    return {
        "scrypt": lambda: lock.keys("answer"),
        "moment": lambda: judge(ONSET, moment),
        "6 events": lambda: judge(EVENTS, events),
        "12 rows": lambda: judge(ROWS, table),
        "kept": check,
    }


def compare(rounds: int) -> dict[str, tuple[float, float]]:
    """Let the candidates take turns; return the best milliseconds of each, by the clock and the processor."""
    best: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        measured = candidates(Path(folder))
        for _ in range(rounds):
            for name, run in measured.items():
                clock, cpu = time.perf_counter(), time.process_time()
                run()
                took = 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - cpu)
                best[name] = tuple(map(min, best.get(name, took), took))  # type: ignore[assignment]
    return best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rounds", type=int, nargs="?", default=20)
    best = compare(parser.parse_args().rounds)
    print(f"{'':9}{'ms':>8}{'cpu ms':>8}{'ratio':>8}")
    for name, (clock, cpu) in best.items():
        print(f"{name:9}{clock:8.1f}{cpu:8.1f}{cpu / best['scrypt'][1]:8.2f}")


if __name__ == "__main__":
    main()
