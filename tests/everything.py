"""Run everything that CI runs, one step after the other, and say at the end what each took.

``make test`` calls this; ``python tests/everything.py`` does the same where there is no make.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (sys.executable, "-m", "pytest", "-q")
NBVAL = (*PYTEST, "-o", "addopts=", "-p", "no:cacheprovider", "--nbval-cell-timeout=60", "--dist=loadfile")


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """Name a console script of the environment this runs in."""
    return (str(Path(sys.executable).parent / name), *arguments)


def steps() -> dict[str, tuple[str, ...]]:
    """List the steps in the order in which they fail fastest."""
    jobs = os.environ.get("JOBS", "2")
    solutions = sorted(str(path) for path in (ROOT / "notebooks" / "solutions").glob("*.ipynb"))
    students = sorted(str(path) for path in (ROOT / "notebooks").glob("*.ipynb"))
    sanitize = f"--nbval-sanitize-with={ROOT / 'tests' / 'notebooks' / 'sanitize.cfg'}"
    return {
        "ruff check": tool("ruff", "check", "."),
        "ruff format": tool("ruff", "format", "--check", "."),
        "mypy --strict": tool("mypy"),
        "import-linter": tool("lint-imports"),
        "evidence against its manifest": tool("labkit", "check", "data"),
        "tests": (*PYTEST, "-n", jobs, "--cov", "--cov-report=term-missing:skip-covered"),
        "notebooks against their sources": tool("labkit", "build", "--check"),
        "solutions, outputs compared": (*NBVAL, "-n", jobs, "--nbval", sanitize, *solutions),
        "student notebooks, unsolved": (*NBVAL, "-n", jobs, "--nbval-lax", *students),
    }


def main() -> int:
    """Run the steps; go on after a failure, so that one run shows everything."""
    results: list[tuple[str, bool, float]] = []
    environment = {**os.environ, "PYTHONUTF8": "1"}
    for name, command in steps().items():
        print(f"\n=== {name}", flush=True)  # noqa: T201
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        results.append((name, done.returncode == 0, time.monotonic() - began))
    print("\n=== all steps")  # noqa: T201
    for name, good, seconds in results:
        print(f"{'ok    ' if good else 'FAILED'} {seconds:7.1f} s  {name}")  # noqa: T201
    return 0 if all(good for _, good, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
