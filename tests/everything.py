"""Run everything that CI runs, one step after the other, and say at the end what each took.

``make test`` calls this; ``python tests/everything.py`` does the same where there is no make.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (sys.executable, "-m", "pytest", "-q")
NBVAL = (
    *(*PYTEST, "-o", "addopts=", "-p", "no:cacheprovider", "-p", "tests.notebooks.fresh_work"),
    *("--nbval-cell-timeout=60", "--dist=loadfile"),
)
#: Outputs must hang neither on the order of a set nor on the machine's zone: each run has its own of both.
ELSEWHERE = (
    {"PYTHONHASHSEED": "0", "TZ": "Asia/Kolkata"},
    {"PYTHONHASHSEED": "1", "TZ": "America/New_York"},
)


@dataclass(frozen=True)
class Step:
    """One command, with what it changes in the environment."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """Name a console script of the environment this runs in."""
    return (str(Path(sys.executable).parent / name), *arguments)


def steps() -> tuple[Step, ...]:
    """List the steps in the order in which they fail fastest."""
    jobs = os.environ.get("JOBS", "2")
    return (
        Step("ruff check", tool("ruff", "check", ".")),
        Step("ruff format", tool("ruff", "format", "--check", ".")),
        Step("mypy --strict", tool("mypy")),
        Step("import-linter", tool("lint-imports")),
        Step("evidence against its manifest", tool("labkit", "check", "data")),
        Step("tests", (*PYTEST, "-n", jobs, "--cov", "--cov-report=term-missing:skip-covered")),
        Step("notebooks and checks against their sources", tool("labkit", "build", "--check")),
        *notebook_steps(jobs),
    )


def notebook_steps(jobs: str) -> tuple[Step, ...]:
    """Run the solutions twice, as if in two places, and the student notebooks unsolved."""
    solutions = sorted(str(path) for path in (ROOT / "notebooks" / "solutions").glob("*.ipynb"))
    students = sorted(str(path) for path in (ROOT / "notebooks").glob("*.ipynb"))
    sanitize = f"--nbval-sanitize-with={ROOT / 'tests' / 'notebooks' / 'sanitize.cfg'}"
    compared = (*NBVAL, "-n", jobs, "--nbval", sanitize, *solutions)
    return (
        *(Step(f"solutions, outputs compared, TZ={at['TZ']}", compared, at) for at in ELSEWHERE),
        Step("student notebooks, unsolved", (*NBVAL, "-n", jobs, "--nbval-lax", *students)),
    )


def main() -> int:
    """Run the steps, or those whose names begin with an argument; go on after a failure, to show all."""
    results: list[tuple[str, bool, float]] = []
    environment = {**os.environ, "PYTHONUTF8": "1"}
    asked = tuple(sys.argv[1:])
    for step in (step for step in steps() if not asked or step.name.startswith(asked)):
        print(f"\n=== {step.name}", flush=True)  # noqa: T201
        began = time.monotonic()
        done = subprocess.run(step.command, cwd=ROOT, env=environment | step.environment, check=False)
        results.append((step.name, done.returncode == 0, time.monotonic() - began))
    print("\n=== all steps")  # noqa: T201
    for name, good, seconds in results:
        print(f"{'ok    ' if good else 'FAILED'} {seconds:7.1f} s  {name}")  # noqa: T201
    print(f"       {sum(seconds for _, _, seconds in results):7.1f} s  in all")  # noqa: T201
    return 0 if all(good for _, good, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
