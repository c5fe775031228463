"""Fuzz the loader for a while: damaged files in every format, wrapped and packed, against the law of loading.

    python tests/fuzz --minutes 60            # another seed each time, told at the start
    python tests/fuzz --seed 7 --minutes 5    # the same cases again
    python tests/fuzz --seed 7 --case 1234    # one of them, and what is wrong with it

What is found is kept in ``tests/fuzz/corpus`` and tried again by ``test_fuzz_slice.py``. Not for Windows.
"""

from __future__ import annotations

import argparse
import json
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fuzz_cases import case

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
AT_ONCE = 5000  # cases of one worker: then a new one starts, with fresh memory
MOST_SILENCE = 300.0  # seconds


def main() -> int:
    """Fuzz until the time is over; give 1 where something was found."""
    asked = arguments()
    if asked.case is not None:
        return one(asked.seed, asked.case)
    say(f"seed {asked.seed}, {asked.minutes:g} minutes")
    until = time.monotonic() + 60 * asked.minutes
    first, found, peak, said = 0, 0, 0.0, time.monotonic()
    while time.monotonic() < until:
        for told in worker(asked.seed, first, until):
            peak = max(peak, told.get("megabytes", 0.0))
            first = told.get("done", first)
            if "found" in told:
                found += 1
                keep(asked.seed, told["found"], told["why"])
            if time.monotonic() - said > 60:
                said = time.monotonic()
                say(f"{first:,} cases, {found} findings, at most {peak:,.0f} MB")
    say(f"{first:,} cases, {found} findings, at most {peak:,.0f} MB")
    return 1 if found else 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--case", type=int, help="try this case only")
    return parser.parse_args()


def worker(seed: int, first: int, until: float) -> Iterator[dict[str, Any]]:
    """Have a process of its own try cases, and pass on what it tells; a silent or dead one is a finding."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "fuzz_worker.py"), str(seed), str(first), str(AT_ONCE), folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_listen, args=(process, lines), daemon=True).start()
        trying = [first, first]
        try:
            while time.monotonic() < until:
                line = _next(lines)
                if not line:
                    break
                told = json.loads(line)
                trying = told.get("trying", trying)
                yield told
            else:
                return
        finally:
            process.kill()
            code = process.wait()
        if line is None or code not in (0, -9) or trying[1] < first + AT_ONCE:
            why = "no end" if line is None else f"the process died with {code}"
            yield {
                "found": trying[0],
                "why": f"{why} in cases {trying[0]} to {trying[1] - 1}",
                "done": trying[1],
            }


def _listen(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put("")


def _next(lines: queue.Queue[str]) -> str | None:
    try:
        return lines.get(timeout=MOST_SILENCE)
    except queue.Empty:
        return None


def keep(seed: int, number: int, why: str) -> None:
    """Keep the bytes of a case in the corpus, and say why."""
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / f"{seed}-{number}").write_bytes(case(seed, number).data)
    say(f"FOUND seed {seed} case {number} ({case(seed, number).name}): {why}")


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def one(seed: int, number: int) -> int:
    """Try one case, with the whole story where it fails."""
    from fuzz_law import check

    with tempfile.TemporaryDirectory() as folder:
        check([case(seed, number)], Path(folder))
    say("the law is kept")
    return 0


if __name__ == "__main__":
    sys.exit(main())
