"""``make bench``: run comparisons and write their figures into ``docs/benchmarks.md``.

python -m benchmarks                     # all of them, at full size
python -m benchmarks load-batches large  # these; the figures of the others stay
python -m benchmarks --size 0.05         # all at a twentieth, to try them; the document stays as it is
python -m benchmarks large --busy        # say in the document that other work went on meanwhile
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs" / "benchmarks.md"
MARK = "<!-- figures: written by `make bench` -->"


@dataclass(frozen=True)
class Comparison:
    """One comparison: its name, its heading, the question with its aim, and what runs it."""

    name: str
    heading: str
    aim: str
    script: str
    count: int
    options: tuple[str, ...]

    def command(self, size: float) -> list[str]:
        """Return the command that measures it at a share of the full size."""
        return [sys.executable, str(HERE / self.script), str(int(self.count * size)), *self.options]


COMPARISONS = (
    Comparison(
        "load",
        "Loading, one span a line",
        "Aim: at most 1.3 times DuckDB's plain typed `read_json`, under 2 GB.",
        "load.py",
        2_000_000,
        ("--batch", "1", "--rounds", "2", "--no-pandas"),
    ),
    Comparison(
        "load-pandas",
        "Loading, against pandas",
        "Aim: 8 times faster. At 2 million spans pandas ends for want of memory on a machine of 24 GB.",
        "load.py",
        200_000,
        ("--batch", "1", "--rounds", "1"),
    ),
    Comparison(
        "load-batches",
        "Loading, batches of 64 spans a line",
        "The same aim against `read_json`, with the batches that exporters write.",
        "load.py",
        2_000_000,
        ("--batch", "64", "--rounds", "2", "--no-pandas"),
    ),
    Comparison(
        "load-broken",
        "Loading with 1 % broken lines",
        "No aim: what quarantine costs when it has work.",
        "load.py",
        2_000_000,
        ("--batch", "1", "--bad", "0.01", "--rounds", "1", "--no-pandas"),
    ),
    Comparison(
        "logs",
        "Loading logs",
        "Aim for nginx's access log: at most 1.5 times `regexp_extract` alone, which keeps no bad line.",
        "logs.py",
        1_000_000,
        ("--rounds", "3"),
    ),
    Comparison(
        "large",
        "Every named query and the investigation on 20 million spans",
        "Aim: growth from 2 to 20 million spans at most linear (10), memory under 3 GB.",
        "large.py",
        20_000_000,
        (),
    ),
    Comparison(
        "generate",
        "Generating 1 million spans",
        "Aim: at least half the rate of copying the same bytes to the disk (ratio 0.5), memory flat.",
        "generate.py",
        1_000_000,
        ("--workers", "2", "--rounds", "3"),
    ),
    Comparison(
        "generate-large",
        "Generating 10 million spans",
        "The same aim.",
        "generate.py",
        10_000_000,
        ("--workers", "2", "--rounds", "1"),
    ),
    Comparison(
        "replay",
        "Replaying the seed incident and a million requests",
        "Aim: the seed incident under 15 ms, a million requests under 500 ms. Retries and crowded pools "
        "queue one request after the other, and have no aim.",
        "replay.py",
        1_250_000,
        ("--rounds", "5"),
    ),
    Comparison(
        "console",
        "The console, from a click to new pixels",
        "Aim for the 95th percentile: 50 ms for what is prepared and for another minute, 150 ms for an "
        "edited string.",
        "console.py",
        40,
        (),
    ),
    Comparison(
        "bank",
        "The running bank under load",
        "Aim: under 3 s from a rollback to the first good answer. Clients, bank and PostgreSQL share the "
        "machine.",
        "bank.py",
        4_000,
        ("--rounds", "5"),
    ),
    Comparison(
        "check",
        "One check of an answer",
        "Aim: under 200 ms. The ratio is to one bare scrypt at the same cost, in time of the processor.",
        "check.py",
        40,
        (),
    ),
)


def run(comparison: Comparison, size: float, busy: bool) -> str:
    """Measure one comparison and return its part of the document."""
    print(f"\n== {comparison.heading}", flush=True)
    done = subprocess.run(
        comparison.command(size), check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    print(done.stdout, flush=True)
    meanwhile = " Measured while other work went on: the ratios count." if busy else ""
    return f"## {comparison.heading}\n{comparison.aim}{meanwhile}\n\n```text\n{done.stdout.rstrip()}\n```\n"


def machine() -> str:
    """Say on what the figures were measured, without naming the machine."""
    import duckdb
    import numpy

    return (
        f"Measured on {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, numpy {numpy.__version__}.\n"
    )


def renew(parts: dict[str, str]) -> None:
    """Write parts into the document, each in the place of its heading; the others stay."""
    words, _, figures = DOCUMENT.read_text(encoding="utf-8").partition(MARK)
    before = {text.partition("\n")[0]: f"## {text}" for text in re.split(r"^## ", figures, flags=re.M)[1:]}
    known = before | {part.removeprefix("## ").partition("\n")[0]: part for part in parts.values()}
    ordered = [known[one.heading].rstrip() + "\n" for one in COMPARISONS if one.heading in known]
    text = f"{words}{MARK}\n\n" + "\n".join([machine(), *ordered])
    DOCUMENT.write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Run the comparisons; at full size, renew their figures in the document."""
    names = [comparison.name for comparison in COMPARISONS]
    parser = argparse.ArgumentParser(prog="benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(names)}")
    parser.add_argument("--size", type=float, default=1.0, help="share of the full size")
    parser.add_argument("--busy", action="store_true", help="say that the machine had other work")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(names))
    if unknown:
        parser.error(f"no comparison {unknown[0]!r}; there are: {', '.join(names)}")
    for comparison in COMPARISONS:
        if not asked.names or comparison.name in asked.names:
            part = run(comparison, asked.size, asked.busy)
            if asked.size == 1.0:
                renew({comparison.name: part})


if __name__ == "__main__":
    main()
