"""Try case after case in one process, and tell the parent how far it is: one JSON object a line.

Usage: fuzz_worker.py SEED FIRST COUNT FOLDER. The parent watches for silence (a hang) and for a death
(memory, a crash); what is found here is told with its cause.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from fuzz_cases import Case, case
from fuzz_law import check

TOGETHER = 25  # cases in one folder: the tables are made once for all of them
MOST_SECONDS = 20.0  # of processor time for one case
MOST_MEGABYTES = 2000.0


def main(seed: int, first: int, count: int, folder: Path) -> None:
    """Try the cases from the first on."""
    for number in range(first, first + count, TOGETHER):
        numbers = range(number, min(number + TOGETHER, first + count))
        tell(trying=[numbers.start, numbers.stop])
        try_all([(n, case(seed, n)) for n in numbers], folder)
        tell(done=numbers.stop, megabytes=megabytes())


def try_all(cases: Sequence[tuple[int, Case]], folder: Path) -> None:
    """Try cases together; where one of them fails, each alone."""
    began = time.process_time()
    problem = trouble([case for _, case in cases], folder)
    slow = time.process_time() - began > MOST_SECONDS
    if not problem and not slow and megabytes() < MOST_MEGABYTES:
        return
    if len(cases) > 1:
        for one in cases:
            try_all([one], folder)
        return
    ((number, _),) = cases
    tell(
        found=number,
        why=problem or (f"slow: over {MOST_SECONDS} s" if slow else f"memory: {megabytes():.0f} MB"),
    )


def trouble(cases: Sequence[Case], folder: Path) -> str:
    """Say what is wrong with some cases; nothing where the law is kept."""
    try:
        check(cases, folder)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:600]} ({Path(place.filename).name}:{place.lineno})"
    return ""


def megabytes() -> float:
    """Give the largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def tell(**what: object) -> None:
    """Say something to the parent."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
