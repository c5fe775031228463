"""Generating evidence, against copying the same bytes to disk in the same run.

    python benchmarks/generate.py 1000000 --workers 1 --rounds 3
    python benchmarks/generate.py 10000000 --workers 2 --rounds 1

Each measurement is a process of its own, generating and copying take turns, both end with the bytes on the
disk (fsync), and the best round of each counts. Printed are seconds, rates, their ratio (the copy's time over
the generator's: 1 is as fast as copying) and the peak memory of the largest generating process.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPANS_AT_SCALE_1 = 20_900
PIECE = 1 << 20


def generate(folder: Path, scale: float, workers: int) -> dict[str, float]:
    """Generate the seed incident into a folder; return seconds, spans, bytes and peak memory in bytes."""
    from labkit.simulation.generate import generate as run

    run("debacle", seed=1, out=folder.with_name("warm"), scale=0.05)  # imports are not counted
    shutil.rmtree(folder.with_name("warm"))
    began = time.perf_counter()
    made = run("debacle", seed=20231201, out=folder, scale=scale, workers=workers)
    for path in made.files:
        flush(path)
    return {
        "seconds": time.perf_counter() - began,
        "spans": made.spans,
        "bytes": made.bytes_written,
        "peak": peak_memory(),
    }


def copy(source: Path, target: Path) -> dict[str, float]:
    """Copy the files of a folder through memory, piece by piece; return seconds."""
    began = time.perf_counter()
    target.mkdir()
    for path in sorted(source.iterdir()):
        with path.open("rb") as read, (target / path.name).open("wb") as written:
            shutil.copyfileobj(read, written, PIECE)
        flush(target / path.name)
    return {"seconds": time.perf_counter() - began}


def flush(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def peak_memory() -> float:
    """Return the largest resident size of this process and its children so far, in bytes; 0 where unknown."""
    try:
        import resource
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return unit * max(resource.getrusage(each).ru_maxrss for each in who)


def measured(*words: str) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, __file__, "--one", *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare(spans: int, workers: int, rounds: int, folder: Path) -> dict[str, float]:
    """Generate and copy in turns; return the best of each and their ratio."""
    scale = spans / SPANS_AT_SCALE_1
    best = {"generate_s": float("inf"), "copy_s": float("inf"), "peak": 0.0}
    for _ in range(rounds):
        made = measured("generate", str(folder / "made"), str(scale), str(workers))
        copied = measured("copy", str(folder / "made"), str(folder / "copy"))
        shutil.rmtree(folder / "made")
        shutil.rmtree(folder / "copy")
        best["generate_s"] = min(best["generate_s"], made["seconds"])
        best["copy_s"] = min(best["copy_s"], copied["seconds"])
        best["peak"] = max(best["peak"], made["peak"])
        best |= {"spans": made["spans"], "bytes": made["bytes"]}
    return best | {"ratio": best["copy_s"] / best["generate_s"]}


def main() -> None:
    """Run one measurement, or compare and print."""
    if sys.argv[1:2] == ["--one"]:
        what, *words = sys.argv[2:]
        if what == "generate":
            found = generate(Path(words[0]), float(words[1]), int(words[2]))
        else:
            found = copy(Path(words[0]), Path(words[1]))
        print(json.dumps(found))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spans", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="disk to write to (default: the temporary folder's)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        best = compare(asked.spans, asked.workers, asked.rounds, Path(folder))
    megabytes = best["bytes"] / 1e6
    print(f"{best['spans']:,.0f} spans, {megabytes:,.0f} MB of text, {asked.workers} worker(s)")
    print(f"generate {best['generate_s']:7.2f} s  {megabytes / best['generate_s']:7.0f} MB/s")
    print(f"copy     {best['copy_s']:7.2f} s  {megabytes / best['copy_s']:7.0f} MB/s")
    print(f"ratio    {best['ratio']:7.2f}    peak memory {best['peak'] / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
