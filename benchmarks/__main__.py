"""``make bench``: run every comparison and write its figures into ``docs/benchmarks.md``.

python -m benchmarks                # full size: 2 million spans loaded, 1 and 10 million generated
python -m benchmarks --size 0.05    # the same at a twentieth, to try it; the document stays as it is
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs" / "benchmarks.md"
MARK = "<!-- figures: written by `make bench` -->"


@dataclass(frozen=True)
class Comparison:
    """One comparison: its heading, the question with its aim, and what runs it."""

    heading: str
    aim: str
    script: str
    spans: int
    options: tuple[str, ...]

    def command(self, size: float) -> list[str]:
        """Return the command that measures it at a share of the full size."""
        return [sys.executable, str(HERE / self.script), str(int(self.spans * size)), *self.options]


COMPARISONS = (
    Comparison(
        "Loading, one span a line",
        "Aim: at most 1.3 times DuckDB's plain typed `read_json`, under 2 GB.",
        "load.py",
        2_000_000,
        ("--batch", "1", "--rounds", "2", "--no-pandas"),
    ),
    Comparison(
        "Loading, against pandas",
        "Aim: 8 times faster. At 2 million spans pandas ends for want of memory on a machine of 24 GB.",
        "load.py",
        200_000,
        ("--batch", "1", "--rounds", "1"),
    ),
    Comparison(
        "Loading, batches of 64 spans a line",
        "The same aim against `read_json`, with the batches that exporters write.",
        "load.py",
        2_000_000,
        ("--batch", "64", "--rounds", "2", "--no-pandas"),
    ),
    Comparison(
        "Loading with 1 % broken lines",
        "No aim: what quarantine costs when it has work.",
        "load.py",
        2_000_000,
        ("--batch", "1", "--bad", "0.01", "--rounds", "1", "--no-pandas"),
    ),
    Comparison(
        "Generating 1 million spans",
        "Aim: at least half the rate of copying the same bytes to the disk (ratio 0.5), memory flat.",
        "generate.py",
        1_000_000,
        ("--workers", "2", "--rounds", "3"),
    ),
    Comparison(
        "Generating 10 million spans",
        "The same aim.",
        "generate.py",
        10_000_000,
        ("--workers", "2", "--rounds", "1"),
    ),
)


def run(comparison: Comparison, size: float) -> str:
    """Measure one comparison and return its part of the document."""
    print(f"\n== {comparison.heading}", flush=True)
    done = subprocess.run(
        comparison.command(size), check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    print(done.stdout, flush=True)
    return f"## {comparison.heading}\n{comparison.aim}\n\n```text\n{done.stdout.rstrip()}\n```\n"


def machine() -> str:
    """Say on what the figures were measured, without naming the machine."""
    import duckdb
    import numpy

    return (
        f"Measured on {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, numpy {numpy.__version__}.\n"
    )


def main() -> None:
    """Run the comparisons; at full size, renew the figures in the document."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=float, default=1.0, help="share of the full size")
    size = parser.parse_args().size
    parts = [machine(), *(run(comparison, size) for comparison in COMPARISONS)]
    if size == 1.0:
        words, _, _ = DOCUMENT.read_text(encoding="utf-8").partition(MARK)
        text = f"{words}{MARK}\n\n" + "\n".join(parts)
        DOCUMENT.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
