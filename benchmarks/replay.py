"""Replaying the seed incident and a million requests, against one sort of as many numbers.

    python benchmarks/replay.py 1000000 --rounds 5

What it is compared with is one sort of as many durations in the same process, for every course by the minute
needs at least that. Each replay ends with that course, quantiles included; each size is a process of its own,
and the best round counts. Printed are milliseconds of processor time and by the clock, the ratio of processor
times, and the peak memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

SEED_SIZE = 19_765
CASES = {
    "as recorded": {},
    "corrected": {"dsn_after": "as corrected"},
    "rollback at 14:45": {"rollback": "14:45"},
    "burn-rate page": {"detection": "burn rate"},
    "canary": {"canary": 0.05},
    "3 retries": {"retries": 3},
    "pool of 1, corrected": {"dsn_after": "as corrected", "pool_size": 1},
}


def one(requests: int, rounds: int) -> dict[str, object]:
    """Measure every case on a recording of about so many requests."""
    import numpy as np

    from labkit.replay.configuration import Configuration
    from labkit.replay.engine import replay
    from labkit.replay.from_scenario import from_scenario
    from labkit.simulation.scenario import load_scenario

    recording = from_scenario(load_scenario("debacle"), scale=requests / SEED_SIZE)
    before = peak_memory()

    found = {"one sort": best(lambda: np.sort(recording.end - recording.start), rounds)}
    for name, changed in CASES.items():
        asked = Configuration(**changed)
        found[name] = best(lambda asked=asked: replay(recording, asked).minutes, rounds)
    return {"requests": len(recording), "ms": found, "before": before, "peak": peak_memory()}


def best(work, rounds: int) -> list[float]:
    """Return the best processor time and the best time by the clock of some rounds, in milliseconds."""
    work()  # the first one warms up
    times = []
    for _ in range(rounds):
        began, spent = time.perf_counter(), time.process_time()
        work()
        times.append((1000 * (time.process_time() - spent), 1000 * (time.perf_counter() - began)))
    return [min(column) for column in zip(*times, strict=True)]


def peak_memory() -> float:
    """Return the largest resident size so far, in bytes; 0 where unknown."""
    try:
        import resource
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measure the seed incident and the larger one, each in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("requests", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", action="store_true", help="measure only that size, and print JSON")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.requests, asked.rounds)))
        return
    for requests in (SEED_SIZE, asked.requests):
        command = [sys.executable, __file__, str(requests), "--rounds", str(asked.rounds), "--one"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
        show(json.loads(done.stdout))


def show(found: dict) -> None:
    """Print the figures of one size."""
    base = found["ms"]["one sort"][0]
    before, peak = found["before"] / 1e6, found["peak"] / 1e6
    print(f"{found['requests']:,} requests; {peak:,.0f} MB at most, {before:,.0f} MB before the first replay")
    print(f"{'':22}{'cpu ms':>9}{'ratio':>9}{'clock ms':>10}")
    for name, (cpu, clock) in found["ms"].items():
        print(f"{name:22}{cpu:9.1f}{cpu / base:9.1f}{clock:10.1f}")
    print()


if __name__ == "__main__":
    main()
